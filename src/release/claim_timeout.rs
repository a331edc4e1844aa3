//! How long other machines wait for a builder whose claim is not renewed.

use std::time::Duration;

use crate::release::Error;
use crate::settings::Key;
use crate::workspace::Workspace;

/// The timeout where the setting `claim-timeout` is not set.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Returns how long a claim that its builder does not renew keeps other machines waiting.
pub(crate) fn timeout(workspace: &Workspace<'_>) -> Result<Duration, Error> {
    Ok(workspace.settings.duration(Key::ClaimTimeout)?.unwrap_or(DEFAULT_TIMEOUT))
}
