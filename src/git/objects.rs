//! Reads commits and the files in them.

use std::path::Path;

use super::error::Error;
use super::repository::Repository;
use crate::model::names::CommitId;

impl Repository {
    /// Resolves `revision` (branch, tag, full ref, abbreviated object name) to a commit.
    ///
    /// Returns `None` if it names none.
    pub fn resolve(&self, revision: &str) -> Result<Option<CommitId>, Error> {
        if revision.is_empty() || revision.starts_with('-') {
            return Ok(None);
        }
        if let Some(found) = self.libgit2().and_then(|repository| {
            let commit = repository.revparse_single(revision).ok()?.peel_to_commit().ok()?;
            CommitId::parse(&commit.id().to_string()).ok()
        }) {
            return Ok(Some(found));
        }
        let output = self.git().ask(&["rev-parse", "--quiet", "--verify", &format!("{revision}^{{commit}}")])?;
        Ok(if output.success() { CommitId::parse(&output.text()).ok() } else { None })
    }

    /// Whether this clone has the commit.
    pub fn commit_exists(&self, commit: &CommitId) -> Result<bool, Error> {
        if let (Some(repository), Ok(oid)) = (self.libgit2(), git2::Oid::from_str(commit.as_str())) {
            return Ok(repository.find_commit(oid).is_ok());
        }
        Ok(self.git().ask(&["cat-file", "-e", &format!("{commit}^{{commit}}")])?.success())
    }

    /// Returns the committer time in seconds since 1970: the value of `SOURCE_DATE_EPOCH`.
    pub fn commit_time(&self, commit: &CommitId) -> Result<i64, Error> {
        if let Some(found) = self.libgit2().and_then(|repository| {
            let oid = git2::Oid::from_str(commit.as_str()).ok()?;
            Some(repository.find_commit(oid).ok()?.time().seconds())
        }) {
            return Ok(found);
        }
        let output = self.git().ask(&["show", "-s", "--no-show-signature", "--format=%ct", commit.as_str(), "--"])?;
        output.text().trim().parse().map_err(|_| Error::NoSuchCommit { commit: commit.clone() })
    }

    /// Reads the file `path` (relative to the top, with `/`) from `commit`.
    ///
    /// Returns `None` if the commit has no such file.
    ///
    /// The content is as stored: without filters and line ending conversion.
    pub fn tree_file(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>, Error> {
        if let Some(answer) = self.libgit2().and_then(|repository| tree_file_with_libgit2(repository, commit, path)) {
            return Ok(answer);
        }
        if !self.commit_exists(commit)? {
            return Err(Error::NoSuchCommit { commit: commit.clone() });
        }
        let list = self.git().tool().env("GIT_LITERAL_PATHSPECS", "1");
        let list = list.args(["ls-tree", "-z", "--full-tree", commit.as_str(), "--", path]).checked()?;
        let text = String::from_utf8_lossy(&list.stdout).into_owned();
        // `<mode> SP blob SP <object> TAB <path>`
        let Some(object) = text.split('\t').next().and_then(|entry| entry.split_once(" blob ")) else {
            return Ok(None);
        };
        Ok(Some(self.git().run(&["cat-file", "blob", object.1])?.stdout))
    }
}

/// As [`Repository::tree_file`], with libgit2.
///
/// The outer `None` means that libgit2 lacks an object of a partial clone.
fn tree_file_with_libgit2(repository: &git2::Repository, commit: &CommitId, path: &str) -> Option<Option<Vec<u8>>> {
    let commit = repository.find_commit(git2::Oid::from_str(commit.as_str()).ok()?).ok()?;
    let entry = match commit.tree().ok()?.get_path(Path::new(path)) {
        Ok(entry) => entry,
        Err(error) if error.code() == git2::ErrorCode::NotFound => return Some(None),
        Err(_) => return None,
    };
    if entry.kind() != Some(git2::ObjectType::Blob) {
        return Some(None);
    }
    Some(Some(repository.find_blob(entry.id()).ok()?.content().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn commits_and_their_files_are_read_with_either_engine() {
        let sandbox = Sandbox::new();
        for format in ["sha1", "sha256"] {
            sandbox.git(sandbox.path(), &["init", "-q", "--object-format", format, format]);
            let top = sandbox.path().join(format);
            let first = sandbox.commit(&top, "sub/a.txt", "1\r\n");
            sandbox.git(&top, &["tag", "-m", "one", "v1"]);
            let second = sandbox.commit(&top, "sub/a.txt", "2\n");
            let repository = sandbox.open(&top);
            assert_eq!(repository.resolve("v1").unwrap(), Some(first.clone()), "an annotated tag means its commit");
            assert_eq!(repository.resolve("main").unwrap(), Some(second.clone()));
            assert_eq!(repository.resolve(&second.as_str()[..10]).unwrap(), Some(second.clone()));
            for unknown in ["nothing", "", "--all", "v1:sub/a.txt"] {
                assert_eq!(repository.resolve(unknown).unwrap(), None, "{unknown}");
            }
            assert_eq!(repository.commit_time(&first).unwrap(), 1_704_164_645);
            assert_eq!(repository.tree_file(&first, "sub/a.txt").unwrap().unwrap(), b"1\r\n");
            for absent in ["a.txt", "sub", "sub/a.txt/b", "s*"] {
                assert_eq!(repository.tree_file(&first, absent).unwrap(), None, "{absent}");
            }
            let unknown = CommitId::parse(&"1".repeat(first.as_str().len())).unwrap();
            assert!(!repository.commit_exists(&unknown).unwrap() && repository.commit_exists(&first).unwrap());
            assert!(matches!(repository.commit_time(&unknown), Err(Error::NoSuchCommit { .. })));
            assert!(matches!(repository.tree_file(&unknown, "a"), Err(Error::NoSuchCommit { .. })));
        }
    }
}
