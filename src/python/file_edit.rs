//! A change to a text file that can be shown as a diff before it is written.

use std::path::{Path, PathBuf};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::error::Error;
use super::source_text::SourceText;
use crate::system::files::{self, Access};

/// The number of context lines around a change.
const CONTEXT: usize = 2;

/// The text of a file before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// The file.
    pub path: PathBuf,
    /// The current text; `None` if the file does not exist.
    pub before: Option<String>,
    /// The new text; `None` if the file is deleted.
    pub after: Option<String>,
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    /// An unchanged line.
    Same(String),
    /// A removed line.
    Removed(String),
    /// An added line.
    Added(String),
    /// A run of unchanged lines that the diff omits.
    Gap,
}

/// Reads a text file; `None` if it does not exist.
pub fn read(path: &Path) -> Result<Option<String>, Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let source = SourceText::read(path.parent().unwrap_or(Path::new(".")), &name)?;
    Ok(source.map(|source| source.text().to_owned()))
}

impl FileEdit {
    /// Whether the texts differ.
    pub fn changes_something(&self) -> bool {
        self.before != self.after
    }

    /// Writes the file atomically, in its encoding and with its mode. An error if its text is not [`Self::before`]: a second edit of a
    /// file, planned before the first one was made, would undo the first.
    pub fn write(&self) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let current = SourceText::read(folder, &name)?;
        if current.as_ref().map(SourceText::text) != self.before.as_deref() {
            return Err(Error::ChangedMeanwhile { file: self.path.clone() });
        }
        match (&self.after, current) {
            (Some(after), Some(current)) => current.rewrite(after),
            (Some(after), None) => Ok(files::write_atomic(&self.path, after.as_bytes(), Access::Shared)?),
            (None, Some(_)) => Ok(files::remove_if_exists(&self.path)?),
            (None, None) => Ok(()),
        }
    }

    /// The diff with context lines.
    pub fn diff(&self) -> Vec<DiffLine> {
        let lines = all_lines(self.before.as_deref().unwrap_or_default(), self.after.as_deref().unwrap_or_default());
        let changed = |i: usize| !matches!(lines[i], DiffLine::Same(_));
        let near = |i: usize| (i.saturating_sub(CONTEXT)..(i + CONTEXT + 1).min(lines.len())).any(changed);
        let mut shown = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            if near(i) {
                shown.push(line.clone());
            } else if shown.last() != Some(&DiffLine::Gap) {
                shown.push(DiffLine::Gap);
            }
        }
        shown
    }
}

/// The diff of all lines.
fn all_lines(before: &str, after: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if matches!(op, DiffOp::Equal { .. }) {
            lines.extend(old[op.old_range()].iter().map(|line| DiffLine::Same((*line).to_owned())));
            continue;
        }
        lines.extend(old[op.old_range()].iter().map(|line| DiffLine::Removed((*line).to_owned())));
        lines.extend(new[op.new_range()].iter().map(|line| DiffLine::Added((*line).to_owned())));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_what_changes_and_little_else() {
        let before = "a\nb\nc\nd\ne\nf\ng\n".to_owned();
        let edit = FileEdit { path: "x".into(), after: Some(before.replace("f\n", "F\nnew\n")), before: Some(before) };
        let same = |text: &str| DiffLine::Same(text.to_owned());
        let added = |text: &str| DiffLine::Added(text.to_owned());
        assert_eq!(
            edit.diff(),
            [DiffLine::Gap, same("d"), same("e"), DiffLine::Removed("f".into()), added("F"), added("new"), same("g")]
        );
        assert!(edit.changes_something());
    }

    #[test]
    fn a_new_file_is_all_new() {
        let edit = FileEdit { path: "x".into(), before: None, after: Some("a\n".into()) };
        assert_eq!(edit.diff(), [DiffLine::Added("a".into())]);
    }

    #[test]
    fn an_edit_of_a_file_that_has_changed_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let edit = |before: Option<&str>, after: Option<&str>| {
            FileEdit { path: path.clone(), before: before.map(str::to_owned), after: after.map(str::to_owned) }.write()
        };
        edit(None, Some("a\n")).unwrap();
        for stale in [edit(None, Some("b")), edit(Some("b"), Some("c")), edit(Some("b"), None)] {
            assert!(matches!(stale, Err(Error::ChangedMeanwhile { .. })), "{stale:?}");
        }
        std::fs::write(&path, b"# \xe9\n").unwrap();
        edit(Some("# é\n"), Some("# é\nnew\n")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"# \xe9\nnew\n");
        edit(Some("# é\nnew\n"), None).unwrap();
        assert!(!path.exists());
    }
}
