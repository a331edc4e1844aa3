//! An entry of `requires`.

use crate::model::names::ProjectName;

/// The package with the plugin.
pub(super) const PACKAGE: &str = "git-devpi";

/// The edited text, or the reason why it cannot be edited.
pub(super) type Edited = Result<String, String>;

/// Whether a requirement is for git-devpi.
pub(super) fn is_ours(entry: &str) -> bool {
    ProjectName::parse(split_name(entry).0).is_ok_and(|name| name.as_str() == PACKAGE)
}

/// Splits a requirement after its name.
pub(super) fn split_name(entry: &str) -> (&str, &str) {
    let entry = entry.trim();
    entry.split_at(entry.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(entry.len()))
}

/// Why a list cannot be edited.
pub(super) fn unusual() -> String {
    "has `requires` in a form that cannot be edited".to_owned()
}
