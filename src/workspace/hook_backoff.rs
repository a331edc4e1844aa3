//! Backoff of the hooks: after a failure that the next push would only repeat, they make no
//! requests for a while.
//!
//! A backoff applies to one server and one login, in all repositories. If it began because of missing rights, a new login ends
//! it.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Digest;
use url::Url;

use crate::devpi;
use crate::model::names::UserName;
use crate::system::clock;
use crate::system::files::{self, Access};
use crate::workspace::Error;
use crate::workspace::Workspace;

/// The cause of a backoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The server did not respond, or not as expected: 10 minutes.
    Unreachable,
    /// The login expired or lacks rights: 24 hours.
    NoRights,
}

impl Cause {
    fn duration(self) -> SignedDuration {
        match self {
            Self::Unreachable => SignedDuration::from_mins(10),
            Self::NoRights => SignedDuration::from_hours(24),
        }
    }

    /// Returns the cause that `error` is; `None` if the next attempt may succeed.
    fn of(error: &Error) -> Option<Self> {
        use devpi::Error as E;
        let Error::Devpi(error) = error else { return None };
        match error {
            E::Unreachable { .. }
            | E::Tls { .. }
            | E::Broken { .. }
            | E::DeadlineExceeded { .. }
            | E::Redirected { .. }
            | E::NotDevpi { .. }
            | E::StaleReplica { .. }
            | E::ServerError { .. } => Some(Self::Unreachable),
            E::WrongPassword { .. } | E::NotLoggedIn { .. } | E::TokenExpired { .. } | E::NotAllowed { .. } => {
                Some(Self::NoRights)
            }
            _ => None,
        }
    }
}

/// A backoff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    /// Why it began.
    pub cause: Cause,
    /// When it ends.
    pub until: Timestamp,
    /// The expiry of the token at the time: another token is another login.
    pub token_expires: Option<Timestamp>,
}

/// The account that a backoff applies to.
#[derive(Debug, Clone)]
pub struct HookAccount {
    /// The server.
    pub server: Url,
    /// The user who logs in.
    pub login: UserName,
    /// The expiry of the user's token; `None` without a token, or if the token does not tell.
    pub token_expires: Option<Timestamp>,
}

/// Returns the active backoff.
pub fn current(workspace: &Workspace<'_>, account: &HookAccount) -> Result<Option<Backoff>, Error> {
    let Some(bytes) = files::read_optional(&place(workspace, account))? else { return Ok(None) };
    let Ok(backoff) = serde_json::from_slice::<Backoff>(&bytes) else { return Ok(None) };
    Ok(is_active(&backoff, account, clock::now()).then_some(backoff))
}

/// Begins a backoff. If the state folder is not writable, the next hook repeats the request.
pub fn begin(workspace: &Workspace<'_>, account: &HookAccount, cause: Cause) {
    let until = clock::now().saturating_add(cause.duration()).unwrap_or(Timestamp::MAX);
    let backoff = Backoff { cause, until, token_expires: account.token_expires };
    let bytes = serde_json::to_vec(&backoff).unwrap_or_default();
    let _ = files::write_atomic(&place(workspace, account), &bytes, Access::Shared);
}

/// Begins the backoff that `error` causes, if any.
pub fn begin_after(workspace: &Workspace<'_>, account: &HookAccount, error: &Error) {
    if let Some(cause) = Cause::of(error) {
        begin(workspace, account, cause);
    }
}

/// Ends the backoff after a successful request.
pub fn end(workspace: &Workspace<'_>, account: &HookAccount) {
    let _ = files::remove_if_exists(&place(workspace, account));
}

fn is_active(backoff: &Backoff, account: &HookAccount, now: Timestamp) -> bool {
    let another_login = backoff.cause == Cause::NoRights && backoff.token_expires != account.token_expires;
    // Otherwise a clock that was set back would extend the backoff.
    let too_far = backoff.until.duration_since(now) > backoff.cause.duration();
    now < backoff.until && !another_login && !too_far
}

fn place(workspace: &Workspace<'_>, account: &HookAccount) -> PathBuf {
    let mut digest = sha2::Sha256::new();
    digest.update(account.server.as_str());
    digest.update([0]);
    digest.update(account.login.as_str());
    let name = files::finish_sha256(digest);
    workspace.directories.state.join("quiet-times").join(format!("{}.json", name.short()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_time_ends_by_itself_and_by_a_new_log_in() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let in_minutes = |minutes| now + SignedDuration::from_mins(minutes);
        let account = |token_expires| HookAccount {
            server: Url::parse("http://h/").unwrap(),
            login: UserName::parse("acme").unwrap(),
            token_expires,
        };
        let backoff = |cause, until| Backoff { cause, until, token_expires: None };
        let unreachable = backoff(Cause::Unreachable, in_minutes(9));
        assert!(is_active(&unreachable, &account(None), now));
        assert!(is_active(&unreachable, &account(Some(now)), now), "a login does not make a server reachable");
        assert!(!is_active(&unreachable, &account(None), in_minutes(9)));
        assert!(
            !is_active(&backoff(Cause::Unreachable, in_minutes(11)), &account(None), now),
            "the clock was set back"
        );
        let no_rights = backoff(Cause::NoRights, in_minutes(60));
        assert!(is_active(&no_rights, &account(None), now));
        assert!(!is_active(&no_rights, &account(Some(in_minutes(600))), now));
    }
}
