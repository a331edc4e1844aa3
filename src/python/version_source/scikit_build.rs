//! scikit-build-core: `[tool.scikit-build.metadata.version]`.

use super::source::{ScmTool, VersionSource};
use super::{scm, scm_options};
use crate::python::error::Error;
use crate::python::project_files::ProjectFiles;

/// scikit-build-core's own default.
const DEFAULT_PATTERN: &str = r#"(?i)^(__version__|VERSION)(?: ?\: ?str)? *= *([\'"])v?(?P<value>.+?)\2"#;

/// Reads the source that the key `provider` selects.
pub(super) fn find(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(pyproject) = &files.pyproject else { return Ok(None) };
    let at = |key| pyproject.text(&["tool", "scikit-build", "metadata", "version", key]);
    match at("provider") {
        Some("scikit_build_core.metadata.regex") => Ok(at("input").map(|path| VersionSource::RegexFile {
            path: path.to_owned(),
            pattern: at("regex").unwrap_or(DEFAULT_PATTERN).to_owned(),
            group: "value".to_owned(),
        })),
        Some("scikit_build_core.metadata.setuptools_scm") => {
            let table = pyproject.get(&["tool", "setuptools_scm"]);
            let found = scm::source(ScmTool::SetuptoolsScm, scm_options::of_table(table, None));
            scm::checked(files, "pyproject.toml", found).map(Some)
        }
        Some(other) => Err(files.unknown("pyproject.toml", &format!("the provider {other:?} is not supported"))),
        None => Ok(None),
    }
}
