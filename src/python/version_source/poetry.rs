//! poetry-dynamic-versioning, which replaces the project's literal version.

use super::dunamai;
use super::scm;
use super::source::{ScmTool, VersionSource};
use super::version_text::is_placeholder;
use crate::python::backend::Backend;
use crate::python::project_files::ProjectFiles;

/// The tag, if poetry-dynamic-versioning is enabled.
///
/// A static `[project] version` that is not a placeholder takes precedence.
pub(super) fn dynamic(files: &ProjectFiles) -> Option<VersionSource> {
    const TABLE: &str = "poetry-dynamic-versioning";
    let pyproject = files.pyproject.as_ref()?;
    let enabled = pyproject.get(&["tool", TABLE, "enable"])?.as_bool()?;
    let static_version = pyproject.text(&["project", "version"]).is_some_and(|version| !is_placeholder(version));
    (enabled && files.backend == Backend::Poetry && !static_version)
        .then(|| scm::source(ScmTool::PoetryDynamicVersioning, dunamai::rule(files, TABLE)))
}
