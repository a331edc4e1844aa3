//! The parsers of this room that read foreign bytes.

use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::index::IndexConfig;
use super::macaroon::Macaroon;
use super::response::ServerResponse;
use super::token::Token;
use super::{releases, upload_api};
use crate::model::fuzz_targets::Target;
use crate::model::names::{IndexName, ProjectName};

/// Each parser with its name.
pub const TARGETS: [Target; 4] =
    [("release", release), ("index", index), ("simple-page", simple_page), ("token", token)];

fn release(bytes: &[u8]) {
    let (Ok(index), Ok(project)) = (IndexName::parse("acme/dev"), ProjectName::parse("demo")) else { return };
    let Some(answer) = ServerResponse::with_body(bytes) else { return };
    let _ = (answer.message(), answer.unexpected_body(), answer.expects_https());
    let Ok(data) = answer.result() else { return };
    let _ = releases::read_release(&index, &project, ("1", data), &answer);
}

fn index(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let Ok(config) = IndexConfig::from_wire(value) else { return };
    let _ = config.takes_anonymous_results();
}

fn simple_page(bytes: &[u8]) {
    let Ok(address) = Url::parse("https://index.example/acme/simple/demo/") else { return };
    let text = String::from_utf8_lossy(bytes);
    let _ = (upload_api::parse_html(&text, &address), upload_api::strip_tags(&text));
}

fn token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let _ = Macaroon::parse(&text).map(|macaroon| macaroon.expires());
    let token = Token::new(SecretString::from(text));
    let _ = (token.user(), token.restrictions());
}
