//! A change of one text file that a person sees before it is made.

use std::path::PathBuf;

use super::error::Error;
use crate::system::files::{self, Access};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 2;

/// A file as it is and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// Which file.
    pub path: PathBuf,
    /// Its text now; `None`: it does not exist.
    pub before: Option<String>,
    /// Its text afterwards.
    pub after: String,
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    /// It stays.
    Same(String),
    /// It goes.
    Removed(String),
    /// It comes.
    Added(String),
    /// Unchanged lines that are not shown.
    Gap,
}

impl FileEdit {
    /// Whether anything would change.
    pub fn changes_something(&self) -> bool {
        self.before.as_deref() != Some(&self.after)
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self) -> Result<(), Error> {
        Ok(files::write_atomic(&self.path, self.after.as_bytes(), Access::Shared)?)
    }

    /// The difference, with a little of what is around it.
    pub fn diff(&self) -> Vec<DiffLine> {
        let lines = all_lines(self.before.as_deref().unwrap_or_default(), &self.after);
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

/// Both texts, line by line, by their longest common subsequence: configuration files are short.
fn all_lines(before: &str, after: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push(DiffLine::Same(old[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            lines.push(DiffLine::Removed(old[i].to_owned()));
            i += 1;
        } else {
            lines.push(DiffLine::Added(new[j].to_owned()));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_what_changes_and_little_else() {
        let before = "a\nb\nc\nd\ne\nf\ng\n".to_owned();
        let edit = FileEdit { path: "x".into(), after: before.replace("f\n", "F\nnew\n"), before: Some(before) };
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
        let edit = FileEdit { path: "x".into(), before: None, after: "a\n".into() };
        assert_eq!(edit.diff(), [DiffLine::Added("a".into())]);
    }
}
