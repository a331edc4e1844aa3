//! Validated identifiers: project, user, index, repository, branch, commit, digest.
//!
//! Each one is validated once, at the boundary where it enters, and has its own type from there on.

use std::fmt;

/// An identifier from outside that failed validation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} {reason}")]
pub struct InvalidName {
    /// The kind of identifier: `project name`, `user`, `index` …
    pub kind: &'static str,
    /// The value as given.
    pub value: String,
    /// The violated rule, as the predicate of the message.
    pub reason: &'static str,
}

impl InvalidName {
    pub(crate) fn new(kind: &'static str, value: &str, reason: &'static str) -> Self {
        Self { kind, value: value.to_owned(), reason }
    }
}

/// A project name, normalised as in PEP 503: lower case, runs of `-_.` replaced by one `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

impl ProjectName {
    /// Normalises `name`. Fails on names that the core metadata specification forbids.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let edge_is_alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let legal = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !legal || !edge_is_alphanumeric(name.chars().next()) || !edge_is_alphanumeric(name.chars().last()) {
            return Err(InvalidName::new(
                "project name",
                name,
                "must consist of ASCII letters, digits, '-', '_' and '.', and begin and end with a letter or digit",
            ));
        }
        let mut normalised = String::with_capacity(name.len());
        for c in name.chars() {
            match c {
                '-' | '_' | '.' if normalised.ends_with('-') => {}
                '-' | '_' | '.' => normalised.push('-'),
                other => normalised.push(other.to_ascii_lowercase()),
            }
        }
        Ok(Self(normalised))
    }

    /// The normalised name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as used in wheel file names: `-` replaced by `_`.
    pub fn file_stem(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A devpi user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// Accepts letters, digits and `-._@`: the characters that devpi accepts and that are safe in a URL path.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        path_segment("user", name).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The full name of a devpi index, `USER/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexName {
    user: UserName,
    name: String,
}

impl IndexName {
    /// The index `name` of `user`.
    pub fn new(user: &UserName, name: &str) -> Result<Self, InvalidName> {
        Ok(Self { user: user.clone(), name: path_segment("index", name)? })
    }

    /// Parses `USER/NAME`.
    pub fn parse(full: &str) -> Result<Self, InvalidName> {
        let parts = full.split_once('/').filter(|(_, name)| !name.contains('/'));
        let (user, name) = parts.ok_or_else(|| InvalidName::new("index", full, "is not of the form USER/NAME"))?;
        Self::new(&UserName::parse(user)?, name)
    }

    /// Parses `NAME` (an index of `owner`) or `USER/NAME`.
    pub fn parse_for(owner: &UserName, text: &str) -> Result<Self, InvalidName> {
        if text.contains('/') { Self::parse(text) } else { Self::new(owner, text) }
    }

    /// The user who owns the index.
    pub fn user(&self) -> &UserName {
        &self.user
    }

    /// The part after the slash.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.user, self.name)
    }
}

/// Validates one segment of devpi's URLs. devpi rejects most other characters with 400, `+` and `/` with an HTML page and 404, and
/// stores `.` and `..` outside the index's folder.
fn path_segment(kind: &'static str, text: &str) -> Result<String, InvalidName> {
    if text.is_empty() {
        return Err(InvalidName::new(kind, text, "is empty"));
    }
    if text == "." || text == ".." {
        return Err(InvalidName::new(kind, text, "is a relative path segment"));
    }
    if text.len() > 200 {
        return Err(InvalidName::new(kind, text, "is longer than 200 bytes"));
    }
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '@')) {
        return Err(InvalidName::new(kind, text, "contains characters other than ASCII letters, digits and '-._@'"));
    }
    Ok(text.to_owned())
}

/// The name that identifies the repository on the server: `acme/shiny`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(String);

impl RepositoryName {
    /// Accepts non-empty text without control characters; trims `/` and converts to lower case.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let trimmed = name.trim().trim_matches('/');
        if trimmed.is_empty() {
            return Err(InvalidName::new("repository", name, "is empty"));
        }
        if trimmed.chars().any(char::is_control) {
            return Err(InvalidName::new("repository", name, "contains control characters"));
        }
        Ok(Self(trimmed.to_lowercase()))
    }

    /// The name as used in records.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part of the path: `shiny` of `acme/shiny`.
    pub fn last_part(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_for_terminal(&self.0))
    }
}

/// The short name of a branch (`feature/x`, not `refs/heads/feature/x`).
///
/// [`fmt::Display`] escapes the name for terminals; [`BranchName::as_str`] returns it unchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchName(String);

impl BranchName {
    /// Removes `refs/heads/`. Fails on an empty name and on control characters.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let short = name.strip_prefix("refs/heads/").unwrap_or(name);
        if short.is_empty() {
            return Err(InvalidName::new("branch", name, "is empty"));
        }
        if short.chars().any(char::is_control) {
            return Err(InvalidName::new("branch", name, "contains control characters"));
        }
        Ok(Self(short.to_owned()))
    }

    /// The short name, unchanged.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full ref name.
    pub fn full_ref(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_for_terminal(&self.0))
    }
}

/// The full object name of a commit: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(String);

impl CommitId {
    /// Fails unless `text` is a full object name.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if hex && matches!(text.len(), 40 | 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::new("commit", text, "is not a full object name"))
        }
    }

    /// All digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, for display.
    pub fn short(&self) -> &str {
        &self.0[..7]
    }

    /// Whether this is git's null object name (all zeros), which hooks get for a missing ref.
    pub fn is_null(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CommitId {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.0
    }
}

/// The sha256 of a file, 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(String);

impl Sha256 {
    /// Accepts lower and upper case digits.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidName::new("sha256", text, "is not 64 hexadecimal digits"))
        }
    }

    /// All digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, for display.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.0
    }
}

/// Escapes control and bidirectional characters, so that untrusted text is safe on a terminal.
pub fn escape_for_terminal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let changes_direction =
            matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || changes_direction {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_names_are_normalised_as_pep_503_says() {
        assert_eq!(ProjectName::parse("Demo__Pkg.x").unwrap().as_str(), "demo-pkg-x");
        assert_eq!(ProjectName::parse("Demo__Pkg.x").unwrap().file_stem(), "demo_pkg_x");
        assert!(ProjectName::parse("-x").is_err());
        assert!(ProjectName::parse("ä").is_err());
        assert!(ProjectName::parse("").is_err());
    }

    #[test]
    fn index_names_need_two_safe_parts() {
        let owner = UserName::parse("acme").unwrap();
        assert_eq!(IndexName::parse_for(&owner, "prod").unwrap().to_string(), "acme/prod");
        assert_eq!(IndexName::parse_for(&owner, "ops/prod").unwrap().to_string(), "ops/prod");
        for bad in ["", "a", "a/", "/b", "a/..", "a/b/c", "a/+x", "a/ü"] {
            assert!(IndexName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_printed_cannot_steer_a_terminal() {
        let name = BranchName::parse("x\u{202e}y").unwrap();
        assert_eq!(name.to_string(), "x\\u{202e}y");
        assert_eq!(name.as_str(), "x\u{202e}y");
        assert!(BranchName::parse("a\x1b[31m").is_err());
    }
}
