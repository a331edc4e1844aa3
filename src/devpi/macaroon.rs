//! The tokens of the plugin devpi-tokens: macaroons, whose restrictions anyone can read.
//!
//! `devpi-` and base64url of libmacaroons' version 2: the version, then fields of type, length and data in sections that end with a zero.
//! The identifier is `USER-ID`. A restriction is `expires=1795806447`, `allowed=upload,pkg_read`, `indexes=acme/x`, or JSON that
//! devpi-client adds (pypitoken).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The prefix of the text.
pub(super) const PREFIX: &str = "devpi-";

const VERSION: u8 = 2;
const END_OF_SECTION: u64 = 0;
const IDENTIFIER: u64 = 2;

/// What a macaroon says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Macaroon {
    /// The user that it stands for.
    pub user: Option<String>,
    /// Its restrictions, as they are written.
    pub restrictions: Vec<String>,
}

impl Macaroon {
    /// Reads a token; `None` for another text.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?.trim_end_matches('=')).ok()?;
        let mut rest = bytes.strip_prefix(&[VERSION])?;
        let identifier = section(&mut rest)??;
        let mut restrictions = Vec::new();
        while let Some(Some(restriction)) = section(&mut rest) {
            restrictions.push(restriction);
        }
        Some(Self { user: identifier.rsplit_once('-').map(|(user, _)| user.to_owned()), restrictions })
    }

    /// The earliest time of expiry, in seconds since 1970.
    pub fn expires(&self) -> Option<i64> {
        self.restrictions.iter().filter_map(|text| expiry_of(text)).min()
    }
}

/// `expires=1795806447`, `{"nbf": 1, "exp": 1795806447}`, `[0, 1795806447, 1]`.
fn expiry_of(restriction: &str) -> Option<i64> {
    if let Some(seconds) = restriction.strip_prefix("expires=") {
        return seconds.parse().ok();
    }
    match serde_json::from_str::<Value>(restriction).ok()? {
        Value::Object(fields) => fields.get("exp")?.as_i64(),
        Value::Array(fields) if fields.first()?.as_i64() == Some(0) => fields.get(1)?.as_i64(),
        _ => None,
    }
}

/// Reads a section, and returns its identifier; the inner value is `None` for an empty section, the outer one for anything else.
fn section(rest: &mut &[u8]) -> Option<Option<String>> {
    let mut identifier = None;
    loop {
        let field = number(rest)?;
        if field == END_OF_SECTION {
            return Some(identifier);
        }
        let length = usize::try_from(number(rest)?).ok()?;
        let (data, tail) = rest.split_at_checked(length)?;
        *rest = tail;
        if field == IDENTIFIER {
            identifier = Some(String::from_utf8(data.to_vec()).ok()?);
        }
    }
}

/// Reads a number in groups of seven bits, the lowest first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of devpi-tokens 1.1.0; the key no longer exists.
    const TOKEN: &str = "devpi-AgEAAg1hY21lLW41SDR3cUJLAAI1YWxsb3dlZD1pbmRleF9jcmVhdGUscGtnX3JlYWQsdG94cmVzdWx0X3VwbG9hZCx1cGxvYWQA\
                         AhJleHBpcmVzPTE3OTU4MDY0NDcAAAYgRRz4fy_ENNJtw5A2TEEe1ukay7fmidbVR2sqzhUgfN0";

    #[test]
    fn user_expiry_and_restrictions_are_read() {
        let macaroon = Macaroon::parse(TOKEN).unwrap();
        assert_eq!(macaroon.user.as_deref(), Some("acme"));
        assert_eq!(
            macaroon.restrictions,
            ["allowed=index_create,pkg_read,toxresult_upload,upload", "expires=1795806447"]
        );
        assert_eq!(macaroon.expires(), Some(1_795_806_447));
    }

    #[test]
    fn the_earliest_expiry_counts() {
        let of = |texts: &[&str]| {
            let restrictions = texts.iter().map(|text| (*text).to_owned()).collect();
            Macaroon { user: None, restrictions }.expires()
        };
        assert_eq!(of(&["expires=never", "projects=x"]), None);
        assert_eq!(of(&["expires=30", r#"{"nbf": 1, "exp": 20}"#, "[0, 10, 1]", "[1, [\"x\"]]", "{", "[]"]), Some(10));
    }

    #[test]
    fn no_text_leads_to_more_than_nothing() {
        for end in 0..TOKEN.len() {
            let _ = Macaroon::parse(&TOKEN[..end]);
        }
        for text in ["", "devpi-", "devpi-AgEAxyz", "devpi-!!", "pypi-AgEA", "devpi-Av____8B"] {
            assert_eq!(Macaroon::parse(text), None, "{text}");
        }
    }
}
