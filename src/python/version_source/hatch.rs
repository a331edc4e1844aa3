//! hatchling: `[tool.hatch.version]`.

use super::attribute;
use super::scm::prefix_of_pattern;
use super::source::{ScmTool, VersionSource};
use crate::python::error::Error;
use crate::python::project_files::ProjectFiles;
use crate::python::python_source::LiteralLocation;

/// hatchling's own default for `path`.
pub(super) const DEFAULT_PATTERN: &str = r#"(?i)^(__version__|VERSION)(?: ?\: ?str)? *= *([\'"])v?(?P<version>.+?)\2"#;

/// Reads the source that the key `source` selects (default `regex`).
pub(super) fn find(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(pyproject) = &files.pyproject else { return Ok(None) };
    let at = |key| pyproject.text(&["tool", "hatch", "version", key]);
    let path = at("path").map(str::to_owned);
    match at("source").unwrap_or("regex") {
        "regex" => Ok(path.map(|path| VersionSource::RegexFile {
            path,
            pattern: at("pattern").unwrap_or(DEFAULT_PATTERN).to_owned(),
            group: "version".to_owned(),
        })),
        "vcs" => {
            let raw = pyproject.text(&["tool", "hatch", "version", "raw-options", "tag_regex"]);
            let tag_prefix = at("tag-pattern").or(raw).and_then(prefix_of_pattern);
            Ok(Some(VersionSource::Scm { tool: ScmTool::HatchVcs, tag_prefix }))
        }
        "env" => Ok(at("variable").map(|name| VersionSource::Variable { name: name.to_owned() })),
        "code" => {
            let Some(path) = path else { return Ok(None) };
            let start = LiteralLocation { path, name: at("expression").unwrap_or("__version__").to_owned() };
            let roots = ["src".to_owned(), ".".to_owned()];
            attribute::literal(files, start, &roots).map(Some)
        }
        "uv-dynamic-versioning" => {
            let tag_prefix = dunamai_prefix(files, "uv-dynamic-versioning");
            Ok(Some(VersionSource::Scm { tool: ScmTool::UvDynamicVersioning, tag_prefix }))
        }
        "versioningit" => Ok(Some(VersionSource::Scm { tool: ScmTool::Versioningit, tag_prefix: None })),
        other => Err(files.unknown("pyproject.toml", &format!("hatch's version source {other:?} is not supported"))),
    }
}

/// The tag prefix in dunamai's pattern: `v` by default, `pattern-prefix` before it.
pub(super) fn dunamai_prefix(files: &ProjectFiles, table: &str) -> Option<String> {
    let at = |key| files.pyproject.as_ref().and_then(|pyproject| pyproject.text(&["tool", table, key]));
    let before = at("pattern-prefix").unwrap_or_default();
    match at("pattern").unwrap_or("default") {
        "default" => Some(format!("{before}v")),
        "default-unprefixed" => (!before.is_empty()).then(|| before.to_owned()),
        pattern => prefix_of_pattern(pattern).map(|prefix| format!("{before}{prefix}")),
    }
}
