//! Quiet times: after a failure that the next push would only meet again, the hooks keep still for a while.
//!
//! They belong to one server and one log-in, whatever the repository: nobody waits for the same dead server in every one of them. A
//! new log-in ends the quiet time that a lack of rights began.

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

/// What began a quiet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The server could not be reached, or did not answer as it should: 10 minutes.
    Unreachable,
    /// The log-in has run out or has no right to do it: a day.
    NoRights,
}

impl Cause {
    fn lasts(self) -> SignedDuration {
        match self {
            Self::Unreachable => SignedDuration::from_mins(10),
            Self::NoRights => SignedDuration::from_hours(24),
        }
    }

    /// The quiet time that a failure begins; `None` where the next push may well go better.
    pub fn of(error: &Error) -> Option<Self> {
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

/// A quiet time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietTime {
    /// What began it.
    pub cause: Cause,
    /// When it ends.
    pub until: Timestamp,
    /// When the token ran out, or will, with which it began: another token is another log-in.
    pub token_expires: Option<Timestamp>,
}

/// Whose quiet time.
#[derive(Debug, Clone)]
pub struct Whose {
    /// The server.
    pub server: Url,
    /// The log-in.
    pub login: UserName,
    /// When the log-in's token runs out; `None` where there is none, or where it does not say.
    pub token_expires: Option<Timestamp>,
}

/// The quiet time that goes on.
pub fn current(workspace: &Workspace<'_>, whose: &Whose) -> Result<Option<QuietTime>, Error> {
    let Some(bytes) = files::read_optional(&place(workspace, whose))? else { return Ok(None) };
    let Ok(quiet) = serde_json::from_slice::<QuietTime>(&bytes) else { return Ok(None) };
    Ok(goes_on(&quiet, whose, clock::now()).then_some(quiet))
}

/// Begins one. A state folder that cannot be written to means that the same is said again next time.
pub fn begin(workspace: &Workspace<'_>, whose: &Whose, cause: Cause) {
    let until = clock::now().saturating_add(cause.lasts()).unwrap_or(Timestamp::MAX);
    let quiet = QuietTime { cause, until, token_expires: whose.token_expires };
    let bytes = serde_json::to_vec(&quiet).unwrap_or_default();
    let _ = files::write_atomic(&place(workspace, whose), &bytes, Access::Shared);
}

/// Ends it: the server answers, and lets us.
pub fn end(workspace: &Workspace<'_>, whose: &Whose) {
    let _ = files::remove_if_exists(&place(workspace, whose));
}

fn goes_on(quiet: &QuietTime, whose: &Whose, now: Timestamp) -> bool {
    let another_login = quiet.cause == Cause::NoRights && quiet.token_expires != whose.token_expires;
    // A clock that was set back must not make it last for ever.
    let too_far = quiet.until.duration_since(now) > quiet.cause.lasts();
    now < quiet.until && !another_login && !too_far
}

fn place(workspace: &Workspace<'_>, whose: &Whose) -> PathBuf {
    let mut digest = sha2::Sha256::new();
    digest.update(whose.server.as_str());
    digest.update([0]);
    digest.update(whose.login.as_str());
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
        let whose = |token_expires| Whose {
            server: Url::parse("http://h/").unwrap(),
            login: UserName::parse("acme").unwrap(),
            token_expires,
        };
        let quiet = |cause, until| QuietTime { cause, until, token_expires: None };
        let unreachable = quiet(Cause::Unreachable, in_minutes(9));
        assert!(goes_on(&unreachable, &whose(None), now));
        assert!(goes_on(&unreachable, &whose(Some(now)), now), "a log-in does not make a server reachable");
        assert!(!goes_on(&unreachable, &whose(None), in_minutes(9)));
        assert!(!goes_on(&quiet(Cause::Unreachable, in_minutes(11)), &whose(None), now), "the clock was set back");
        let no_rights = quiet(Cause::NoRights, in_minutes(60));
        assert!(goes_on(&no_rights, &whose(None), now));
        assert!(!goes_on(&no_rights, &whose(Some(in_minutes(600))), now));
    }
}
