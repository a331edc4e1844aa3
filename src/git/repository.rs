//! The repository of a folder.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::config_entry::ConfigEntry;
use super::error::Error;
use super::executable::{Executable, git_version};
use super::layout::{self, Layout};
use crate::system::environment::Environment;

/// A git repository, opened from any folder inside it.
///
/// Opening takes about 0.2 ms. Everything else is read on demand; git's configuration is read once and then cached.
pub struct Repository {
    engine: Engine,
    layout: Layout,
    executable: Executable,
    configuration: RefCell<Option<Rc<Vec<ConfigEntry>>>>,
}

/// How the repository is read.
enum Engine {
    /// With libgit2, and with the executable where libgit2 lacks support.
    Libgit2(git2::Repository),
    /// With the executable only.
    ///
    /// libgit2 does not open the repository, or does not support a variable that is set.
    Executable,
}

impl Repository {
    /// Opens the repository that git uses in the folder `start`.
    ///
    /// Respects `GIT_DIR` (relative to `start`), `GIT_WORK_TREE` and `GIT_CEILING_DIRECTORIES`. If libgit2 fails, runs git, and an error has
    /// git's reason.
    pub fn open(start: &Path, environment: &Environment) -> Result<Self, Error> {
        let start = absolute(start)?;
        let (engine, layout) = match layout::find_with_libgit2(&start, environment) {
            Some((repository, layout)) => (Engine::Libgit2(repository), layout),
            None => (Engine::Executable, layout::find_with_git(&Executable::new(environment, &start))?),
        };
        layout::check_work_tree(&layout, environment)?;
        if matches!(engine, Engine::Libgit2(_)) && layout.work_tree.is_none() && environment.get("GIT_DIR").is_none() {
            layout::check_discovered_bare(&Executable::new(environment, &start))?;
        }
        let mut executable = Executable::new(environment, layout.top());
        if environment.non_empty("GIT_DIR").is_some() {
            executable.pin("GIT_DIR", &layout.git_dir);
            if let Some(work_tree) = &layout.work_tree {
                executable.pin("GIT_WORK_TREE", work_tree);
            }
        }
        Ok(Self { engine, layout, executable, configuration: RefCell::new(None) })
    }

    /// The top of the work tree; `None` for a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.layout.work_tree.as_deref()
    }

    /// The git folder of this work tree: `.git`, `.git/worktrees/x` or `.git/modules/x`.
    pub fn git_dir(&self) -> &Path {
        &self.layout.git_dir
    }

    /// The git folder that all linked worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.layout.common_dir
    }

    /// The top of the work tree; the git folder of a bare repository.
    pub fn top(&self) -> &Path {
        self.layout.top()
    }

    /// Whether the repository has no work tree.
    pub fn is_bare(&self) -> bool {
        self.layout.work_tree.is_none()
    }

    /// Whether the clone is shallow: commits of its history are missing.
    pub fn is_shallow(&self) -> bool {
        std::fs::metadata(self.layout.common_dir.join("shallow")).is_ok_and(|file| file.len() > 0)
    }

    /// Whether libgit2 reads this repository. For `doctor`; every operation works without libgit2 too.
    pub fn uses_libgit2(&self) -> bool {
        self.libgit2().is_some()
    }

    /// The path of a git-devpi state file, which all worktrees share: `<common dir>/git-devpi/<name>`.
    pub fn state_path(&self, name: &str) -> PathBuf {
        self.layout.common_dir.join("git-devpi").join(name)
    }

    /// The version of the git executable.
    pub fn git_version(&self) -> Result<(u32, u32, u32), Error> {
        git_version(self.executable.environment())
    }

    pub(super) fn libgit2(&self) -> Option<&git2::Repository> {
        match &self.engine {
            Engine::Libgit2(repository) => Some(repository),
            Engine::Executable => None,
        }
    }

    pub(super) fn git(&self) -> &Executable {
        &self.executable
    }

    pub(super) fn configuration(&self) -> &RefCell<Option<Rc<Vec<ConfigEntry>>>> {
        &self.configuration
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("layout", &self.layout).finish_non_exhaustive()
    }
}

