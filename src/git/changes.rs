//! Uncommitted changes of the work tree.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::repository::Repository;

/// The differences between the work tree and HEAD, as `git status` reports them.
///
/// Ignored files do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkTreeChanges {
    /// Tracked files that are changed, added, deleted or renamed (both paths), relative to the top.
    ///
    /// A submodule is one path.
    pub tracked: Vec<PathBuf>,
    /// Untracked files, relative to the top.
    ///
    /// A nested repository is one path; so is a submodule whose only changes are untracked files.
    pub untracked: Vec<PathBuf>,
}

impl WorkTreeChanges {
    /// Whether the work tree matches the commit.
    pub fn is_empty(&self) -> bool {
        self.tracked.is_empty() && self.untracked.is_empty()
    }
}

impl Repository {
    /// Returns the changes, without those in the files and folders `ignored` (relative to the top).
    ///
    /// Empty for a bare repository.
    ///
    /// Cost: one `git status`. libgit2 supports neither filters such as git-lfs nor the file system monitor.
    pub fn changes(&self, ignored: &[&Path]) -> Result<WorkTreeChanges, Error> {
        if self.is_bare() {
            return Ok(WorkTreeChanges::default());
        }
        let output = self.git().run(&["status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"])?;
        let mut changes = parse(&output.stdout);
        let kept = |path: &PathBuf| !ignored.iter().any(|ignored| path.starts_with(ignored));
        changes.tracked.retain(kept);
        changes.untracked.retain(kept);
        Ok(changes)
    }
}

/// Parses the output of `git status --porcelain=v2 -z` (git-status(1)).
///
/// In each entry the path follows a fixed number of words; it may contain spaces.
fn parse(output: &[u8]) -> WorkTreeChanges {
    let mut changes = WorkTreeChanges::default();
    for entry in output.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        // `1 XY sub mH mI mW hH hI path`, `u XY sub m1 m2 m3 mW h1 h2 h3 path`, `? path`
        let words = match entry[0] {
            b'1' => 8,
            b'u' => 10,
            b'?' => 1,
            _ => continue,
        };
        let fields: Vec<&[u8]> = entry.splitn(words + 1, |byte| *byte == b' ').collect();
        let Some(path) = fields.get(words) else {
            continue;
        };
        let path = path_of(path);
        // `S..U`: the submodule has untracked files only. `X` is not `.` when its commit is staged.
        let only_untracked = words == 8 && fields[1][0] == b'.' && fields[2] == b"S..U";
        if words == 1 || only_untracked { changes.untracked.push(path) } else { changes.tracked.push(path) }
    }
    changes
}

#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// git for Windows writes paths in UTF-8.
#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn tracked_and_untracked_differences_are_told_apart() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        sandbox.commit(&top, ".gitignore", "*.pyc\n.tox/\n");
        sandbox.commit(&top, "a b", "1");
        sandbox.commit(&top, "gone", "1");
        sandbox.commit(&top, "moved", "some content that is long enough");
        std::fs::write(top.join("x.pyc"), "").unwrap();
        assert!(sandbox.open(&top).changes(&[]).unwrap().is_empty());
        std::fs::write(top.join("a b"), "2").unwrap();
        std::fs::remove_file(top.join("gone")).unwrap();
        sandbox.git(&top, &["mv", "moved", "to"]);
        std::fs::create_dir_all(top.join("new/deep")).unwrap();
        std::fs::write(top.join("new/deep/ü"), "").unwrap();
        std::fs::write(top.join(".venv"), "").unwrap();
        let repository = sandbox.open(&top.join("new"));
        let changes = repository.changes(&[]).unwrap();
        assert_eq!(changes.tracked, paths(&["a b", "gone", "moved", "to"]));
        assert_eq!(changes.untracked, paths(&[".venv", "new/deep/ü"]));
        let changes = repository.changes(&[Path::new(".venv"), Path::new("new")]).unwrap();
        assert!(changes.untracked.is_empty() && changes.tracked.len() == 4);
    }

    #[test]
    fn a_submodule_differs_by_commit_or_by_content() {
        let sandbox = Sandbox::new();
        let library = sandbox.repository("library");
        let top = sandbox.repository("r");
        sandbox.add_submodule(&top, &library);
        let changes = || sandbox.open(&top).changes(&[]).unwrap();
        assert!(changes().is_empty());
        std::fs::write(top.join("lib/new"), "").unwrap();
        assert_eq!((changes().tracked, changes().untracked), (paths(&[]), paths(&["lib"])));
        sandbox.commit(&top.join("lib"), "new", "1");
        assert_eq!((changes().tracked, changes().untracked), (paths(&["lib"]), paths(&[])));
    }

    #[test]
    fn a_bare_repository_has_no_changes() {
        let sandbox = Sandbox::new();
        let remote = sandbox.remote_for(&sandbox.repository("r"));
        assert!(sandbox.open(&remote).changes(&[]).unwrap().is_empty());
    }
}
