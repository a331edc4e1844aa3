//! Whether the next push of a branch creates its index. Makes no request.

use crate::ops::Error;
use crate::ops::hooks::event::Event;
use crate::ops::hooks::status::{EventStatus, Obstacle, status};
use crate::workspace::{Branch, Workspace};

/// Why the next push of a branch does not create its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCreation {
    /// It is the branch of a pull request, which is not pushed here.
    PullRequest,
    /// The branch matches this glob of `ignore-branches`.
    Ignored(String),
    /// git does not run the hook.
    NotInstalled,
    /// The hook has no effect.
    Obstacle(Obstacle),
    /// The remote has the commit already, so that git has nothing to push.
    UpToDate,
}

/// Returns why the next push of `branch` does not create its index; `None` if it does.
pub fn no_creation(workspace: &Workspace<'_>, branch: &Branch) -> Result<Option<NoCreation>, Error> {
    if branch.is_pull_request {
        return Ok(Some(NoCreation::PullRequest));
    }
    if let Some(pattern) = workspace.ignoring_pattern(&branch.name)? {
        return Ok(Some(NoCreation::Ignored(pattern)));
    }
    let hooks = status(workspace)?;
    if !hooks.events.iter().any(|hook| hook.event == Event::PrePush && EventStatus::works(hook)) {
        return Ok(Some(NoCreation::NotInstalled));
    }
    if let Some(obstacle) = hooks.obstacle {
        return Ok(Some(NoCreation::Obstacle(obstacle)));
    }
    let repository = workspace.repository()?;
    let Some(remote) = workspace.remote()? else { return Ok(Some(NoCreation::Obstacle(Obstacle::NoRemote))) };
    let (head, pushed) = (repository.head()?, repository.remote_branch_tip(&remote.value, &branch.name)?);
    let is_up_to_date = head.branch.as_ref() == Some(&branch.name) && pushed.is_some() && pushed == head.commit;
    Ok(is_up_to_date.then_some(NoCreation::UpToDate))
}
