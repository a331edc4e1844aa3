//! Where a repository's folders are, found as git finds them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use git2::RepositoryOpenFlags as Flags;

use super::error::Error;
use super::executable::Executable;
use crate::system;
use crate::system::environment::Environment;

/// The folders of one repository, absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) work_tree: Option<PathBuf>,
}

impl Layout {
    pub(super) fn top(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(&self.git_dir)
    }
}

/// Variables that libgit2 ignores, or reads from the process instead of from our snapshot: with one of them set git answers.
const BEYOND_LIBGIT2: [&str; 4] =
    ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_SHALLOW_FILE"];

/// The repository of `start` through libgit2; `None` where libgit2 does not find or does not open it: then git decides.
pub(super) fn find_with_libgit2(start: &Path, environment: &Environment) -> Option<(git2::Repository, Layout)> {
    if BEYOND_LIBGIT2.iter().any(|name| environment.non_empty(name).is_some()) {
        return None;
    }
    let git_dir = environment.non_empty("GIT_DIR").map(|path| start.join(path));
    let repository = match &git_dir {
        Some(path) => git2::Repository::open_ext(path, Flags::NO_SEARCH | Flags::NO_DOTGIT, NO_CEILING).ok()?,
        None => discover(start, environment)?,
    };
    let mut layout = Layout {
        git_dir: tidy(repository.path()),
        common_dir: tidy(repository.commondir()),
        work_tree: repository.workdir().map(tidy),
    };
    if let Some(work_tree) = environment.non_empty("GIT_WORK_TREE") {
        layout.work_tree = Some(std::fs::canonicalize(start.join(work_tree)).ok()?);
    } else if git_dir.is_some() && environment.get("GIT_IMPLICIT_WORK_TREE") == Some("0") {
        layout.work_tree = None;
    } else if git_dir.is_some() {
        layout.work_tree = work_tree_of_explicit_git_dir(start, &layout);
    }
    Some((repository, layout))
}

const NO_CEILING: &[OsString] = &[];

fn discover(start: &Path, environment: &Environment) -> Option<git2::Repository> {
    let ceilings = environment.get("GIT_CEILING_DIRECTORIES").unwrap_or_default();
    let ceilings: Vec<PathBuf> = std::env::split_paths(ceilings).filter(|path| path.is_absolute()).collect();
    let across = environment.non_empty("GIT_DISCOVERY_ACROSS_FILESYSTEM").is_some_and(|value| value != "0");
    let flags = if across { Flags::CROSS_FS } else { Flags::empty() };
    git2::Repository::open_ext(start, flags, ceilings).ok()
}

/// The work tree when `GIT_DIR` is set and `GIT_WORK_TREE` is not. To git the current folder is the work tree then; hooks of linked
/// worktrees and submodules run like that, at the top. Below the repository's own work tree that one is meant, or a verb called in a
/// sub folder would take it for the whole project.
fn work_tree_of_explicit_git_dir(start: &Path, layout: &Layout) -> Option<PathBuf> {
    let own = layout.work_tree.as_ref()?;
    let beside = layout.git_dir.parent() == Some(own.as_path()) && layout.git_dir == layout.common_dir;
    let start = std::fs::canonicalize(start).ok()?;
    let named_dot_git = layout.git_dir.file_name().is_some_and(|name| name == ".git");
    if !beside || (named_dot_git && start.starts_with(own)) { Some(own.clone()) } else { Some(start) }
}

/// The repository of the executable's folder, asked from git itself.
pub(super) fn find_with_git(git: &Executable) -> Result<Layout, Error> {
    // Options in this order: in a bare repository the last one fails, after the others have been answered.
    let arguments = ["rev-parse", "--absolute-git-dir", "--git-common-dir", "--is-bare-repository", "--show-toplevel"];
    let output = git.ask(&arguments)?;
    let text = output.text();
    let mut lines = text.lines();
    let (Some(git_dir), Some(common_dir), Some(bare)) = (lines.next(), lines.next(), lines.next()) else {
        let failed = system::Error::ToolFailed {
            command: format!("git {}", arguments.join(" ")),
            status: output.status,
            output: output.error_text(),
        };
        return Err(Error::from_discovery(git.folder(), failed));
    };
    let git_dir = PathBuf::from(git_dir);
    let inside = git.folder().join(common_dir);
    let common_dir = std::fs::canonicalize(&inside).map_err(Error::file("find", &inside))?;
    let work_tree = match (bare, lines.next()) {
        ("true", _) => None,
        (_, Some(top)) => Some(PathBuf::from(top)),
        // Inside `.git`, where git names no top although there is one.
        (_, None) => git_dir.parent().filter(|_| git_dir.ends_with(".git")).map(Path::to_owned),
    };
    Ok(Layout { git_dir: tidy(&git_dir), common_dir: tidy(&common_dir), work_tree })
}

/// libgit2 ends folders with a slash; git does not.
fn tidy(path: &Path) -> PathBuf {
    path.components().collect()
}
