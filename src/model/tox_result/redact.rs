//! Removes secrets from reports before they become public.
//!
//! tox's report contains complete outputs and command lines, in which pip and uv print the index's URL (devpi issue 563).

use serde_json::Value;

/// The replacement of a secret.
const MASK: &str = "***";

/// Removes the given secrets, and users and passwords in URLs.
pub(super) struct Redactor {
    /// All spellings of all secrets, longest first, so that a shorter one does not leave a part of a longer one.
    spellings: Vec<String>,
}

impl Redactor {
    pub(super) fn new(secrets: &[String]) -> Self {
        let mut spellings: Vec<String> =
            secrets.iter().filter(|secret| !secret.is_empty()).flat_map(|secret| spellings_of(secret)).collect();
        spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
        Self { spellings }
    }

    /// Cleans all strings in `value`, recursively. Keys are kept, because [`super::upload`] writes only known keys.
    pub(super) fn clean(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.clean_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.clean(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn clean_text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for spelling in &self.spellings {
            if clean.contains(spelling.as_str()) {
                clean = clean.replace(spelling.as_str(), MASK);
            }
        }
        without_userinfo(&clean)
    }
}

/// The spellings of a secret in logs: plain, percent-encoded (devpi's tokens contain quotes, brackets and spaces), JSON-escaped.
fn spellings_of(secret: &str) -> Vec<String> {
    let quoted = Value::from(secret).to_string();
    let mut spellings = vec![secret.to_owned(), quoted[1..quoted.len() - 1].to_owned()];
    for kept in ["-._~", "-._~/"] {
        let encoded = percent_encoded(secret, kept);
        spellings.push(encoded.replace("%20", "+"));
        spellings.push(lower_case_escapes(&encoded));
        spellings.push(encoded);
    }
    spellings
}

fn percent_encoded(text: &str, kept: &str) -> String {
    text.bytes()
        .map(|byte| match char::from(byte) {
            c if c.is_ascii_alphanumeric() || kept.contains(c) => c.to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn lower_case_escapes(encoded: &str) -> String {
    let mut pieces = encoded.split('%');
    let mut lower = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2.min(piece.len()));
        lower.push('%');
        lower.push_str(&digits.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}

/// Removes user and password from each URL in `text`: `https://ci:pw@host/x` → `https://host/x`.
///
/// Removes everything up to the last `@` before the path, which may be too much but never too little.
pub fn without_userinfo(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '<' | '>'))
            .unwrap_or(after.len());
        // Continues after the `@`, because the host may be the beginning of another URL.
        rest = after[..end].rfind('@').map_or(after, |sign| &after[sign + 1..]);
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn userinfo_goes_and_the_rest_of_the_text_stays() {
        for (text, clean) in [
            ("https://ci:pw@host:3141/acme/prod/+simple/", "https://host:3141/acme/prod/+simple/"),
            ("a https://u@h b https://u:p@w@h2/x?y=a@b", "a https://h b https://h2/x?y=a@b"),
            ("Looking in indexes: http://bob:%5B%22@127.0.0.1:1/", "Looking in indexes: http://127.0.0.1:1/"),
            ("https://host/path@1.0", "https://host/path@1.0"),
            ("https://", "https://"),
            ("mail me@example.org", "mail me@example.org"),
            ("x://a@b://c@d", "x://b://d"),
        ] {
            assert_eq!(without_userinfo(text), clean, "{text}");
        }
    }

    #[test]
    fn a_secret_goes_in_every_spelling_and_depth() {
        let token = r#"["bob", [], true].awMnrw.K1/Ce"#;
        let redactor = Redactor::new(&[token.to_owned(), String::new()]);
        for spelling in spellings_of(token) {
            let mut value = json!({"a": [{"b": format!("<{spelling}>")}], "n": 1});
            redactor.clean(&mut value);
            assert_eq!(value, json!({"a": [{"b": "<***>"}], "n": 1}), "{spelling}");
        }
        assert!(spellings_of(token).contains(&"%5b%22bob%22%2c%20%5b%5d%2c%20true%5d.awMnrw.K1%2fCe".to_owned()));
    }

    #[test]
    fn a_secret_within_a_secret_leaves_nothing_behind() {
        let redactor = Redactor::new(&["pass".to_owned(), "password-long".to_owned()]);
        let mut value = json!("password-long pass");
        redactor.clean(&mut value);
        assert_eq!(value, json!("*** ***"));
    }
}
