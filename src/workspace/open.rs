//! Opens the workspace. Everything in it is read or connected at its first use.

use std::cell::OnceCell;
use std::path::PathBuf;

use crate::devpi::{Server, Session};
use crate::git::{self, Repository};
use crate::model::ci::CiBuild;
use crate::model::names::{BranchName, CommitId, IndexName, RepositoryName, UserName};
use crate::model::remote_url::RemoteUrl;
use crate::settings::repository_file::{OWN_FILE, PYPROJECT};
use crate::settings::{Key, LoadRequest, Origin, Pattern, RepositoryFile, Settings, Sourced};
use crate::system::directories::{Directories, current_dir};
use crate::system::environment::Environment;
use crate::system::files::read_text_optional;
use crate::workspace::Error;
use crate::workspace::Progress;

/// The parts of a workspace.
pub struct OpenRequest<'a> {
    /// The environment of this run.
    pub environment: Environment,
    /// The settings from flags.
    pub flags: Vec<(Key, &'static str, String)>,
    /// `--project`
    pub project: Option<String>,
    /// `--number`
    pub number: Option<String>,
    /// The receiver of progress.
    pub progress: &'a dyn Progress,
}

/// The repository, its settings, and the server.
pub struct Workspace<'a> {
    /// The environment of this run.
    pub environment: Environment,
    /// This user's folders.
    pub directories: Directories,
    /// The settings, as checked out.
    pub settings: Settings,
    /// The receiver of progress.
    pub progress: &'a dyn Progress,
    /// `--project`
    pub project: Option<String>,
    /// `--number`
    pub number: Option<String>,
    start: PathBuf,
    flags: Vec<(Key, &'static str, String)>,
    repository: Option<Repository>,
    ci: OnceCell<Option<CiBuild>>,
    /// The total time limit of all requests, in a hook.
    pub(crate) overall: Option<std::time::Duration>,
    pub(crate) server: OnceCell<Server>,
    pub(crate) session: OnceCell<Session>,
}

/// A workspace to open again in another thread: libgit2's repositories belong to one thread.
#[derive(Clone)]
pub struct Seed {
    environment: Environment,
    flags: Vec<(Key, &'static str, String)>,
    project: Option<String>,
    number: Option<String>,
    start: PathBuf,
    overall: Option<std::time::Duration>,
    server: Option<Server>,
    session: Option<Session>,
}

impl Seed {
    /// Opens the workspace.
    pub fn open<'a>(&self, progress: &'a dyn Progress) -> Result<Workspace<'a>, Error> {
        let Self { environment, flags, project, number, start, overall, server, session } = self.clone();
        let mut workspace = Workspace::open_at(start, OpenRequest { environment, flags, project, number, progress })?;
        workspace.overall = overall;
        workspace.server = server.map(OnceCell::from).unwrap_or_default();
        workspace.session = session.map(OnceCell::from).unwrap_or_default();
        Ok(workspace)
    }
}

impl<'a> Workspace<'a> {
    /// Opens the repository of the current folder, if there is one, and loads the settings.
    pub fn open(request: OpenRequest<'a>) -> Result<Self, Error> {
        let start = current_dir()?;
        Self::open_at(start, request)
    }

