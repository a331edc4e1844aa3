//! dunamai, the library of poetry-dynamic-versioning and uv-dynamic-versioning.

use super::tag_rule::{TagPattern, TagRule};
use crate::python::project_files::ProjectFiles;

/// dunamai's pattern `default`; `default-unprefixed` makes the `v` optional.
const DEFAULT: &str = r"^v((?P<epoch>\d+)!)?(?P<base>\d+(\.\d+)*)([-._]?((?P<stage>[a-zA-Z]+)[-._]?(?P<revision>\d+)?))?(\+(?P<tagged_metadata>.+))?$";

/// The rule in the table `[tool.TABLE]`: `pattern`, and `pattern-prefix`, which follows the pattern's `^`.
pub(super) fn rule(files: &ProjectFiles, table: &str) -> TagRule {
    let at = |key| files.pyproject.as_ref().and_then(|pyproject| pyproject.text(&["tool", table, key]));
    let pattern = match at("pattern").unwrap_or("default") {
        "default" => DEFAULT.to_owned(),
        "default-unprefixed" => DEFAULT.replacen("^v", "^v?", 1),
        own => own.to_owned(),
    };
    let prefix = at("pattern-prefix").unwrap_or_default();
    TagRule::of(TagPattern::Dunamai(pattern.replacen('^', &format!("^{prefix}"), 1)))
}
