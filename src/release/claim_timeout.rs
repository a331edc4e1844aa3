//! The time limit of a claim that its builder does not renew.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::release::Error;
use crate::settings::Key;
use crate::workspace::Workspace;

/// The limit if the setting `claim-timeout` is not set.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// The limits of the setting. A builder renews its claim at every third of the timeout: a shorter one ends while the builder waits for the
/// server.
const BOUNDS: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::MAX;

/// The limits of the setting in a repository's file, which decides for every machine: all builds of a version stop for as long when a builder
/// dies.
const REPOSITORY_BOUNDS: RangeInclusive<Duration> = Duration::from_secs(30)..=Duration::from_secs(2 * 60 * 60);

/// Returns how long other machines wait for a claim that is not renewed.
pub(crate) fn timeout(workspace: &Workspace<'_>) -> Result<Duration, Error> {
    let set = workspace.settings.bounded_duration(Key::ClaimTimeout, (&BOUNDS, &REPOSITORY_BOUNDS))?;
    Ok(set.unwrap_or(DEFAULT_TIMEOUT))
}
