//! Determines the branch of a build from flags, CI variables and HEAD, never from the branches
//! that a clone happens to have.

use crate::model::ci::{CiBuild, GithubEvent, PullRequest};
use crate::model::names::{BranchName, escape_for_terminal};
use crate::settings::{Key, Origin};
use crate::system::files::read_optional;
use crate::workspace::Error;
use crate::workspace::Workspace;

/// The branch that a build is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its name; `pull/12` for a pull request from another repository.
    pub name: BranchName,
    /// Where the name comes from.
    pub origin: Origin,
    /// Whether this is a build of a pull request: such a build is never a release build.
    pub is_pull_request: bool,
}

impl Workspace<'_> {
    /// Returns the branch of this build.
    ///
    /// Sources, in this order: flag, GIT_DEVPI_BRANCH, the CI system, HEAD, the only remote branch that contains HEAD.
    pub fn branch(&self) -> Result<Branch, Error> {
        if let Some(set) = self.settings.branch()? {
            let is_pull_request = self.ci().is_some_and(|ci| ci.pull_request.is_some());
            return Ok(Branch { name: set.value, origin: set.origin, is_pull_request });
        }
        if let Some(branch) = self.ci().map(|ci| self.branch_in_ci(ci)).transpose()?.flatten() {
            return Ok(branch);
        }
        if let Some(name) = self.repository()?.head()?.branch {
            return Ok(Branch { name, origin: Origin::Derived("HEAD".to_owned()), is_pull_request: false });
        }
        self.branch_containing_head()
    }

    /// Whether builds of `branch` are candidates for production.
    pub fn is_release_build(&self, branch: &Branch) -> Result<bool, Error> {
        Ok(!branch.is_pull_request && self.is_release_branch(&branch.name)?)
    }

    /// Returns the glob of `ignore-branches` that `branch` matches.
    pub fn ignoring_pattern(&self, branch: &BranchName) -> Result<Option<String>, Error> {
        let patterns = self.settings.patterns(Key::IgnoreBranches)?;
        let found = patterns.iter().flat_map(|set| &set.value).find(|pattern| pattern.matches(branch));
        Ok(found.map(|pattern| pattern.as_str().to_owned()))
    }

    /// Whether a branch is a release branch or matches `protected`, as far as this clone's settings tell.
    pub fn is_protected_name(&self, branch: &BranchName) -> Result<bool, Error> {
        let protected = self.settings.patterns(Key::Protected)?;
        if protected.iter().flat_map(|set| &set.value).any(|pattern| pattern.matches(branch)) {
            return Ok(true);
        }
        match self.is_release_branch(branch) {
            Err(Error::NoReleaseBranches) => Ok(false),
            other => other,
        }
    }

    fn branch_in_ci(&self, ci: &CiBuild) -> Result<Option<Branch>, Error> {
        if let Some(request) = &ci.pull_request {
            let request = self.with_event(request.clone())?;
            let name = request.branch().ok_or(Error::NoPullRequestNumber { system: ci.system })?;
            let origin = Origin::Derived(format!("the pull request on {}", ci.system));
            return Ok(Some(Branch { name: BranchName::parse(&name)?, origin, is_pull_request: true }));
        }
        if let Some(tag) = &ci.tag {
            return Err(Error::TagBuild { tag: escape_for_terminal(tag) });
        }
        let Some(branch) = &ci.branch else { return Ok(None) };
        let origin = Origin::Environment(branch.variable.clone());
        Ok(Some(Branch { name: BranchName::parse(&branch.value)?, origin, is_pull_request: false }))
    }

    fn with_event(&self, request: PullRequest) -> Result<PullRequest, Error> {
        let Some(path) = &request.event_path else { return Ok(request) };
        let event = read_optional(path.as_ref())?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(match event {
            Some(event) => request.with_event(&GithubEvent::read(&event)),
            None => request,
        })
    }

    fn branch_containing_head(&self) -> Result<Branch, Error> {
        let Some(remote) = self.remote()? else { return Err(Error::NoBranch { candidates: Vec::new() }) };
        let commit = self.commit()?;
        let mut candidates = self.repository()?.branches_containing(&commit, &remote.value)?;
        match (candidates.pop(), candidates.is_empty()) {
            (Some(name), true) => {
                let origin = Origin::Derived(format!("the one branch of {} that contains HEAD", remote.value));
                Ok(Branch { name, origin, is_pull_request: false })
            }
            (last, _) => {
                candidates.extend(last);
                Err(Error::NoBranch { candidates })
            }
        }
    }
}
