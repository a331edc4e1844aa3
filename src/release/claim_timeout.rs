//! The time limit of a claim that its builder does not renew.

use std::time::Duration;

use crate::release::Error;
use crate::settings::Key;
use crate::workspace::Workspace;

/// The limit if the setting `claim-timeout` is not set.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Returns how long other machines wait for a claim that is not renewed.
pub(crate) fn timeout(workspace: &Workspace<'_>) -> Result<Duration, Error> {
    Ok(workspace.settings.duration(Key::ClaimTimeout)?.unwrap_or(DEFAULT_TIMEOUT))
}