fn absolute(start: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(start).map_err(Error::file("find", start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn a_folder_inside_belongs_to_the_repository_above() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        std::fs::create_dir_all(top.join("a/b")).unwrap();
        let repository = sandbox.open(&top.join("a/b"));
        assert_eq!(repository.work_tree(), Some(top.as_path()));
        assert_eq!(repository.git_dir(), top.join(".git"));
        assert!(repository.uses_libgit2() && !repository.is_bare() && !repository.is_shallow());
        assert_eq!(repository.state_path("x"), top.join(".git/git-devpi/x"));
        assert!(repository.git_version().unwrap() >= (2, 25, 0));
    }

    #[test]
    fn no_repository_is_its_own_error() {
        let sandbox = Sandbox::new();
        let error = Repository::open(sandbox.path(), &sandbox.environment()).unwrap_err();
        assert!(matches!(error, Error::NotARepository { ref path } if path == sandbox.path()), "{error:?}");
    }

    #[test]
    fn ceilings_bound_the_search() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        std::fs::create_dir_all(top.join("a/b")).unwrap();
        let ceiling = top.join("a");
        let environment = sandbox.environment_with([("GIT_CEILING_DIRECTORIES", ceiling.to_str().unwrap())]);
        assert!(matches!(Repository::open(&top.join("a/b"), &environment), Err(Error::NotARepository { .. })));
    }

    #[test]
    fn a_relative_git_dir_is_relative_to_the_start() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        std::fs::create_dir(top.join("sub")).unwrap();
        let environment = sandbox.environment_with([("GIT_DIR", "../.git")]);
        let repository = Repository::open(&top.join("sub"), &environment).unwrap();
        assert_eq!(repository.git_dir(), top.join(".git"));
        assert_eq!(repository.work_tree(), Some(top.as_path()));
        // A child started at the top still finds it, although "../.git" would not lead there.
        assert!(repository.changes(&[]).unwrap().is_empty());
    }

    #[test]
    fn git_dir_beats_the_repository_around() {
        let sandbox = Sandbox::new();
        let ours = sandbox.repository("ours");
        let other = sandbox.repository("other");
        let environment = sandbox.environment_with([("GIT_DIR", other.join(".git").to_str().unwrap())]);
        let repository = Repository::open(&ours, &environment).unwrap();
        assert_eq!(repository.git_dir(), other.join(".git"));
        // Like git: without GIT_WORK_TREE the current folder is the work tree.
        assert_eq!(repository.work_tree(), Some(ours.as_path()));
    }

    #[test]
    fn a_bare_repository_has_no_work_tree() {
        let sandbox = Sandbox::new();
        let remote = sandbox.remote_for(&sandbox.repository("r"));
        let repository = sandbox.open(&remote);
        assert!(repository.is_bare() && repository.work_tree().is_none());
        // post-receive hooks start like this.
        let environment = sandbox.environment_with([("GIT_DIR", ".")]);
        let repository = Repository::open(&remote, &environment).unwrap();
        assert!(repository.is_bare());
        assert_eq!(repository.git_dir(), std::fs::canonicalize(&remote).unwrap());
        assert!(repository.head().unwrap().commit.is_some());
    }

    #[test]
    fn linked_worktrees_share_the_common_folder() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        sandbox.git(&top, &["worktree", "add", "-q", "-b", "x", "../linked"]);
        let linked = std::fs::canonicalize(sandbox.path().join("linked")).unwrap();
        for environment in [
            sandbox.environment(),
            // The environment of a hook in a linked worktree.
            sandbox.environment_with([("GIT_DIR", top.join(".git/worktrees/linked").to_str().unwrap())]),
        ] {
            let repository = Repository::open(&linked, &environment).unwrap();
            assert_eq!(repository.work_tree(), Some(linked.as_path()));
            assert_eq!(repository.git_dir(), top.join(".git/worktrees/linked"));
            assert_eq!(repository.common_dir(), top.join(".git"));
            assert_eq!(repository.state_path("x"), top.join(".git/git-devpi/x"));
            assert_eq!(repository.head().unwrap().branch.unwrap().as_str(), "x");
        }
    }

    #[test]
    fn a_submodule_is_a_repository_of_its_own() {
        let sandbox = Sandbox::new();
        let library = sandbox.repository("library");
        let top = sandbox.repository("r");
        sandbox.add_submodule(&top, &library);
        let repository = sandbox.open(&top.join("lib"));
        assert_eq!(repository.work_tree(), Some(top.join("lib").as_path()));
        assert_eq!(repository.git_dir(), top.join(".git/modules/lib"));
    }

    #[test]
    fn what_libgit2_cannot_open_is_opened_by_git() {
        let sandbox = Sandbox::new();
        sandbox.git(sandbox.path(), &["init", "-q", "--object-format=sha256", "r"]);
        let top = std::fs::canonicalize(sandbox.path().join("r")).unwrap();
        std::fs::create_dir(top.join("sub")).unwrap();
        let tip = sandbox.commit(&top, "README", "x");
        let repository = sandbox.open(&top.join("sub"));
        assert!(!repository.uses_libgit2());
        assert_eq!(repository.work_tree(), Some(top.as_path()));
        assert_eq!((repository.git_dir(), repository.common_dir()), (&*top.join(".git"), &*top.join(".git")));
        assert_eq!(tip.as_str().len(), 64);
        let head = repository.head().unwrap();
        assert_eq!((head.commit, head.branch.unwrap().as_str()), (Some(tip), "main"));
        sandbox.git(sandbox.path(), &["init", "-q", "--bare", "--object-format=sha256", "bare"]);
        assert!(sandbox.open(&sandbox.path().join("bare")).is_bare());
    }

    #[test]
    fn a_repository_of_another_user_is_its_own_error() {
        let sandbox = Sandbox::new();
        sandbox.git(sandbox.path(), &["init", "-q", "--object-format=sha256", "r"]);
        let top = std::fs::canonicalize(sandbox.path().join("r")).unwrap();
        // A variable of git's own test suite.
        let environment = sandbox.environment_with([("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")]);
        let error = Repository::open(&top, &environment).unwrap_err();
        assert!(matches!(error, Error::DubiousOwnership { ref path } if *path == top), "{error:?}");
        sandbox.git(&top, &["config", "--global", "safe.directory", &format!("{}/*", top.parent().unwrap().display())]);
        // Globs came with git 2.46.
        if git_version(&environment).unwrap() >= (2, 46, 0) {
            assert!(Repository::open(&top, &environment).is_ok());
        }
    }

    #[test]
    fn a_missing_git_is_its_own_error() {
        let sandbox = Sandbox::new();
        let environment = sandbox.environment_with([("PATH", "/nowhere")]);
        assert!(matches!(git_version(&environment), Err(Error::GitMissing)));
    }
}
