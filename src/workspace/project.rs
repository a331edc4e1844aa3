//! The Python projects of the repository: one, or those that `project-dirs` names.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::model::names::ProjectName;
use crate::python::project::{self, ProjectSource};
use crate::python::source_tree::SourceTree;
use crate::python::tox_file;
use crate::settings::{self, FolderPattern, Key, Origin};
use crate::workspace::Error;
use crate::workspace::Workspace;
use crate::workspace::tracked_files::WorkTreeFiles;

/// The files that make a folder a project.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// A project of the repository.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder, relative to the top of the work tree; `.` for the top itself.
    pub folder: PathBuf,
    /// The contents of its files.
    pub source: ProjectSource,
}

/// The projects that share a tox configuration.
#[derive(Debug, Clone)]
pub struct ToxFolder {
    /// The folder of the configuration; `None` if these projects have none.
    pub folder: Option<PathBuf>,
    /// The projects.
    pub projects: Vec<Project>,
}

impl Project {
    /// Its name.
    pub fn name(&self) -> &ProjectName {
        &self.source.name
    }
}

impl Workspace<'_> {
    /// Returns every project, in the order of `project-dirs`.
    pub fn projects(&self) -> Result<Vec<Project>, Error> {
        let top = self.work_tree()?;
        let tracked = WorkTreeFiles(self.repository()?.tracked_files()?);
        let mut projects = Vec::new();
        for folder in self.project_folders()? {
            let place = if folder == Path::new(".") { top.to_owned() } else { top.join(&folder) };
            let source = project::read(SourceTree::tracked(&place, &tracked))?;
            projects.push(Project { folder, source });
        }
        self.refuse_duplicates(&projects)?;
        Ok(projects)
    }

    /// Returns the selected project: by `--project`, the only one, or the one whose folder is the
    /// current folder.
    pub fn selected_project(&self) -> Result<Project, Error> {
        let mut projects = self.projects()?;
        let names = || projects.iter().map(|p| p.name().to_string()).collect::<Vec<_>>();
        if let Some(requested) = &self.project {
            let name = ProjectName::parse(requested)?;
            let unknown = Error::NoSuchProject { requested: requested.clone(), projects: names() };
            return projects.into_iter().find(|project| *project.name() == name).ok_or(unknown);
        }
        if projects.len() == 1 {
            return Ok(projects.remove(0));
        }
        let several = Error::SeveralProjects { projects: names() };
        // A project's folder can be inside of another project's folder.
        let around = projects.into_iter().filter(|project| is_inside(self.start(), &project.source.dir));
        around.max_by_key(|project| canonical(&project.source.dir).components().count()).ok_or(several)
    }

    /// Returns the selected projects: the one that `--project` or the current folder selects, else
    /// all.
    ///
    /// The top of the work tree selects all, even if one of the projects is there.
    pub fn selected_projects(&self) -> Result<Vec<Project>, Error> {
        if self.project.is_none() && canonical(self.start()) == canonical(self.work_tree()?) {
            return self.projects();
        }
        match self.selected_project() {
            Ok(one) => Ok(vec![one]),
            Err(Error::SeveralProjects { .. }) => self.projects(),
            Err(other) => Err(other),
        }
    }

    /// The folder of tox's configuration for a project: the nearest one, up to the top of the work tree.
    pub fn tox_folder(&self, project: &Project) -> Result<Option<PathBuf>, Error> {
        Ok(tox_file::nearest_folder(&project.source.dir, self.work_tree()?)?)
    }

    /// Groups the projects by their tox configuration.
    pub fn tox_folders(&self) -> Result<Vec<ToxFolder>, Error> {
        let mut folders: Vec<ToxFolder> = Vec::new();
        for project in self.projects()? {
            let folder = self.tox_folder(&project)?;
            match folders.iter_mut().find(|known| known.folder == folder) {
                Some(known) => known.projects.push(project),
                None => folders.push(ToxFolder { folder, projects: vec![project] }),
            }
        }
        Ok(folders)
    }

    /// Refuses two projects of one name: they would share releases.
    fn refuse_duplicates(&self, projects: &[Project]) -> Result<(), Error> {
        let Some(set) = self.settings.list(Key::ProjectDirs) else { return Ok(()) };
        for (position, project) in projects.iter().enumerate() {
            if let Some(twin) = projects[..position].iter().find(|other| other.name() == project.name()) {
                let reason = format!("contains {}, which {} contains too", project.name(), twin.folder.display());
                let (key, value) = (Key::ProjectDirs.name(), project.folder.display().to_string());
                return Err(settings::Error::BadValue { key, value, origin: set.origin, reason }.into());
            }
        }
        Ok(())
    }

    fn project_folders(&self) -> Result<Vec<PathBuf>, Error> {
        let Some(set) = self.settings.list(Key::ProjectDirs) else { return Ok(vec![PathBuf::from(".")]) };
        let inside = |path: &Path| path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
        for text in &set.value {
            if !inside(Path::new(text)) {
                return Err(bad_folder(text, set.origin, "is not a folder inside the repository".to_owned()).into());
            }
        }
        let mut folders: Vec<PathBuf> = Vec::new();
        for text in &set.value {
            let found = match FolderPattern::parse(text) {
                Ok(None) => vec![PathBuf::from(text)],
                Ok(Some(pattern)) => self.folders_of(&pattern)?,
                Err(reason) => return Err(bad_folder(text, set.origin, reason).into()),
            };
            if found.is_empty() {
                let reason = "matches no folder with a tracked pyproject.toml, setup.py or setup.cfg".to_owned();
                return Err(bad_folder(text, set.origin, reason).into());
            }
            folders.extend(found.into_iter().filter(|folder| !folders.contains(folder)).collect::<Vec<_>>());
        }
        Ok(folders)
    }

    /// The folders of tracked projects that match a pattern, in the order of their names.
    fn folders_of(&self, pattern: &FolderPattern) -> Result<Vec<PathBuf>, Error> {
        let files = self.repository()?.tracked_paths(&PROJECT_FILES.map(|name| format!(":(top,glob)**/{name}")))?;
        let folders: BTreeSet<PathBuf> = files.iter().filter_map(|file| Some(file.parent()?.to_owned())).collect();
        Ok(folders.into_iter().filter(|folder| pattern.matches(folder)).collect())
    }
}

fn bad_folder(text: &str, origin: Origin, reason: String) -> settings::Error {
    settings::Error::BadValue { key: Key::ProjectDirs.name(), value: text.to_owned(), origin, reason }
}

fn is_inside(folder: &Path, project: &Path) -> bool {
    canonical(folder).starts_with(canonical(project))
}

fn canonical(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
