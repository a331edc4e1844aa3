//! The token of a login.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::macaroon::{self, Macaroon};
use crate::model::names::{UserName, escape_for_terminal};

/// The lifetime of devpi's tokens, ten hours; it is not configurable.
const LIFETIME_SECONDS: i64 = 36_000;

/// A token that replaces the password in requests. The server checks it in 1 ms, a password in 100 ms.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token. Those of devpi itself contain quotes, brackets and spaces.
    pub text: SecretString,
    /// The time of expiry by the server's clock; `None` if the token does not contain it.
    pub expires: Option<Timestamp>,
}

impl Token {
    /// Wraps a token and reads its time of expiry.
    pub fn new(text: SecretString) -> Self {
        let expires = match Macaroon::parse(text.expose_secret()) {
            Some(macaroon) => macaroon.expires().and_then(|seconds| Timestamp::from_second(seconds).ok()),
            None => expiry(text.expose_secret()),
        };
        Self { text, expires }
    }

    /// Whether `secret` has the form of a token, of devpi itself or of devpi-tokens. A password has not.
    pub fn is_one(secret: &SecretString) -> bool {
        let token = Self::new(secret.clone());
        Self::needs_no_login(secret) || (token.expires.is_some() && token.user().is_some())
    }

    /// The user that the token names; `None` if it names none that is valid.
    pub fn user(&self) -> Option<UserName> {
        let text = self.text.expose_secret();
        let name = match Macaroon::parse(text) {
            Some(macaroon) => macaroon.user?,
            // The payload is `["acme", [], true]`: the user, the groups, and where they come from.
            None => {
                let payload = text.rsplitn(3, '.').nth(2)?;
                serde_json::from_str::<serde_json::Value>(payload).ok()?.get(0)?.as_str()?.to_owned()
            }
        };
        UserName::parse(&name).ok()
    }

    /// The restrictions of a token of devpi-tokens, without its expiry: `allowed=upload`, `indexes=acme/x`.
    pub fn restrictions(&self) -> Vec<String> {
        let restrictions = Macaroon::parse(self.text.expose_secret()).map(|macaroon| macaroon.restrictions);
        let shown = restrictions.into_iter().flatten().filter(|text| !text.starts_with("expires="));
        shown.map(|text| escape_for_terminal(&text)).collect()
    }

    /// Whether `secret` is a token of the plugin devpi-tokens, which the server does not accept for `+login`.
    pub fn needs_no_login(secret: &SecretString) -> bool {
        secret.expose_secret().starts_with(macaroon::PREFIX)
    }

    /// Whether it has expired at `now` or expires within a minute.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires.as_second() - 60 <= now.as_second())
    }
}

/// Reads the time of expiry.
///
/// itsdangerous signs the token: `PAYLOAD.TIME.SIGNATURE`, where TIME is the time of creation in big-endian seconds, base64url
/// without padding.
fn expiry(text: &str) -> Option<Timestamp> {
    let time = URL_SAFE_NO_PAD.decode(text.rsplit('.').nth(1)?).ok()?;
    if time.is_empty() || time.len() > 7 {
        return None;
    }
    let seconds = time.iter().fold(0_i64, |seconds, &byte| (seconds << 8) | i64::from(byte));
    Timestamp::from_second(seconds.checked_add(LIFETIME_SECONDS)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_is_read_from_the_token() {
        let token = Token::new(SecretString::from(r#"["bob", [], true].awMnrw.K1CeCPF39fM3YJ_rQ6BsmAo8wZ0"#));
        assert_eq!(token.expires.unwrap().as_second(), 0x6b03_27af + 36_000);
        let at = |seconds: i64| Timestamp::from_second(0x6b03_27af + seconds).unwrap();
        assert!(!token.has_expired(at(35_000)));
        assert!(token.has_expired(at(35_950)));
        assert!(token.has_expired(at(40_000)));
        assert!(!format!("{token:?}").contains("bob"));
        assert_eq!(token.user().unwrap().as_str(), "bob");
    }

    #[test]
    fn a_token_names_its_user_and_a_password_is_none() {
        let of = |text: &str| Token::new(SecretString::from(text)).user().map(|user| user.to_string());
        assert_eq!(of("devpi-AgEAAg1hY21lLW41SDR3cUJLAAAGIEUc-H8").as_deref(), Some("acme"));
        for text in ["devpi-AgEAxyz", "hunter2", "[\"bob\"", "[].awMnrw.x", "{}.awMnrw.x", ""] {
            assert_eq!(of(text), None, "{text}");
        }
        let is_one = |text: &str| Token::is_one(&SecretString::from(text));
        assert!(is_one("devpi-AgEAxyz") && is_one(r#"["bob", [], true].awMnrw.K1CeCPF39fM3YJ_rQ6BsmAo8wZ0"#));
        assert!(!is_one("hunter2") && !is_one("correct.awMnrw.staple") && !is_one(""));
    }

    #[test]
    fn a_token_of_another_kind_has_no_expiry() {
        for text in ["devpi-AgEAxyz", "", ".", "a.b", "a.!!.c", "a.AAAAAAAAAAAAAAAA.c"] {
            assert_eq!(Token::new(SecretString::from(text)).expires, None, "{text}");
        }
        assert!(Token::needs_no_login(&SecretString::from("devpi-AgEAxyz")));
        assert!(!Token::needs_no_login(&SecretString::from("hunter2")));
    }
}
