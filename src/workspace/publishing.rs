//! Which builds are not published, whatever they contain.

use std::fmt;

use crate::model::names::BranchName;
use crate::settings;
use crate::workspace::{Branch, Error, Workspace};

/// Why the builds of a branch are not published. They are built and tested nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpublished {
    /// CI has no credentials for this build, as for a pull request from a fork.
    PullRequestWithoutCredentials,
    /// The settings exclude the branch from having an index.
    IgnoredBranch {
        /// The branch.
        branch: BranchName,
        /// The glob of `ignore-branches` that it matches.
        pattern: String,
    },
}

impl fmt::Display for Unpublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PullRequestWithoutCredentials => f.write_str("this is a pull request's build without credentials"),
            Self::IgnoredBranch { branch, pattern } => write!(f, "{branch} matches ignore-branches ({pattern})"),
        }
    }
}

impl Workspace<'_> {
    /// Returns why builds of `branch` are not published; `None` if they are. May log in.
    pub fn unpublished(&self, branch: &Branch) -> Result<Option<Unpublished>, Error> {
        if let Some(pattern) = self.ignoring_pattern(&branch.name)? {
            return Ok(Some(Unpublished::IgnoredBranch { branch: branch.name.clone(), pattern }));
        }
        let is_pull_request = self.ci().is_some() && branch.is_pull_request;
        let unpublished = is_pull_request && !self.has_credentials()?;
        Ok(unpublished.then_some(Unpublished::PullRequestWithoutCredentials))
    }

    /// Returns why the build in progress is not published. A tag build is one of a release that is published already.
    pub fn build_is_unpublished(&self) -> Result<Option<Unpublished>, Error> {
        match self.branch() {
            Ok(branch) => self.unpublished(&branch),
            Err(Error::TagBuild { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn has_credentials(&self) -> Result<bool, Error> {
        match self.session() {
            Ok(_) => Ok(true),
            Err(
                Error::NotLoggedIn { .. }
                | Error::UntrustedServer { .. }
                | Error::Settings(settings::Error::Missing { .. }),
            ) => Ok(false),
            Err(other) => Err(other),
        }
    }
}
