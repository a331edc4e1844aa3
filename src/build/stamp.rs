//! `stamp`: creates a copy of the commit with its version written into it.
//!
//! The copy is a clone with one commit on top, so every build backend finds the version where it expects it: as a literal or as
//! a tag. The work tree is only read, except by `in_place`.

use std::path::{Component, Path, PathBuf};

use crate::build::Error;
use crate::build::version::{self, BuildVersion};
use crate::git::{CloneOptions, StampRepository, Submodules};
use crate::python::backend::Backend;
use crate::python::outside_files;
use crate::python::stamp::{Stamp, write_version};
use crate::system;
use crate::system::signals::{OnInterrupt, on_interrupt};
use crate::workspace::Workspace;

/// Files that setuptools writes beside the sources before it asks for the version.
///
/// Only ignored for setuptools: scikit-build-core would leave such folders out of the package.
const LEFT_BY_SETUPTOOLS: [&str; 2] = ["*.egg-info/", "build/"];

/// What to stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampRequest {
    /// A copy in this folder, which must be empty or missing; `None` for a new temporary folder,
    /// which is kept.
    Copy {
        /// The folder.
        out: Option<PathBuf>,
    },
    /// The work tree itself.
    InPlace,
}

/// The result of stamping.
#[derive(Debug, Clone)]
pub struct Stamped {
    /// The top of the copy, or of the work tree.
    pub path: PathBuf,
    /// The projects with their versions.
    pub projects: Vec<StampedProject>,
}

/// A project with its version written.
#[derive(Debug, Clone)]
pub struct StampedProject {
    /// The version.
    pub version: BuildVersion,
    /// The files that were written, relative to the top.
    pub files: Vec<PathBuf>,
    /// The tag that carries the version. It is not set in the work tree.
    pub tag: Option<String>,
    /// Variables for the builder.
    pub variables: Vec<(String, String)>,
    /// Places of another version than the base, which stay as they are: file and version.
    pub differing: Vec<(PathBuf, String)>,
}

/// A stamped copy of a commit.
#[derive(Debug)]
pub struct StampedCopy {
    /// The copy.
    pub repository: StampRepository,
    /// The stamped projects.
    pub projects: Vec<StampedProject>,
}

/// Stamps the selected projects.
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

/// Clones the commit into `destination` (missing or empty) and writes `versions` into their
/// projects.
///
/// Uncommitted changes of the work tree are included if the version says that it has some.
pub fn stamped_copy(
    workspace: &Workspace<'_>,
    versions: Vec<BuildVersion>,
    destination: &Path,
) -> Result<StampedCopy, Error> {
    workspace.progress.step("copying the commit");
    let source = workspace.repository()?;
    let commit = workspace.commit()?;
    // Read before the copy is created: the copy may be in the work tree.
    let changes = if versions.iter().any(BuildVersion::is_dirty) { Some(version::changes(workspace)?) } else { None };
    let repository = source.clone_commit(&commit, destination, CloneOptions { submodules: Submodules::CheckOut })?;
    for path in repository.empty_submodules() {
        workspace.progress.warn(&format!("submodule {path} is not checked out and is empty in the build"));
    }
    repository.refuse_lfs_pointers(&built_from(repository.path(), &versions)?)?;
    if let Some(changes) = &changes {
        repository.apply_changes(source, changes)?;
    }
    let write = |version| write_into(workspace, repository.path(), version);
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

/// The paths in the copy that the projects are built from: their folders, and what their descriptions name outside of them.
fn built_from(top: &Path, versions: &[BuildVersion]) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for folder in versions.iter().map(|version| &version.project.folder) {
        paths.push(normalized(folder));
        let outside = outside_files::of(&top.join(folder))?;
        paths.extend(outside.iter().map(|path| normalized(&folder.join(path))));
    }
    Ok(paths)
}

/// Returns a function that restores the state of `folder`, which is missing or empty, after a
/// failure.
fn restoring(folder: &Path) -> impl Fn() + Clone + Send + 'static {
    let (path, was_there) = (folder.to_owned(), folder.exists());
    move || {
        remove(&path);
        if was_there {
            // A failure here leaves a missing folder where an empty one was.
            let _ = fs_err::create_dir(&path);
        }
    }
}

fn remove(folder: &Path) {
    // Child processes that still write into it have been told to end.
    let _ = (0..5).any(|_| fs_err::remove_dir_all(folder).is_ok());
}

/// A temporary folder that is deleted with this value, and after an interrupt.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    folder: tempfile::TempDir,
    _on_interrupt: OnInterrupt,
}

impl TemporaryFolder {
    /// Creates a folder whose name starts with `prefix`.
    pub fn new(prefix: &str) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir();
        let folder = folder.map_err(|source| system::Error::File { action: "create", path: prefix.into(), source })?;
        let path = folder.path().to_owned();
        Ok(Self { folder, _on_interrupt: on_interrupt(move || remove(&path)) })
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder.
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
    let projects =
        versions.into_iter().map(|version| write_into(workspace, top, version)).collect::<Result<Vec<_>, _>>()?;
    Ok(Stamped { path: top.to_owned(), projects })
}

fn write_into(workspace: &Workspace<'_>, top: &Path, version: BuildVersion) -> Result<StampedProject, Error> {
    let folder = &version.project.folder;
    let stamp = Stamp {
        name: version.project.name(),
        source: &version.project.source.version_source,
        version: &version.version,
        base_tag: version.base_tag.as_ref().map(|tag| tag.name.as_str()),
    };
    let edit = write_version(&top.join(folder), stamp)?;
    let files = edit.files.iter().map(|file| normalized(&folder.join(file))).collect();
    let in_folder = |(file, found): (String, String)| (normalized(&folder.join(file)), found);
    let differing: Vec<_> = edit.differing.into_iter().map(in_folder).collect();
    for (file, found) in &differing {
        let (file, base) = (file.display(), version.base.written());
        let place = &version.base_place;
        workspace.progress.warn(&format!("{file} has version {found}, which stays; {place} has {base}"));
    }
    Ok(StampedProject { files, tag: edit.tag, variables: edit.variables, differing, version })
}

/// Removes `.` and `..` from a path: the version can be stored above the project's folder.
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
