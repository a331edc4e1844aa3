//! Backoff of the hooks: after a failure that the next push would only repeat, they make no
//! requests for a while.
//!
//! A backoff applies to one server and one login, in all repositories. A new login ends it, whatever its cause: the server has answered.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use url::Url;

use crate::devpi::{self, Token};
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
            | E::WrongScheme { .. }
            | E::NotHttp { .. }
            | E::ProxyLogin { .. }
            | E::Broken { .. }
            | E::DeadlineExceeded { .. }
            | E::Redirected { .. }
            | E::NotDevpi { .. }
            | E::StaleReplica { .. }
            | E::TooManyRequests { .. }
            | E::ServerError { .. } => Some(Self::Unreachable),
            E::WrongPassword { .. }
            | E::WrongToken { .. }
            | E::ProxyNeedsLogin { .. }
            | E::ProxyRejectsLogin { .. }
            | E::NotLoggedIn { .. }
            | E::TokenExpired { .. }
            | E::NotAllowed { .. } => Some(Self::NoRights),
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
    /// The user's token at the time; `None` if there was none.
    #[serde(default)]
    token: Option<TokenId>,
}

/// The account that a backoff applies to.
#[derive(Debug, Clone)]
pub struct HookAccount {
    /// The server.
    pub server: Url,
    /// The user who logs in.
    pub login: UserName,
    /// The user's stored token, which may have expired; `None` without one.
    pub token: Option<TokenId>,
}

/// Tells tokens apart: a part of the sha256 of the token, from which the token cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenId(String);

impl TokenId {
    /// Returns the id of a token.
    pub fn of(token: &Token) -> Self {
        let mut digest = sha2::Sha256::new();
        digest.update(token.text.expose_secret());
        Self(files::finish_sha256(digest).short().to_owned())
    }
}

impl HookAccount {
    /// Returns the account for a backoff of this repository's remote; `None` if its folder has no URL.
    ///
    /// A remote that needs a password, which a hook cannot ask for, concerns this repository only: pre-push asks only the server,
    /// and continues.
    pub fn of_remote(workspace: &Workspace<'_>, account: &Self) -> Result<Option<Self>, Error> {
        let place = Url::from_file_path(workspace.repository()?.common_dir()).ok();
        Ok(place.map(|server| Self { server, ..account.clone() }))
    }
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
    let backoff = Backoff { cause, until, token: account.token.clone() };
    let bytes = serde_json::to_vec(&backoff).unwrap_or_default();
    let _ = files::write_atomic(&place(workspace, account), &bytes, Access::Shared);
}

/// Begins the backoff that `error` causes, if any.
pub fn begin_after(workspace: &Workspace<'_>, account: &HookAccount, error: &Error) {
    if let Some(cause) = Cause::of(error) {
        begin(workspace, account, cause);
    }
}

/// Ends the backoffs of the server, and of this repository's remote, after a login.
pub fn end_after_login(workspace: &Workspace<'_>, server: &Url, login: &UserName) {
    let account = HookAccount { server: server.clone(), login: login.clone(), token: None };
    end(workspace, &account);
    if let Ok(Some(remote)) = HookAccount::of_remote(workspace, &account) {
        end(workspace, &remote);
    }
}

/// Ends the backoff after a successful request.
pub fn end(workspace: &Workspace<'_>, account: &HookAccount) {
    let _ = files::remove_if_exists(&place(workspace, account));
}

fn is_active(backoff: &Backoff, account: &HookAccount, now: Timestamp) -> bool {
    let is_new_login = account.token.is_some() && backoff.token != account.token;
    // Otherwise a clock that was set back would extend the backoff.
    let too_far = backoff.until.duration_since(now) > backoff.cause.duration();
    now < backoff.until && !is_new_login && !too_far
}

fn place(workspace: &Workspace<'_>, account: &HookAccount) -> PathBuf {
    let mut digest = sha2::Sha256::new();
    digest.update(account.server.as_str());
    digest.update([0]);
    digest.update(account.login.as_str());
    let name = files::finish_sha256(digest);
    workspace.directories.state.join("hook-backoff").join(format!("{}.json", name.short()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backoff_ends_by_itself_and_by_a_new_login() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let in_minutes = |minutes| now + SignedDuration::from_mins(minutes);
        let token = |text: &str| Some(TokenId::of(&Token::new(text.into())));
        let account = |token| HookAccount {
            server: Url::parse("http://h/").unwrap(),
            login: UserName::parse("acme").unwrap(),
            token,
        };
        for (cause, minutes) in [(Cause::Unreachable, 9), (Cause::NoRights, 60)] {
            let backoff = Backoff { cause, until: in_minutes(minutes), token: token("one") };
            assert!(is_active(&backoff, &account(token("one")), now), "{cause:?}");
            assert!(is_active(&backoff, &account(None), now), "{cause:?}: a logout is no login");
            assert!(!is_active(&backoff, &account(token("two")), now), "{cause:?}");
            assert!(!is_active(&backoff, &account(token("one")), in_minutes(minutes)), "{cause:?}");
            let without = Backoff { token: None, ..backoff };
            assert!(!is_active(&without, &account(token("one")), now), "{cause:?}");
        }
        let far = Backoff { cause: Cause::Unreachable, until: in_minutes(11), token: None };
        assert!(!is_active(&far, &account(None), now), "the clock was set back");
    }

    #[test]
    fn a_token_id_does_not_show_the_token() {
        let id = TokenId::of(&Token::new("devpi-AgEAxyz".into()));
        assert!(!serde_json::to_string(&id).unwrap().contains("AgEA"));
    }
}
