//! hatchling: `[tool.hatch.version]`, or `[version]` in `hatch.toml`.

use toml_edit::Item;

use super::attribute;
use super::dunamai;
use super::source::{ScmTool, VersionSource};
use super::{scm, scm_options};
use crate::python::error::Error;
use crate::python::literal_search::LiteralLocation;
use crate::python::project_files::ProjectFiles;

/// hatchling's own default for `path`.
pub(super) const DEFAULT_PATTERN: &str = r#"(?i)^(__version__|VERSION)(?: ?\: ?str)? *= *([\'"])v?(?P<version>.+?)\2"#;

/// Reads the source that the key `source` selects (default `regex`).
///
/// A table of `hatch.toml` replaces the one of the same name in `pyproject.toml`.
pub(super) fn find(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let own = files.tree.toml("hatch.toml")?;
    let in_pyproject = || files.pyproject.as_ref()?.get(&["tool", "hatch", "version"]);
    match own.as_ref().and_then(|own| own.get(&["version"])) {
        Some(table) => in_table(files, "hatch.toml", table),
        None => in_pyproject().map_or(Ok(None), |table| in_table(files, "pyproject.toml", table)),
    }
}

fn in_table(files: &ProjectFiles, file: &'static str, table: &Item) -> Result<Option<VersionSource>, Error> {
    let at = |key: &str| table.get(key).and_then(Item::as_str);
    let path = at("path").map(str::to_owned);
    let found = match at("source").unwrap_or("regex") {
        "regex" => {
            return Ok(path.map(|path| VersionSource::RegexFile {
                path,
                pattern: at("pattern").unwrap_or(DEFAULT_PATTERN).to_owned(),
                group: "version".to_owned(),
            }));
        }
        "vcs" => {
            let tags = scm_options::of_table(table.get("raw-options"), at("tag-pattern"));
            scm::source(ScmTool::HatchVcs, tags)
        }
        "env" => return Ok(at("variable").map(|name| VersionSource::Variable { name: name.to_owned() })),
        "code" => {
            let Some(path) = path else { return Ok(None) };
            let start = LiteralLocation { path, name: at("expression").unwrap_or("__version__").to_owned() };
            return attribute::literal(files, start, &["src".to_owned(), ".".to_owned()]).map(Some);
        }
        "uv-dynamic-versioning" => {
            let tags = dunamai::rule(files, "uv-dynamic-versioning");
            scm::source(ScmTool::UvDynamicVersioning, tags)
        }
        "versioningit" => {
            let own = files.pyproject.as_ref().and_then(|pyproject| pyproject.get(&["tool", "versioningit"]));
            scm::source(ScmTool::Versioningit, scm::versioningit(own.or(Some(table))))
        }
        other => return Err(files.unknown(file, &format!("hatch's version source {other:?} is not supported"))),
    };
    scm::checked(files, file, found).map(Some)
}
