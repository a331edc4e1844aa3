//! The server that the repository's own file names.

use crate::model::loopback::is_loopback;
use crate::ops::Error;
use crate::ops::init::answers::file_values;
use crate::settings::repository_file::{OWN_FILE, PYPROJECT};
use crate::settings::{Key, Origin, RepositoryFile};
use crate::workspace::Workspace;

/// The server that the repository names for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedServer {
    /// Its URL.
    pub url: String,
    /// Where it is named.
    pub place: String,
    /// The server on this machine that other settings name in its place.
    pub hidden_by: Option<String>,
}

/// Returns the server that the repository names, if the settings have none, or one on this machine that is not a flag.
///
/// A checked-out branch can be older than the settings, so the remote's default branch counts too, as this clone has it.
pub fn named_server(workspace: &Workspace<'_>) -> Result<Option<NamedServer>, Error> {
    let set = workspace.settings.server()?;
    let hidden_by = match &set {
        None => None,
        Some(set) if set.origin.is_repository() || matches!(set.origin, Origin::Flag(_)) => return Ok(None),
        Some(set) if is_loopback(&set.value) => Some(set.value.to_string()),
        Some(_) => return Ok(None),
    };
    let of_file = file_values(workspace)?.into_iter().find(|(key, _)| *key == Key::Server);
    let found = match of_file {
        Some((_, values)) => Some((values, "the settings of the repository".to_owned())),
        None => on_default_branch(workspace)?,
    };
    Ok(found.and_then(|(values, place)| Some(NamedServer { url: values.into_iter().next()?, place, hidden_by })))
}

fn on_default_branch(workspace: &Workspace<'_>) -> Result<Option<(Vec<String>, String)>, Error> {
    let Some(remote) = workspace.remote()? else { return Ok(None) };
    let repository = workspace.repository()?;
    let name = format!("{}/HEAD", remote.value);
    let Some(commit) = repository.resolve(&format!("refs/remotes/{name}"))? else { return Ok(None) };
    let text = |file: &str| -> Result<Option<String>, Error> {
        Ok(repository.tree_file(&commit, file)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let (pyproject, own) = (text(PYPROJECT)?, text(OWN_FILE)?);
    // What is wrong with a file of another branch is not the matter here.
    let file = RepositoryFile::parse(pyproject.as_deref(), own.as_deref()).ok().flatten();
    let values = file.and_then(|file| file.values.into_iter().find(|(key, _)| *key == Key::Server));
    Ok(values.map(|(_, values)| (values, format!("the settings on {name}"))))
}
