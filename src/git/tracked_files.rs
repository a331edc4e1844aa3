//! Reads the files that git tracks, as they are in the work tree.
//!
//! An untracked file is the result of something that ran in one clone. Another clone of the commit does not have it.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::changes::path_of;
use super::error::Error;
use super::repository::Repository;

/// The maximum number of symbolic links to follow.
const MAX_LINKS: usize = 20;
const LINK: u32 = 0o120_000;
const SUBMODULE: u32 = 0o160_000;

/// What git tracks at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackedFile {
    /// Nothing, or a folder.
    None,
    /// A file whose content is the one of the work tree.
    InWorkTree,
    /// A file that git does not compare with the work tree, with its content in the index: `skip-worktree` (a sparse checkout) or
    /// `assume-unchanged`.
    InIndex(Vec<u8>),
}

/// The index of a repository.
#[derive(Debug)]
pub struct TrackedFiles<'a> {
    repository: &'a Repository,
    index: Index,
}

enum Index {
    Libgit2(git2::Index),
    /// libgit2 reads neither split nor sparse indexes.
    Listed(HashMap<PathBuf, Entry>),
}

struct Entry {
    mode: u32,
    object: String,
    is_compared: bool,
}

impl Repository {
    /// Reads the index.
    pub fn tracked_files(&self) -> Result<TrackedFiles<'_>, Error> {
        let index = match self.libgit2().and_then(|repository| repository.index().ok()) {
            Some(index) => Index::Libgit2(index),
            None => Index::Listed(self.list_index()?),
        };
        Ok(TrackedFiles { repository: self, index })
    }

    /// Returns the tracked files that match one of the pathspecs, relative to the top.
    ///
    /// Cost: one `git ls-files`.
    pub fn tracked_paths(&self, pathspecs: &[String]) -> Result<Vec<PathBuf>, Error> {
        let tool = self.git().tool().args(["ls-files", "-z", "--full-name", "--"]).args(pathspecs);
        let output = tool.checked()?;
        Ok(output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(path_of).collect())
    }

    fn list_index(&self) -> Result<HashMap<PathBuf, Entry>, Error> {
        let output = self.git().run(&["ls-files", "-v", "--stage", "-z"])?;
        // `<tag> SP <mode> SP <object> SP <stage> TAB <path>`; a tag in lower case means `assume-unchanged`.
        let entry_of = |line: &[u8]| {
            let tab = line.iter().position(|byte| *byte == b'\t')?;
            let mut fields = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
            let (tag, mode, object) = (fields.next()?, fields.next()?, fields.next()?);
            let is_compared = tag != "S" && tag.chars().all(char::is_uppercase);
            let mode = u32::from_str_radix(mode, 8).ok()?;
            Some((path_of(&line[tab + 1..]), Entry { mode, object: object.to_owned(), is_compared }))
        };
        Ok(output.stdout.split(|byte| *byte == 0).filter_map(entry_of).collect())
    }
}

impl TrackedFiles<'_> {
    /// Returns what git tracks at `path`, which is relative to the top or below it; follows tracked links, and reads submodules.
    ///
    /// A path outside of the repository is not tracked.
    pub fn get(&self, path: &Path) -> Result<TrackedFile, Error> {
        let relative = path.strip_prefix(self.repository.top()).unwrap_or(path);
        let mut pending: VecDeque<OsString> = match parts_of(relative) {
            Some(parts) => parts.into(),
            None => return Ok(TrackedFile::None),
        };
        let (mut resolved, mut links) = (PathBuf::new(), 0);
        while let Some(part) = pending.pop_front() {
            if part == ".." {
                if !resolved.pop() {
                    return Ok(TrackedFile::None);
                }
                continue;
            }
            resolved.push(part);
            let Some(entry) = self.entry(&resolved) else { continue };
            match entry.mode {
                SUBMODULE => return self.in_submodule(&resolved, &pending),
                LINK => {
                    links += 1;
                    let target = self.content(&resolved, &entry)?;
                    let Some(target) = parts_of(&path_of(&target)).filter(|_| links <= MAX_LINKS) else {
                        return Ok(TrackedFile::None);
                    };
                    resolved.pop();
                    target.into_iter().rev().for_each(|part| pending.push_front(part));
                }
                _ if !pending.is_empty() => return Ok(TrackedFile::None),
                _ if entry.is_compared => return Ok(TrackedFile::InWorkTree),
                _ => return Ok(TrackedFile::InIndex(self.content(&resolved, &entry)?)),
            }
        }
        Ok(TrackedFile::None)
    }

    fn in_submodule(&self, submodule: &Path, rest: &VecDeque<OsString>) -> Result<TrackedFile, Error> {
        let git = self.repository.git().for_other_repository(&self.repository.top().join(submodule));
        let path: PathBuf = rest.iter().collect();
        let list = git.tool().env("GIT_LITERAL_PATHSPECS", "1").args(["ls-files", "-z", "--recurse-submodules", "--"]);
        // A submodule that is not checked out has no folder, or an empty one that belongs to the superproject.
        let is_checked_out = git.folder().join(".git").exists();
        let is_tracked = is_checked_out && !list.arg(&path).output()?.stdout.is_empty();
        Ok(if is_tracked { TrackedFile::InWorkTree } else { TrackedFile::None })
    }

    fn entry(&self, path: &Path) -> Option<Entry> {
        match &self.index {
            Index::Libgit2(index) => {
                // During a merge a file has no stage 0; 2 is ours.
                let entry = [0, 2, 3].into_iter().find_map(|stage| index.get_path(path, stage))?;
                let skip = git2::IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
                let valid = git2::IndexEntryFlag::VALID.bits();
                let is_compared = entry.flags & valid == 0 && entry.flags_extended & skip == 0;
                Some(Entry { mode: entry.mode, object: entry.id.to_string(), is_compared })
            }
            Index::Listed(entries) => entries.get(path).map(|found| Entry {
                mode: found.mode,
                object: found.object.clone(),
                is_compared: found.is_compared,
            }),
        }
    }

    /// The content of a link, or of a file that is not in the work tree.
    fn content(&self, path: &Path, entry: &Entry) -> Result<Vec<u8>, Error> {
        if entry.mode == LINK
            && entry.is_compared
            && let Ok(target) = std::fs::read_link(self.repository.top().join(path))
        {
            return Ok(target.to_string_lossy().into_owned().into_bytes());
        }
        // Fetches the object if this is a partial clone.
        Ok(self.repository.git().run(&["cat-file", "blob", &entry.object])?.stdout)
    }
}

