//! A Python project as its files describe it: name, build backend, where the version stands, and what it says.
//!
//! No process is started and no network is used. What only a build can tell is an error, not a guess.

use std::path::{Path, PathBuf};

use super::backend::Backend;
use super::error::Error;
use super::project_files::ProjectFiles;
use super::version_source::{self, ScmTool, VersionSource, place};
use crate::model::names::ProjectName;

/// What a project's files say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSource {
    /// The project's folder.
    pub dir: PathBuf,
    /// Its name, normalised.
    pub name: ProjectName,
    /// Who builds it.
    pub backend: Backend,
    /// Where its version stands.
    pub version_source: VersionSource,
    /// The version that stands there, as it is written. `None`: the nearest version tag has to say it.
    pub base: Option<String>,
}

/// Reads the project in `dir`.
pub fn read(dir: &Path) -> Result<ProjectSource, Error> {
    let files = ProjectFiles::read(dir)?;
    let name = files.name()?;
    let version_source = version_source::find(&files)?;
    let base = base(&files, &version_source)?;
    Ok(ProjectSource { dir: dir.to_owned(), name, backend: files.backend, version_source, base })
}

/// pbr keeps the version that comes next in `setup.cfg`, beside the tags.
fn base(files: &ProjectFiles, source: &VersionSource) -> Result<Option<String>, Error> {
    if matches!(source, VersionSource::Scm { tool: ScmTool::Pbr, .. }) {
        let version = files.setup_cfg.as_ref().and_then(|cfg| cfg.get("metadata", &["version"]));
        return Ok(version.filter(|version| !version.is_empty()).map(str::to_owned));
    }
    Ok(place(&files.dir, source)?.map(|place| place.text().to_owned()))
}
