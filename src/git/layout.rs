//! Finds the git folder, the common folder and the work tree as git does (gitrepository-layout(5)).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use git2::RepositoryOpenFlags as Flags;

use super::error::Error;
use super::executable::Executable;
use crate::system;
use crate::system::environment::Environment;

/// The folders of a repository, as absolute paths.
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

/// Variables that libgit2 ignores or reads from the process environment.
///
/// If one is set, the executable is used.
const UNSUPPORTED_BY_LIBGIT2: [&str; 4] =
    ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_SHALLOW_FILE"];

/// Opens the repository of the folder `start` with libgit2.
///
/// Returns `None` if libgit2 does not find or open it; the caller then runs git.
pub(super) fn find_with_libgit2(start: &Path, environment: &Environment) -> Option<(git2::Repository, Layout)> {
    // git rejects an empty GIT_DIR.
    if UNSUPPORTED_BY_LIBGIT2.iter().any(|name| environment.is_set(name)) || environment.get("GIT_DIR") == Some("") {
        return None;
    }
    let git_dir = environment.non_empty("GIT_DIR").map(|path| start.join(path));
    let repository = match &git_dir {
        Some(path) => git2::Repository::open_ext(path, Flags::NO_SEARCH | Flags::NO_DOTGIT, NO_CEILING).ok()?,
        None => discover(start, environment)?,
    };
    let mut layout = Layout {
        git_dir: without_trailing_slash(repository.path()),
        common_dir: without_trailing_slash(repository.commondir()),
        work_tree: repository.workdir().map(without_trailing_slash),
    };
    if let Some(work_tree) = environment.non_empty("GIT_WORK_TREE") {
        let path = start.join(work_tree);
        // `check_work_tree` reports a folder that does not exist.
        layout.work_tree = Some(std::fs::canonicalize(&path).unwrap_or(path));
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

/// Returns the work tree when `GIT_DIR` is set and `GIT_WORK_TREE` is not.
///
/// git then uses the current folder; hooks of linked worktrees and submodules start that way, at the top. Inside the repository's own
/// work tree this function returns that work tree, or a command in a subfolder would treat the subfolder as the project.
fn work_tree_of_explicit_git_dir(start: &Path, layout: &Layout) -> Option<PathBuf> {
    let own = layout.work_tree.as_ref()?;
    let beside = layout.git_dir.parent() == Some(own.as_path()) && layout.git_dir == layout.common_dir;
    let start = std::fs::canonicalize(start).ok()?;
    let named_dot_git = layout.git_dir.file_name().is_some_and(|name| name == ".git");
    if !beside || (named_dot_git && start.starts_with(own)) { Some(own.clone()) } else { Some(start) }
}

/// Finds the repository of the executable's folder with `git rev-parse`.
pub(super) fn find_with_git(git: &Executable) -> Result<Layout, Error> {
    // `--show-toplevel` comes last: it fails in a bare repository, after git has printed the others.
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
        return Err(Error::from_discovery(git.folder(), git.environment().get("GIT_DIR"), failed));
    };
    let git_dir = PathBuf::from(git_dir);
    let relative = git.folder().join(common_dir);
    let common_dir = std::fs::canonicalize(&relative).map_err(Error::file("find", &relative))?;
    let work_tree = match (bare, lines.next()) {
        ("true", _) => None,
        (_, Some(top)) => Some(PathBuf::from(top)),
        // Inside `.git`, git prints no top folder although the repository has a work tree.
        (_, None) => git_dir.parent().filter(|_| git_dir.ends_with(".git")).map(Path::to_owned),
    };
    Ok(Layout { git_dir: without_trailing_slash(&git_dir), common_dir: without_trailing_slash(&common_dir), work_tree })
}

/// Asks git whether it opens the bare repository that libgit2 found above the executable's folder.
///
/// libgit2 does not know `safe.bareRepository`.
pub(super) fn check_discovered_bare(git: &Executable) -> Result<(), Error> {
    let failed = |error| Error::from_discovery(git.folder(), None, error);
    git.tool().args(["rev-parse", "--git-dir"]).checked().map(drop).map_err(failed)
}

/// Fails if the work tree does not exist: git starts there.
pub(super) fn check_work_tree(layout: &Layout, environment: &Environment) -> Result<(), Error> {
    match &layout.work_tree {
        Some(path) if !path.is_dir() => {
            let origin = match environment.non_empty("GIT_WORK_TREE") {
                Some(_) => "GIT_WORK_TREE".to_owned(),
                None => format!("core.worktree in {}", layout.common_dir.join("config").display()),
            };
            Err(Error::WorkTreeMissing { path: path.clone(), origin })
        }
        _ => Ok(()),
    }
}

/// Removes the trailing slash that libgit2 adds to folders.
fn without_trailing_slash(path: &Path) -> PathBuf {
    path.components().collect()
}
