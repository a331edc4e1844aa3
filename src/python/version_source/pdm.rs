//! pdm-backend (and its predecessor pdm-pep517): `[tool.pdm.version]`.

use super::scm;
use super::source::{ScmTool, VersionSource};
use super::tag_rule::{SCM_PATTERN, TagPattern, TagRule};
use crate::python::error::Error;
use crate::python::project_files::ProjectFiles;

/// pdm-backend's pattern, with its group named.
const PATTERN: &str = r#"^__version__\s*=\s*["'](?P<version>.+?)["']\s*(?:#.*)?$"#;

/// Reads the source that the key `source` selects; pdm-pep517 used `from` and `use_scm`.
pub(super) fn find(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(pyproject) = &files.pyproject else { return Ok(None) };
    let at = |key| pyproject.text(&["tool", "pdm", "version", key]);
    let old_scm = pyproject.get(&["tool", "pdm", "version", "use_scm"]).and_then(toml_edit::Item::as_bool);
    let source = match (at("source"), old_scm) {
        (Some(source), _) => source,
        (None, Some(true)) => "scm",
        (None, _) => "file",
    };
    match source {
        "file" => Ok(at("path").or_else(|| at("from")).map(|path| VersionSource::RegexFile {
            path: path.to_owned(),
            pattern: PATTERN.to_owned(),
            group: "version".to_owned(),
        })),
        "scm" => {
            let pattern = TagPattern::Scm(at("tag_regex").unwrap_or(SCM_PATTERN).to_owned());
            let matches = vec![at("tag_filter").unwrap_or("*.*").to_owned()];
            let found = scm::source(ScmTool::Pdm, TagRule { matches, pattern, ..TagRule::default() });
            scm::checked(files, "pyproject.toml", found).map(Some)
        }
        other => Err(files.unknown("pyproject.toml", &format!("pdm's version source {other:?} runs code"))),
    }
}
