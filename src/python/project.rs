//! Reading a Python project: name, build backend, version source and base version.
//!
//! Starts no process and uses no network. A value that only a build can compute is an error.

use std::path::PathBuf;

use super::backend::Backend;
use super::error::Error;
use super::project_files::ProjectFiles;
use super::source_tree::SourceTree;
use super::version_source::{self, ScmTool, VersionSource, locate};
use crate::model::names::ProjectName;

/// The description of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSource {
    /// The project's folder.
    pub dir: PathBuf,
    /// Its name, normalised.
    pub name: ProjectName,
    /// Its build backend.
    pub backend: Backend,
    /// Where it keeps its version.
    pub version_source: VersionSource,
    /// The version in the source, unparsed. `None` if it comes from the nearest version tag.
    pub base: Option<String>,
}

/// Reads the project of a folder.
pub fn read(tree: SourceTree<'_>) -> Result<ProjectSource, Error> {
    let files = ProjectFiles::read(tree)?;
    let name = files.name()?;
    let version_source = version_source::find(&files)?;
    let base = base(&files, &version_source)?;
    Ok(ProjectSource { dir: tree.dir().to_owned(), name, backend: files.backend, version_source, base })
}

/// Reads the base version. pbr keeps the next version in `setup.cfg` in addition to the tags.
fn base(files: &ProjectFiles, source: &VersionSource) -> Result<Option<String>, Error> {
    if matches!(source, VersionSource::Scm { tool: ScmTool::Pbr, .. }) {
        let version = files.setup_cfg.as_ref().and_then(|cfg| cfg.get("metadata", &["version"]));
        return Ok(version.filter(|version| !version.is_empty()).map(str::to_owned));
    }
    Ok(locate(files.tree, source)?.map(|span| span.text().to_owned()))
}
