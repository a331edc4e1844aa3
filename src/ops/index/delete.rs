//! `index delete`.

use crate::devpi::{IndexConfig, Server};
use crate::git::LsRemote;
use crate::git::Prompts;
use crate::index;
use crate::index::branch_index::{IndexMap, indexes_of};
use crate::index::deletion::{Deleted, DeletionRequest, Deletions, FirstLook, LiveClaims, Target, WaveOutcome};
use crate::index::dependents;
use crate::index::kept_files::KeepFiles;
use crate::index::known;
use crate::index::survey::{
    ComparePatches, IndexSurvey, MissingCommits, QueryRemote, ReadContents, SurveyRequest, survey,
};
use crate::model::names::{BranchName, IndexName, escape_for_terminal};
use crate::model::staleness::{ClaimState, GracePeriod, Protection, State};
use crate::ops::Error;
use crate::ops::index::error;
use crate::ops::index::role::{IndexRole, ListedIndex, index_of_branch, role};
use crate::workspace::Workspace;
use crate::workspace::session::READ_DEADLINE;

/// An index to delete.
#[derive(Debug, Clone)]
pub struct PlannedDeletion {
    /// The index.
    pub listed: ListedIndex,
    /// Why the index is protected, as a clause: then a deletion needs `--force`.
    pub protection: Option<String>,
    look: FirstLook,
}

/// Plans the deletion of an index of this repository. Changes nothing.
///
/// One request for the owner's indexes, one for those of all users, and one `git ls-remote`.
pub fn plan_deletion(
    workspace: &Workspace<'_>,
    index: Option<&str>,
    prompts: Prompts,
) -> Result<PlannedDeletion, Error> {
    let owner = workspace.owner()?;
    let server = workspace.server()?;
    let named = index.map(|text| IndexName::parse_for(&owner, text)).transpose()?;
    let user = named.as_ref().map_or(&owner, IndexName::user);
    let indexes = indexes_of(server, user)?;
    let listed: Vec<(IndexName, &IndexConfig)> =
        indexes.iter().filter_map(|(name, config)| Some((IndexName::new(user, name).ok()?, config))).collect();
    let look = FirstLook::at(server, listed.iter().map(|(name, config)| (name, *config)));
    let name = match named {
        Some(name) => name,
        None => index_of_branch(workspace, &indexes)?.name,
    };
    let config = indexes.get(name.name()).cloned().ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() })?;
    match role(workspace, &name, &config)? {
        IndexRole::Foreign(why) => Err(index::Error::ForeignIndex { index: name, why }.into()),
        IndexRole::Production => Err(error::Error::Production { index: name }.into()),
        role => {
            let listed = ListedIndex { name, config, role };
            let protection = protection(workspace, (server, &indexes), &listed, prompts)?;
            Ok(PlannedDeletion { listed, protection, look })
        }
    }
}

/// Why the index is protected, as `status --all` says it; or its use by others, which that answer need not know.
fn protection(
    workspace: &Workspace<'_>,
    (server, indexes): (&Server, &IndexMap),
    listed: &ListedIndex,
    prompts: Prompts,
) -> Result<Option<String>, Error> {
    let mut dependents = dependents::of_user(listed.name.user(), indexes);
    if !dependents.contains_key(&listed.name) {
        dependents = dependents::of_other_users(server, listed.name.user())?;
    }
    if let Some(dependent) = dependents.get(&listed.name) {
        return Ok(Some(Protection::BaseOf(dependent.clone()).to_string()));
    }
    let request = SurveyRequest {
        grace: GracePeriod::Applies,
        query: QueryRemote::WhenStateDependsOnIt,
        how: LsRemote { deadline: Some(READ_DEADLINE), prompts },
        missing: MissingCommits::Leave,
        read: ReadContents::Nothing,
        patches: ComparePatches::No,
    };
    let survey = survey(workspace, server, request)?;
    let Some(surveyed) = survey.indexes.iter().find(|surveyed| surveyed.index == listed.name) else { return Ok(None) };
    let assessment = &surveyed.assessment;
    match (&assessment.state, &listed.role) {
        (State::Protected(_) | State::Claim(ClaimState::Active | ClaimState::Expired), _) => {
            Ok(Some(assessment.reason.clone()))
        }
        (State::Unknown(_), IndexRole::Branch { name, .. }) if is_protected_name(workspace, name)? => {
            let name = escape_for_terminal(name);
            Ok(Some(format!("{name} is a release branch or matches `protected`, and {}", assessment.reason)))
        }
        (_, IndexRole::Branch { name, .. }) => Ok(live_claim(&survey, name)),
        _ => Ok(None),
    }
}

fn is_protected_name(workspace: &Workspace<'_>, branch: &str) -> Result<bool, Error> {
    match BranchName::parse(branch) {
        Ok(branch) => Ok(workspace.is_protected_name(&branch)?),
        Err(_) => Ok(false),
    }
}

fn live_claim(survey: &IndexSurvey, branch: &str) -> Option<String> {
    let is_live = |state: &State| *state == State::Claim(ClaimState::Active);
    let mut claims = survey.indexes.iter().filter(|surveyed| is_live(&surveyed.assessment.state));
    let claim = claims.find(|surveyed| surveyed.branch() == Some(branch))?;
    Some(format!("a build of its branch is running: {}, {}", claim.index, claim.assessment.reason))
}

/// Deletes the index. An active claim on its branch prevents it, unless the plan says that the index is protected: then the user passed
/// over that.
pub fn delete(workspace: &Workspace<'_>, planned: &PlannedDeletion, keep: KeepFiles) -> Result<Deleted, Error> {
    let ListedIndex { name, config, role } = &planned.listed;
    let claims = if planned.protection.is_some() { LiveClaims::Ignored } else { LiveClaims::Protect };
    let target = Target { index: name, seen: config, contents: None };
    let request = DeletionRequest { look: planned.look.clone(), claims, keep, branches: None };
    let WaveOutcome { deleted, given_back, too_large, failure } =
        Deletions::new(workspace, workspace.session()?, request).wave(&[target]);
    if let Some(failure) = failure.or(too_large) {
        return Err(failure.into());
    }
    if let Some((index, why)) = given_back.into_iter().next() {
        return Err(crate::ops::index::Error::Protected { index, why }.into());
    }
    if let IndexRole::Branch { name, .. } = role {
        known::forget(workspace, &BranchName::parse(name)?)?;
    }
    deleted.into_iter().next().ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() }.into())
}
