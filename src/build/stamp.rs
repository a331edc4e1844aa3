//! `stamp`: a copy of the commit that carries its version.
//!
//! The copy is a clone with one commit on top, so every build backend finds the version where it looks for it: a literal, or a tag.
//! The work tree is only read; `in_place` is the exception that somebody asked for.

use std::path::{Component, Path, PathBuf};

use crate::build::Error;
use crate::build::version::{self, BuildVersion};
use crate::git::{CloneOptions, StampRepository, Submodules};
use crate::python::backend::Backend;
use crate::python::stamp::write_version;
use crate::system;
use crate::system::signals::{OnInterrupt, on_interrupt};
use crate::workspace::Workspace;

/// What setuptools writes beside the sources before it asks for the version. Not for others: scikit-build-core would not pack such folders.
const LEFT_BY_SETUPTOOLS: [&str; 2] = ["*.egg-info/", "build/"];

/// What to stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampRequest {
    /// A copy in this folder, which must be empty or missing; `None`: in a new temporary folder, which stays.
    Copy {
        /// The folder.
        out: Option<PathBuf>,
    },
    /// The work tree itself.
    InPlace,
}

/// What was stamped.
#[derive(Debug, Clone)]
pub struct Stamped {
    /// The top of the copy, or of the work tree.
    pub path: PathBuf,
    /// The projects, each with its version and what was done about it.
    pub projects: Vec<StampedProject>,
}

/// What was done to give one project its version.
#[derive(Debug, Clone)]
pub struct StampedProject {
    /// The version.
    pub version: BuildVersion,
    /// The files that were written, relative to the top.
    pub files: Vec<PathBuf>,
    /// The tag that carries the version. In the work tree it is not set.
    pub tag: Option<String>,
    /// Variables that a builder must see.
    pub variables: Vec<(String, String)>,
}

/// A stamped copy of a commit.
#[derive(Debug)]
pub struct StampedCopy {
    /// The copy.
    pub repository: StampRepository,
    /// The projects that carry their version.
    pub projects: Vec<StampedProject>,
}

/// Stamps the projects that are meant.
pub fn stamp(workspace: &Workspace<'_>, request: &StampRequest) -> Result<Stamped, Error> {
    let projects = workspace.selected_projects()?;
    let versions = projects.into_iter().map(|project| version::version(workspace, project));
    let versions = versions.collect::<Result<Vec<_>, _>>()?;
    match request {
        StampRequest::Copy { out: Some(out) } => {
            let out = workspace.start().join(out);
            if !is_empty_or_missing(&out)? {
                return Err(Error::NotEmpty { path: out });
            }
            let restore = restoring(&out);
            let _on_interrupt = on_interrupt(restore.clone());
            let copy = stamped_copy(workspace, versions, &out).inspect_err(|_| restore())?;
            Ok(Stamped { path: copy.repository.path().to_owned(), projects: copy.projects })
        }
        StampRequest::Copy { out: None } => {
            let folder = TemporaryFolder::new("git-devpi-stamp-")?;
            let copy = stamped_copy(workspace, versions, folder.path())?;
            Ok(Stamped { path: folder.keep(), projects: copy.projects })
        }
        StampRequest::InPlace => in_place(workspace, versions),
    }
}

/// Clones the commit into `destination` (missing or empty), with the work tree's changes where the version says that it has some, and
/// gives `versions` to their projects.
pub fn stamped_copy(
    workspace: &Workspace<'_>,
    versions: Vec<BuildVersion>,
    destination: &Path,
) -> Result<StampedCopy, Error> {
    workspace.progress.step("copying the commit");
    let source = workspace.repository()?;
    let commit = workspace.commit()?;
    // Seen before the copy is made: it may lie in the work tree.
    let changes = if versions.iter().any(BuildVersion::is_dirty) { Some(version::changes(workspace)?) } else { None };
    let repository = source.clone_commit(&commit, destination, CloneOptions { submodules: Submodules::CheckOut })?;
    for path in repository.empty_submodules() {
        workspace.progress.warn(&format!("the submodule {path} is not checked out, so it is empty in the build"));
    }
    if let Some(changes) = &changes {
        repository.apply_changes(source, changes)?;
    }
    let write = |version| write_into(repository.path(), version);
    let projects = versions.into_iter().map(write).collect::<Result<Vec<_>, Error>>()?;
    repository.commit_all(&message(&projects))?;
    if projects.iter().any(|project| project.tag.is_some()) {
        let setuptools = projects.iter().any(|p| p.version.project.source.backend == Backend::Setuptools);
        repository.ignore_build_changes(if setuptools { &LEFT_BY_SETUPTOOLS } else { &[] })?;
    }
    for tag in projects.iter().filter_map(|project| project.tag.as_deref()) {
        repository.tag(tag)?;
    }
    Ok(StampedCopy { repository, projects })
}

/// Makes `folder`, which is missing or empty, what it was before: for a copy that comes to nothing.
fn restoring(folder: &Path) -> impl Fn() + Clone + Send + 'static {
    let (path, was_there) = (folder.to_owned(), folder.exists());
    move || {
        remove(&path);
        if was_there {
            // A folder that cannot be made again was empty.
            let _ = fs_err::create_dir(&path);
        }
    }
}

fn remove(folder: &Path) {
    // Whoever still writes into it has been told to end.
    let _ = (0..5).any(|_| fs_err::remove_dir_all(folder).is_ok());
}

/// A temporary folder that goes when this goes, and when we are interrupted.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    folder: tempfile::TempDir,
    _on_interrupt: OnInterrupt,
}

impl TemporaryFolder {
    /// A new folder, with a name that says whose it is.
    pub fn new(prefix: &str) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir();
        let folder = folder.map_err(|source| system::Error::File { action: "create", path: prefix.into(), source })?;
        let path = folder.path().to_owned();
        Ok(Self { folder, _on_interrupt: on_interrupt(move || remove(&path)) })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Lets it stay.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

fn in_place(workspace: &Workspace<'_>, versions: Vec<BuildVersion>) -> Result<Stamped, Error> {
    let changes = version::changes(workspace)?;
    if !changes.tracked.is_empty() {
        let paths = changes.tracked.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::WorkTreeChanged { paths });
    }
    let top = workspace.work_tree()?;
    let projects = versions.into_iter().map(|version| write_into(top, version)).collect::<Result<Vec<_>, _>>()?;
    Ok(Stamped { path: top.to_owned(), projects })
}

fn write_into(top: &Path, version: BuildVersion) -> Result<StampedProject, Error> {
    let folder = &version.project.folder;
    let edit = write_version(&top.join(folder), &version.version_source(), &version.version)?;
    let files = edit.files.iter().map(|file| normalized(&folder.join(file))).collect();
    Ok(StampedProject { files, tag: edit.tag, variables: edit.variables, version })
}

/// The path without `.` and `..`: a version may stand above the project's folder.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normalized.pop();
            }
            other => normalized.push(other),
        }
    }
    normalized
}

fn message(projects: &[StampedProject]) -> String {
    let names = projects.iter().map(|p| format!("{} {}", p.version.project.name(), p.version.version));
    format!("Stamp {}", names.collect::<Vec<_>>().join(", "))
}

fn is_empty_or_missing(folder: &Path) -> Result<bool, Error> {
    match fs_err::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(system::Error::file("read", folder)(error).into()),
    }
}
