//! The proposed settings of the repository: as set, else derived, for the user to confirm.

use crate::devpi::IndexConfig;
use crate::git::{LsRemote, Prompts};
use crate::index::branch_index::IndexMap;
use crate::model::index_name::slug;
use crate::model::names::{BranchName, UserName};
use crate::model::record::Record;
use crate::ops::Error;
use crate::ops::init::required_environments;
use crate::ops::init::tox::ToxRequest;
use crate::settings::repository_file::{OWN_FILE, PYPROJECT};
use crate::settings::{Key, Origin, RepositoryFile};
use crate::system::files::read_text_optional;
use crate::workspace::{self, Workspace};

/// The time limit for the remote's default branch.
const REMOTE_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// A setting to write into the repository's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The setting.
    pub key: Key,
    /// Its values; empty without a proposal.
    pub values: Vec<String>,
    /// Where the values come from.
    pub origin: Origin,
    /// What to know about the proposal, or why there is none.
    pub notes: Vec<String>,
}

impl Answer {
    fn new(key: Key, value: impl Into<String>, origin: Origin) -> Self {
        Self::of_values(key, vec![value.into()], origin)
    }

    /// Without notes.
    pub fn of_values(key: Key, values: Vec<String>, origin: Origin) -> Self {
        Self { key, values, origin, notes: Vec::new() }
    }

    /// Whether the repository's file or a flag sets it, so that no question is needed.
    pub fn is_settled(&self) -> bool {
        matches!(self.origin, Origin::RepositoryFile { .. } | Origin::Flag(_))
    }

    /// Returns it as a flag for the next workspace.
    pub fn as_flag(&self) -> Option<(Key, &'static str, String)> {
        let is_new = !self.origin.is_repository() && !self.values.is_empty();
        let name = match (self.key, &self.origin) {
            (Key::Server, Origin::Flag(flag)) if flag == "--server" => "--server",
            (Key::User, Origin::Flag(flag)) if flag == "--user" => "--user",
            _ => "answer of init",
        };
        is_new.then(|| (self.key, name, self.values.join(" ")))
    }
}

/// Returns the set values and the proposals for the others. The server must be set.
pub fn answers(workspace: &Workspace<'_>, tox: ToxRequest) -> Result<Vec<Answer>, Error> {
    let file = file_values(workspace)?;
    let mut answers = Vec::new();
    for key in [Key::Server, Key::User, Key::Repository, Key::ReleaseBranches, Key::Require] {
        let by_flag = workspace.settings.raw(key).filter(|set| matches!(set.origin, Origin::Flag(_)));
        answers.push(match (by_flag, file.iter().find(|(of_file, _)| *of_file == key)) {
            (Some(set), _) => Answer::of_values(key, set.value, set.origin),
            (None, Some((_, values))) => {
                let path = file_name(workspace)?.into();
                let origin = Origin::RepositoryFile { path, key: key.name().to_owned() };
                Answer::of_values(key, values.clone(), origin)
            }
            (None, None) => propose(workspace, key, tox)?,
        });
    }
    Ok(answers)
}

/// Returns an index-name template with the repository's name, so that other repositories of the owner have names of their own.
///
/// None is proposed where a template is set, where the repository already has indexes, and where the owner is the devpi user of this
/// repository alone, by its name.
pub fn index_name_answer(workspace: &Workspace<'_>, indexes: &IndexMap) -> Result<Option<Answer>, Error> {
    let repository = workspace.repository_name()?.value;
    let is_ours = |config: &IndexConfig| matches!(&config.record, Some(Record::Branch(record)) if record.repository == repository.as_str());
    let last = repository.as_str().rsplit('/').next().unwrap_or_default();
    let owner = slug(workspace.owner()?.as_str());
    let is_named_after_it = owner == slug(last) || owner == slug(repository.as_str());
    if workspace.settings.is_set(Key::IndexName) || is_named_after_it || indexes.values().any(is_ours) {
        return Ok(None);
    }
    let origin = Origin::Derived("the user may hold indexes of other repositories".to_owned());
    Ok(Some(Answer::new(Key::IndexName, "{repository}-{branch}", origin)))
}

