//! The token of a login.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

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
        let expires = expiry(text.expose_secret());
        Self { text, expires }
    }

    /// Whether `secret` is a token of the plugin devpi-tokens, which the server does not accept for `+login`.
    pub fn needs_no_login(secret: &SecretString) -> bool {
        secret.expose_secret().starts_with("devpi-")
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
