//! `completions`: the scripts of the shells, and the names that they propose.
//!
//! All names are known without a request. A list that cannot be read is empty.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::index::known::IndexCache;
use crate::index::trash;
use crate::ops::Error;
use crate::python::tox_environments::{ConfigurationVersion, EnvironmentList, EnvironmentReader};
use crate::settings::Key;
use crate::system;
use crate::system::environment::Environment;
use crate::system::files::{self, Access};
use crate::workspace::Workspace;

/// A shell whose script is installed. The wheel contains the same files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptShell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl ScriptShell {
    /// The completion script.
    pub fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../../wheel/data/share/bash-completion/completions/git-devpi"),
            Self::Zsh => include_str!("../../wheel/data/share/zsh/site-functions/_git-devpi"),
            Self::Fish => include_str!("../../wheel/data/share/fish/vendor_conf.d/git-devpi.fish"),
        }
    }

    /// The user's file: the shell reads it without further settings, except zsh, which needs its folder in `fpath`.
    fn user_file(self, environment: &Environment) -> Result<PathBuf, system::Error> {
        let home = environment.non_empty("HOME").or_else(|| environment.non_empty("USERPROFILE"));
        let base = |variable: &str, below_home: &str| match environment.non_empty(variable) {
            Some(folder) => Ok(PathBuf::from(folder)),
            None => Ok(PathBuf::from(home.ok_or(system::Error::NoHome)?).join(below_home)),
        };
        let data = || base("XDG_DATA_HOME", ".local/share");
        Ok(match self {
            Self::Bash => match environment.non_empty("BASH_COMPLETION_USER_DIR") {
                Some(folder) => PathBuf::from(folder).join("completions/git-devpi"),
                None => data()?.join("bash-completion/completions/git-devpi"),
            },
            Self::Zsh => data()?.join("zsh/site-functions/_git-devpi"),
            Self::Fish => base("XDG_CONFIG_HOME", ".config")?.join("fish/conf.d/git-devpi.fish"),
        })
    }
}

/// Writes the script into the user's folder; returns the file.
pub fn install(shell: ScriptShell, environment: &Environment) -> Result<PathBuf, Error> {
    let path = shell.user_file(environment)?;
    files::write_atomic(&path, shell.script().as_bytes(), Access::Shared)?;
    Ok(path)
}

/// The branches of this clone, those of its remote as of the last fetch, and those with a known index.
pub fn branches(workspace: &Workspace<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Ok(repository) = workspace.repository() {
        names.extend(repository.local_branches().unwrap_or_default());
        if let Ok(Some(remote)) = workspace.remote() {
            let tracked = repository.remote_tracking_branches(&remote.value).unwrap_or_default();
            names.extend(tracked.into_iter().map(|(branch, _)| branch));
        }
    }
    names.extend(IndexCache::read(workspace).map(|cache| cache.branches()).unwrap_or_default());
    names.iter().map(ToString::to_string).collect()
}

/// The indexes of the branches that this clone pushed, and of production: `USER/NAME`.
pub fn indexes(workspace: &Workspace<'_>) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = IndexCache::read(workspace).map(|cache| cache.indexes()).unwrap_or_default();
    names.extend(workspace.production().ok().map(|production| production.to_string()));
    names
}

/// The deleted indexes that have a log on this machine: `USER/NAME`.
pub fn deleted_indexes(workspace: &Workspace<'_>) -> BTreeSet<String> {
    let Ok(server) = workspace.server_url() else { return BTreeSet::new() };
    trash::list(workspace, &server.value).unwrap_or_default().iter().map(|entry| entry.index.to_string()).collect()
}

/// The projects of the repository.
pub fn projects(workspace: &Workspace<'_>) -> BTreeSet<String> {
    workspace.projects().unwrap_or_default().iter().map(|project| project.name().to_string()).collect()
}

/// The server of the settings, and those with a stored login.
pub fn servers(workspace: &Workspace<'_>) -> BTreeSet<String> {
    let mut servers: BTreeSet<String> = workspace.tokens().servers().unwrap_or_default().into_iter().collect();
    servers.extend(workspace.server_url().ok().map(|server| server.value.to_string()));
    servers
}

/// The owner of the settings, and the users with a stored login at the server of the settings.
pub fn users(workspace: &Workspace<'_>) -> BTreeSet<String> {
    let set = [workspace.settings.user(), workspace.settings.login()];
    let mut users: BTreeSet<_> = set.into_iter().flatten().flatten().map(|set| set.value).collect();
    if let Ok(server) = workspace.server_url() {
        users.extend(workspace.tokens().logins(&server.value).unwrap_or_default());
    }
    users.iter().map(ToString::to_string).collect()
}

/// The tox environments of `env_list`, as far as the text of the configuration says, and those that the settings require.
pub fn environments(workspace: &Workspace<'_>) -> BTreeSet<String> {
    let reader = EnvironmentReader::without_tox(&workspace.environment);
    let folders = workspace.tox_folders().unwrap_or_default().into_iter().filter_map(|configured| configured.folder);
    let mut names: BTreeSet<String> =
        workspace.settings.list(Key::Require).into_iter().flat_map(|set| set.value).collect();
    for folder in folders {
        if let Ok(Some(EnvironmentList::Complete(list))) = reader.env_list(&folder, ConfigurationVersion::Current) {
            names.extend(list.into_iter().map(|environment| environment.name));
        }
    }
    names
}