    /// Opens the workspace in the folder `start`.
    pub fn open_at(start: PathBuf, request: OpenRequest<'a>) -> Result<Self, Error> {
        let OpenRequest { environment, flags, project, number, progress } = request;
        let repository = match Repository::open(&start, &environment) {
            Ok(repository) => Some(repository),
            Err(git::Error::NotARepository { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let repository_file = repository.as_ref().map(repository_file).transpose()?.flatten();
        let git_config = match &repository {
            Some(repository) => repository.config("devpi.")?,
            None => git::global_config(&start, &environment, "devpi.")?,
        };
        let load =
            LoadRequest { flags: &flags, environment: environment.clone(), git_config: &git_config, repository_file };
        let settings = Settings::load(load)?;
        Ok(Self {
            directories: Directories::find(&environment)?,
            environment,
            settings,
            progress,
            project,
            number,
            start,
            flags,
            repository,
            ci: OnceCell::new(),
            overall: None,
            server: OnceCell::new(),
            session: OnceCell::new(),
        })
    }

    /// Returns what another thread needs to open the same workspace. It shares the connections and the login.
    pub fn seed(&self) -> Seed {
        Seed {
            environment: self.environment.clone(),
            flags: self.flags.clone(),
            project: self.project.clone(),
            number: self.number.clone(),
            start: self.start.clone(),
            overall: self.overall,
            server: self.server.get().cloned(),
            session: self.session.get().cloned(),
        }
    }

    /// Returns the same workspace outside of CI: the CI system's variables are about another repository.
    #[must_use]
    pub fn without_ci(self) -> Self {
        Self { ci: OnceCell::from(None), ..self }
    }

    /// Returns the folder that the command was started in.
    pub fn start(&self) -> &std::path::Path {
        &self.start
    }

    /// Returns the repository; an error outside of one.
    pub fn repository(&self) -> Result<&Repository, Error> {
        match &self.repository {
            Some(repository) => Ok(repository),
            None => Err(git::Error::NotARepository { path: self.start.clone() }.into()),
        }
    }

    /// Returns the top of the work tree; an error in a bare repository.
    pub fn work_tree(&self) -> Result<&std::path::Path, Error> {
        let repository = self.repository()?;
        repository.work_tree().ok_or_else(|| Error::NoWorkTree { path: repository.git_dir().to_owned() })
    }

    /// Returns the checked-out commit.
    pub fn commit(&self) -> Result<CommitId, Error> {
        self.repository()?.head()?.commit.ok_or(Error::NoCommit)
    }

    /// Returns the CI build, if this is one.
    pub fn ci(&self) -> Option<&CiBuild> {
        let lookup = |name: &str| self.environment.get(name).map(str::to_owned);
        self.ci.get_or_init(|| CiBuild::detect(&lookup)).as_ref()
    }

    /// Returns the settings that decide about production and deletion.
    ///
    /// The files that are committed at `commit`, the tip of the remote's default branch, replace the checked-out ones.
    pub fn settings_at(&self, commit: &CommitId) -> Result<Settings, Error> {
        let repository = self.repository()?;
        let repository_file = file_at(repository, commit)?;
        Ok(Settings::load(LoadRequest {
            flags: &self.flags,
            environment: self.environment.clone(),
            git_config: &repository.config("devpi.")?,
            repository_file,
        })?)
    }

    /// Whether a commit has settings of git-devpi.
    pub fn has_settings_at(&self, commit: &CommitId) -> Result<bool, Error> {
        Ok(file_at(self.repository()?, commit)?.is_some())
    }

    /// Returns the owner of the indexes.
    pub fn owner(&self) -> Result<UserName, Error> {
        let owner = self.settings.user()?;
        Ok(owner.ok_or(crate::settings::Error::Missing { key: Key::User.name() })?.value)
    }

    /// Returns the user who logs in.
    pub fn login(&self) -> Result<UserName, Error> {
        let login = self.settings.login()?;
        Ok(login.ok_or(crate::settings::Error::Missing { key: Key::User.name() })?.value)
    }

    /// Returns the production index.
    pub fn production(&self) -> Result<IndexName, Error> {
        Ok(self.settings.production(&self.owner()?)?.value)
    }

    /// Returns the git remote whose branches have indexes; `None` without a remote.
    pub fn remote(&self) -> Result<Option<Sourced<String>>, Error> {
        if let Some(set) = self.settings.text(Key::Remote)? {
            return Ok(Some(set));
        }
        let remotes = self.repository()?.remotes()?;
        let derived = |name: &str, why: &str| Ok(Some(Sourced::new(name.to_owned(), Origin::Derived(why.to_owned()))));
        match &remotes[..] {
            [] => Ok(None),
            [only] => derived(only, "the only remote"),
            several if several.iter().any(|r| r == "origin") => derived("origin", "the usual name"),
            _ => Err(Error::SeveralRemotes { remotes }),
        }
    }

    /// Returns the repository's name in records: as set, else from the remote's URL, else the
    /// folder's name.
    pub fn repository_name(&self) -> Result<Sourced<RepositoryName>, Error> {
        if let Some(set) = self.settings.repository()? {
            return Ok(set);
        }
        if let Some(name) = self.remote_repository_name()? {
            return Ok(name);
        }
        let repository = self.repository()?;
        let folder = repository.work_tree().unwrap_or(repository.git_dir());
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = RepositoryName::parse(name.strip_suffix(".git").unwrap_or(&name))?;
        Ok(Sourced::new(name, Origin::Derived("the work tree's folder".to_owned())))
    }

    /// Returns the name that the remote's URL gives, regardless of settings.
    pub fn remote_repository_name(&self) -> Result<Option<Sourced<RepositoryName>>, Error> {
        let Some(remote) = self.remote()? else { return Ok(None) };
        let Some(url) = self.repository()?.remote_url(&remote.value)? else { return Ok(None) };
        let Some(name) = RemoteUrl::parse(&url).repository_name() else { return Ok(None) };
        let origin = Origin::Derived(format!("the URL of the remote {}", remote.value));
        Ok(Some(Sourced::new(RepositoryName::parse(&name)?, origin)))
    }

    /// Returns the release branches: as set, else CI's default branch, else the clone's HEAD of
    /// the remote.
    pub fn release_branches(&self) -> Result<Sourced<Vec<Pattern>>, Error> {
        if let Some(set) = self.settings.patterns(Key::ReleaseBranches)? {
            return Ok(set);
        }
        if let Some(default) = self.ci().and_then(|ci| ci.default_branch.as_ref()) {
            let branch = BranchName::parse(&default.value)?;
            return Ok(Sourced::new(vec![Pattern::exact(&branch)], Origin::Environment(default.variable.clone())));
        }
        let remote = self.remote()?.map(|remote| remote.value);
        let head =
            remote.as_ref().map(|remote| self.repository()?.remote_head(remote).map_err(Error::from)).transpose()?;
        match (head.flatten(), remote) {
            (Some(branch), Some(remote)) => {
                let origin = Origin::Derived(format!("refs/remotes/{remote}/HEAD"));
                Ok(Sourced::new(vec![Pattern::exact(&branch)], origin))
            }
            _ => Err(Error::NoReleaseBranches),
        }
    }

    /// Whether `branch` is a release branch.
    pub fn is_release_branch(&self, branch: &BranchName) -> Result<bool, Error> {
        Ok(self.release_branches()?.value.iter().any(|pattern| pattern.matches(branch)))
    }
}

/// Reads the checked-out settings file; in a bare repository that of HEAD's commit.
fn repository_file(repository: &Repository) -> Result<Option<RepositoryFile>, Error> {
    let Some(top) = repository.work_tree() else {
        return match repository.head()?.commit {
            Some(commit) => file_at(repository, &commit),
            None => Ok(None),
        };
    };
    let pyproject = read_text_optional(&top.join(PYPROJECT))?;
    let own = read_text_optional(&top.join(OWN_FILE))?;
    Ok(RepositoryFile::parse(pyproject.as_deref(), own.as_deref())?)
}

fn file_at(repository: &Repository, commit: &CommitId) -> Result<Option<RepositoryFile>, Error> {
    let text = |path: &str| -> Result<Option<String>, Error> {
        Ok(repository.tree_file(commit, path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    Ok(RepositoryFile::parse(text(PYPROJECT)?.as_deref(), text(OWN_FILE)?.as_deref())?)
}
