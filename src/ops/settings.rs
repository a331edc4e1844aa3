//! `settings`: every setting with its value and origin.

use crate::git::{self, Repository};
use crate::ops::Error;
use crate::settings::{Key, LoadRequest, Origin, Settings, Sourced};
use crate::system::directories::current_dir;
use crate::system::environment::Environment;
use crate::workspace::Workspace;

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The setting.
    pub key: Key,
    /// Its values with their origin; `None` if it is not set and cannot be derived.
    pub value: Option<Sourced<Vec<String>>>,
}

/// Returns every setting, with derived values for those that are not set.
pub fn rows(workspace: &Workspace<'_>) -> Vec<Row> {
    let settings: &Settings = &workspace.settings;
    settings.rows().map(|(key, set)| Row { key, value: set.or_else(|| worked_out(workspace, key)) }).collect()
}

/// Loads the settings of the current folder without the repository's own file, for callers for
/// whom it is unreadable.
pub fn without_repository_file(environment: &Environment) -> Result<Settings, Error> {
    let start = current_dir()?;
    let git_config = match Repository::open(&start, environment) {
        Ok(repository) => repository.config("devpi.")?,
        Err(_) => git::global_config(&start, environment, "devpi.")?,
    };
    let request = LoadRequest { git_config: &git_config, environment: environment.clone(), ..LoadRequest::default() };
    Ok(Settings::load(request)?)
}

fn worked_out(workspace: &Workspace<'_>, key: Key) -> Option<Sourced<Vec<String>>> {
    let one = |value: String, origin: Origin| Some(Sourced::new(vec![value], origin));
    match key {
        Key::Login => workspace.settings.login().ok()?.map(|login| login.map(|l| vec![l.to_string()])),
        Key::Repository => workspace.repository_name().ok().map(|name| name.map(|n| vec![n.as_str().to_owned()])),
        Key::Remote => workspace.remote().ok().flatten().map(|remote| remote.map(|r| vec![r])),
        Key::ReleaseBranches => {
            let patterns = workspace.release_branches().ok()?;
            Some(patterns.map(|patterns| patterns.iter().map(|p| p.as_str().to_owned()).collect()))
        }
        Key::Branch => workspace.branch().ok().and_then(|b| one(b.name.as_str().to_owned(), b.origin)),
        Key::EvidenceUsers => {
            let owner = workspace.owner().ok()?;
            one(owner.to_string(), Origin::Derived("the owner".to_owned()))
        }
        _ => None,
    }
}
