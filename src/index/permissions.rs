//! The rights that the index of a branch gives: which users may upload to it, and which may post results.
//!
//! Only the owner of an index can change its rights. So the owner's `ensure`, `prune`, `index create` and `index sync` add what the settings
//! ask for, and other users find out before a build that they lack a right. Rights are never taken away: a team may have given more of them by
//! hand, which `doctor` shows.

use serde_json::{Map, Value, json};

use crate::devpi::{IndexConfig, Session};
use crate::index::Error;
use crate::model::index_right::Right;
use crate::model::names::{BranchName, IndexName, UserName};
use crate::settings::{Settings, Sourced};
use crate::workspace::{Workspace, authority, gate};

/// The user who may do on devpi what an owner may.
const ROOT: &str = "root";

/// The users who may write to the index of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Those who may upload.
    pub upload: Vec<UserName>,
    /// Those who may post tox results, and thereby the provenance of a build.
    pub results: Vec<UserName>,
}

/// The users who have a right on an index.
pub fn holders(right: Right, config: &IndexConfig) -> &[String] {
    match right {
        Right::Upload => &config.acl_upload,
        Right::Results => &config.acl_toxresult_upload,
    }
}

impl Rights {
    /// Returns the rights that `settings` ask for. The owner may always upload.
    pub fn of(owner: &UserName, uploaders: Option<Vec<UserName>>, evidence: Vec<UserName>) -> Self {
        let mut upload = vec![owner.clone()];
        upload.extend(uploaders.into_iter().flatten().filter(|user| user != owner));
        Self { upload, results: evidence }
    }

    fn holders(&self, right: Right) -> &[UserName] {
        match right {
            Right::Upload => &self.upload,
            Right::Results => &self.results,
        }
    }

    /// Returns the users who lack a right on an index.
    pub fn missing(&self, right: Right, config: &IndexConfig) -> Vec<UserName> {
        self.holders(right).iter().filter(|user| !holds(holders(right, config), user)).cloned().collect()
    }

    /// Returns the changes of an index's configuration that add what is missing; empty if nothing is.
    pub(crate) fn changes(&self, config: &IndexConfig) -> Map<String, Value> {
        let mut changes = Map::new();
        for right in Right::ALL {
            let missing = self.missing(right, config);
            if !missing.is_empty() {
                let new = missing.iter().map(ToString::to_string);
                let all: Vec<String> = holders(right, config).iter().cloned().chain(new).collect();
                changes.insert(right.acl().to_owned(), json!(all));
            }
        }
        changes
    }
}

/// Returns the rights that indexes of this repository's branches give, according to the settings on the release branch as this clone knows
/// it, else to the checked-out ones. `configs`: the indexes of the owner. Makes no request.
///
/// A repository gives only the owner the right to upload, unless its remote is the one that the repository was set up for: a fork
/// has the same files, and may name other users.
pub fn rights<'c>(
    workspace: &Workspace<'_>,
    configs: impl IntoIterator<Item = &'c IndexConfig>,
) -> Result<Rights, Error> {
    let known = gate::known_settings(workspace)?;
    let (owner, evidence) = (workspace.owner()?, workspace.evidence_users()?);
    let settings = known.as_ref().unwrap_or(&workspace.settings);
    Ok(Rights::of(&owner, granted_uploaders(workspace, settings, configs)?, evidence))
}

/// Whether an index lacks a right that the settings ask for, whether or not the repository may ask for it. Makes no request.
pub fn lacks_wanted(workspace: &Workspace<'_>, config: &IndexConfig) -> Result<bool, Error> {
    let known = gate::known_settings(workspace)?;
    let uploaders = known.as_ref().unwrap_or(&workspace.settings).upload_users()?.map(|set| set.value);
    let wanted = Rights::of(&workspace.owner()?, uploaders, workspace.evidence_users()?);
    Ok(!wanted.changes(config).is_empty())
}

/// The upload users of `settings`, if the repository may name them.
fn granted_uploaders<'c>(
    workspace: &Workspace<'_>,
    settings: &Settings,
    configs: impl IntoIterator<Item = &'c IndexConfig>,
) -> Result<Option<Vec<UserName>>, Error> {
    let Some(Sourced { value, origin }) = settings.upload_users()? else { return Ok(None) };
    if authority::is_users_own(&origin) {
        return Ok(Some(value));
    }
    let Some(remote) = workspace.remote()? else { return Ok(None) };
    let repository = workspace.repository_name()?.value;
    let records = configs.into_iter().filter_map(|config| config.record.as_ref()?.origin_in(repository.as_str()));
    let is_ours = authority::of(workspace, &remote, Some(settings))?.decides_oldest(records);
    Ok(is_ours.then_some(value))
}

/// Whether `login` may change the rights of the owner's indexes.
pub fn may_change(login: &UserName, owner: &UserName) -> bool {
    login == owner || login.as_str() == ROOT
}

/// Whether `user` is among the holders of a right, by name or as any user. Groups count, since only the server knows their members.
fn holds(holders: &[String], user: &UserName) -> bool {
    holders.iter().any(|holder| holder == user.as_str() || holder.starts_with(':'))
}

/// Checks that the user of `session` may publish a build on the index of `branch`. Makes no request.
pub fn check_build_rights(
    session: &Session,
    (index, config): (&IndexName, &IndexConfig),
    branch: &BranchName,
) -> Result<(), Error> {
    let login = session.login_user();
    let lacking: Vec<Right> = Right::ALL.into_iter().filter(|right| !holds(holders(*right, config), login)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Error::NoRight { login: login.clone(), index: index.clone(), rights: lacking, branch: branch.clone() })
}

/// Whether a user may post results to an index.
pub fn may_post_results(config: &IndexConfig, user: &UserName) -> bool {
    holds(holders(Right::Results, config), user)
}