/// Returns the texts of the two files that can contain the repository's settings.
pub(super) fn file_texts(workspace: &Workspace<'_>) -> Result<(Option<String>, Option<String>), Error> {
    let top = workspace.work_tree()?;
    Ok((read_text_optional(&top.join(PYPROJECT))?, read_text_optional(&top.join(OWN_FILE))?))
}

pub(super) fn file_values(workspace: &Workspace<'_>) -> Result<Vec<(Key, Vec<String>)>, Error> {
    let (pyproject, own) = file_texts(workspace)?;
    let file = RepositoryFile::parse(pyproject.as_deref(), own.as_deref())?;
    Ok(file.map(|file| file.values).unwrap_or_default())
}

fn file_name(workspace: &Workspace<'_>) -> Result<&'static str, Error> {
    let (_, own) = file_texts(workspace)?;
    Ok(if own.is_some() { OWN_FILE } else { PYPROJECT })
}

fn propose(workspace: &Workspace<'_>, key: Key, tox: ToxRequest) -> Result<Answer, Error> {
    let set = workspace.settings.raw(key);
    match key {
        Key::Server => {
            let server = workspace.server_url()?;
            Ok(Answer::new(key, server.value, server.origin))
        }
        Key::Repository => {
            let name = workspace.repository_name()?;
            Ok(Answer::new(key, name.value.as_str(), name.origin))
        }
        Key::ReleaseBranches => release_branches(workspace),
        Key::User if set.is_none() => {
            let name = workspace.repository_name()?.value;
            let origin = Origin::Derived("one devpi user for each repository".to_owned());
            let name = slug(name.last_part());
            let values = UserName::parse(&name).is_ok().then_some(name).into_iter().collect();
            Ok(Answer::of_values(key, values, origin))
        }
        Key::Require if set.is_none() => {
            let proposal = required_environments::propose(workspace, tox)?;
            let (values, origin) = (proposal.environments, Origin::Derived(proposal.source));
            Ok(Answer { key, values, origin, notes: proposal.notes })
        }
        _ => Ok(set.map_or_else(|| no_proposal(key), |set| Answer::of_values(key, set.value, set.origin))),
    }
}

fn no_proposal(key: Key) -> Answer {
    Answer::of_values(key, Vec::new(), Origin::Default)
}

/// Returns the release branches: as set, else the remote's default branch, else a usual name, else
/// the checked-out branch.
fn release_branches(workspace: &Workspace<'_>) -> Result<Answer, Error> {
    let key = Key::ReleaseBranches;
    match workspace.release_branches() {
        Ok(set) => {
            let values = set.value.iter().map(|pattern| pattern.as_str().to_owned()).collect();
            return Ok(Answer::of_values(key, values, set.origin));
        }
        Err(workspace::Error::NoReleaseBranches) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(branch) = default_branch_of_remote(workspace)? {
        return Ok(Answer::new(key, branch.as_str(), Origin::Derived("the remote's default branch".to_owned())));
    }
    let repository = workspace.repository()?;
    for usual in ["main", "master"] {
        if repository.resolve(&format!("refs/heads/{usual}"))?.is_some() {
            return Ok(Answer::new(key, usual, Origin::Derived("the usual name".to_owned())));
        }
    }
    match repository.head()?.branch {
        Some(branch) => Ok(Answer::new(key, branch.as_str(), Origin::Derived("the branch checked out".to_owned()))),
        None => Ok(no_proposal(key)),
    }
}

fn default_branch_of_remote(workspace: &Workspace<'_>) -> Result<Option<BranchName>, Error> {
    let Some(remote) = workspace.remote()? else { return Ok(None) };
    let how = LsRemote { deadline: Some(REMOTE_DEADLINE), prompts: Prompts::Denied };
    // If the remote does not respond, the proposal comes from this clone.
    Ok(workspace.repository()?.ls_remote(&remote.value, how).ok().and_then(|refs| refs.head))
}
