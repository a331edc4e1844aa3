//! poetry-dynamic-versioning, which replaces whatever literal the project carries.

use super::hatch::dunamai_prefix;
use super::source::{ScmTool, VersionSource};
use super::version_text::is_placeholder;
use crate::python::backend::Backend;
use crate::python::project_files::ProjectFiles;

/// The tag, when poetry-dynamic-versioning is switched on and may write the version. A static `[project] version` that is no
/// placeholder is somebody's word and stays.
pub(super) fn dynamic(files: &ProjectFiles) -> Option<VersionSource> {
    const TABLE: &str = "poetry-dynamic-versioning";
    let pyproject = files.pyproject.as_ref()?;
    let enabled = pyproject.get(&["tool", TABLE, "enable"])?.as_bool()?;
    let static_version = pyproject.text(&["project", "version"]).is_some_and(|version| !is_placeholder(version));
    (enabled && files.backend == Backend::Poetry && !static_version).then(|| VersionSource::Scm {
        tool: ScmTool::PoetryDynamicVersioning,
        tag_prefix: dunamai_prefix(files, TABLE),
    })
}
