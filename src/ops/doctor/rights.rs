//! Whether the indexes of the branches give the rights that the settings ask for, and no others.

use crate::devpi::IndexConfig;
use crate::index::branch_index::IndexMap;
use crate::index::permissions::{self, Rights, holders};
use crate::model::index_right::Right;
use crate::model::names::{IndexName, UserName, escape_for_terminal};
use crate::model::record::Record;
use crate::ops::Error;
use crate::ops::doctor::finding::Finding;
use crate::workspace::Workspace;

/// The number of indexes that a finding names.
const MAX_NAMED: usize = 3;

/// Checks the rights of every index of a branch of this repository, as listed. Makes no request.
pub(super) fn check(workspace: &Workspace<'_>, all: &IndexMap) -> Result<Finding, Error> {
    let (owner, repository) = (workspace.owner()?, workspace.repository_name()?.value);
    let rights = permissions::rights(workspace, all.values())?;
    let is_ours = |config: &&IndexConfig| matches!(&config.record, Some(Record::Branch(record)) if record.repository == repository.as_str());
    let mut indexes = Vec::new();
    for (name, config) in all.iter().filter(|(_, config)| is_ours(config)) {
        indexes.push((IndexName::new(&owner, name)?, config));
    }
    Ok(lacking(&owner, &rights, &indexes)
        .or_else(|| not_trusted(&rights))
        .or_else(|| excess(&rights, &indexes))
        .unwrap_or_else(|| passed(&rights)))
}

/// Indexes that lack rights: builds and tests of these users fail there.
fn lacking(owner: &UserName, rights: &Rights, indexes: &[(IndexName, &IndexConfig)]) -> Option<Finding> {
    let mut found = Vec::new();
    for (name, config) in indexes {
        for right in Right::ALL {
            let users = rights.missing(right, config);
            if !users.is_empty() {
                found.push(format!("{} has no right to {right} {name} ({})", listed(&users), right.acl()));
            }
        }
    }
    let fix = format!("`git devpi index sync`, logged in as {owner}, gives the rights");
    (!found.is_empty()).then(|| Finding::Warning(shortened(found), fix))
}

/// Users who may upload and whose provenance counts for nothing: no release of theirs can be promoted.
fn not_trusted(rights: &Rights) -> Option<Finding> {
    let users: Vec<UserName> = rights.upload.iter().filter(|user| !rights.results.contains(user)).cloned().collect();
    let fix = format!("name {} in evidence-users, committed on the release branch", listed(&users));
    let found =
        format!("{} may upload, and is not among evidence-users: its builds have no provenance", listed(&users));
    (!users.is_empty()).then_some(Finding::Warning(found, fix))
}

/// Users with the right to upload whom no setting names.
fn excess(rights: &Rights, indexes: &[(IndexName, &IndexConfig)]) -> Option<Finding> {
    let is_named = |holder: &String| rights.upload.iter().any(|user| user.as_str() == holder);
    let (mut found, mut first) = (Vec::new(), None);
    for (name, config) in indexes {
        for holder in holders(Right::Upload, config).iter().filter(|holder| !is_named(holder)) {
            found.push(format!("{} may upload to {name}, and no setting says so", escape_for_terminal(holder)));
            first.get_or_insert_with(|| format!("`devpi index {name} acl_upload-={}`", escape_for_terminal(holder)));
        }
    }
    first.map(|command| Finding::Warning(shortened(found), format!("name the user in upload-users, or: {command}")))
}

fn passed(rights: &Rights) -> Finding {
    Finding::Passed(format!("{} may upload, {} may post results", listed(&rights.upload), listed(&rights.results)))
}

fn listed(users: &[UserName]) -> String {
    users.iter().map(UserName::as_str).collect::<Vec<_>>().join(", ")
}

fn shortened(mut found: Vec<String>) -> String {
    let more = found.len().saturating_sub(MAX_NAMED);
    found.truncate(MAX_NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{more}", found.join(", "))
}