/// The parts of a relative path without `.`; `None` for an absolute path.
fn parts_of(path: &Path) -> Option<Vec<OsString>> {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        })
        .collect()
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Libgit2(_) => "Libgit2",
            Self::Listed(_) => "Listed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn found(sandbox: &Sandbox, top: &Path, path: &str) -> String {
        let repository = sandbox.open(top);
        match repository.tracked_files().unwrap().get(Path::new(path)).unwrap() {
            TrackedFile::None => "none".to_owned(),
            TrackedFile::InWorkTree => "in the work tree".to_owned(),
            TrackedFile::InIndex(bytes) => String::from_utf8(bytes).unwrap(),
        }
    }

    #[test]
    fn only_tracked_files_are_found_with_either_engine() {
        let sandbox = Sandbox::new();
        for format in ["sha1", "sha256"] {
            sandbox.git(sandbox.path(), &["init", "-q", "--object-format", format, format]);
            let top = std::fs::canonicalize(sandbox.path().join(format)).unwrap();
            sandbox.commit(&top, ".gitignore", "/ignored\n");
            sandbox.commit(&top, "a/tracked", "1");
            for untracked in ["ignored", "a/new"] {
                std::fs::write(top.join(untracked), "2").unwrap();
            }
            let of = |path: &str| found(&sandbox, &top, path);
            for tracked in ["a/tracked", "./a/../a/tracked", top.join("a/tracked").to_str().unwrap()] {
                assert_eq!(of(tracked), "in the work tree", "{tracked}");
            }
            for other in ["ignored", "a/new", "a", "a/tracked/x", "../x", "/etc/passwd", "missing"] {
                assert_eq!(of(other), "none", "{other}");
            }
            sandbox.git(&top, &["add", "a/new"]);
            assert_eq!(of("a/new"), "in the work tree");
        }
    }

    #[test]
    fn what_git_does_not_compare_is_read_from_the_index() {
        let sandbox = Sandbox::new();
        for format in ["sha1", "sha256"] {
            sandbox.git(sandbox.path(), &["init", "-q", "--object-format", format, format]);
            let top = std::fs::canonicalize(sandbox.path().join(format)).unwrap();
            sandbox.commit(&top, "VERSION", "1.4");
            sandbox.commit(&top, "sparse/VERSION", "1.5");
            std::fs::write(top.join("VERSION"), "9").unwrap();
            assert_eq!(found(&sandbox, &top, "VERSION"), "in the work tree");
            sandbox.git(&top, &["update-index", "--assume-unchanged", "VERSION"]);
            assert_eq!(found(&sandbox, &top, "VERSION"), "1.4");
            sandbox.git(&top, &["update-index", "--skip-worktree", "sparse/VERSION"]);
            std::fs::remove_file(top.join("sparse/VERSION")).unwrap();
            assert_eq!(found(&sandbox, &top, "sparse/VERSION"), "1.5");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_tracked_link_leads_to_a_tracked_file() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        std::fs::create_dir_all(top.join("project")).unwrap();
        let links = [("../common", "project/common"), ("b", "a"), ("a", "b"), ("/etc", "etc"), ("common/new", "new")];
        for (target, link) in links {
            std::os::unix::fs::symlink(target, top.join(link)).unwrap();
        }
        sandbox.commit(&top, "common/VERSION", "1.4");
        std::os::unix::fs::symlink("../common", top.join("project/untracked")).unwrap();
        std::fs::write(top.join("common/new"), "2").unwrap();
        assert_eq!(found(&sandbox, &top, "project/common/VERSION"), "in the work tree");
        for other in ["project/untracked/VERSION", "a", "etc/passwd", "new", "project/common"] {
            assert_eq!(found(&sandbox, &top, other), "none", "{other}");
        }
    }

    #[test]
    fn a_submodule_has_an_index_of_its_own() {
        let sandbox = Sandbox::new();
        let library = sandbox.repository("library");
        let top = sandbox.repository("r");
        sandbox.add_submodule(&top, &library);
        std::fs::write(top.join("lib/new"), "").unwrap();
        assert_eq!(found(&sandbox, &top, "lib/README"), "in the work tree");
        assert_eq!(found(&sandbox, &top, "lib/new"), "none");
        sandbox.git(&top, &["submodule", "--quiet", "deinit", "--force", "lib"]);
        std::fs::write(top.join("README"), "top").unwrap();
        assert_eq!(found(&sandbox, &top, "lib/README"), "none");
    }
}
