//! The step that makes tox test the package from the branch's index.

use std::path::{Path, PathBuf};

use crate::ops::Error;
use crate::python::file_edit::FileEdit;
use crate::python::tox_setup::{self, Limit, SetupPlan, ToxSetup, ToxWay};
use crate::workspace;
use crate::workspace::Workspace;
use crate::workspace::project::{Project, ToxFolder};

/// Which way is proposed where a snippet exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToxRequest {
    /// The plugin; a snippet is replaced, if the user agrees.
    Ask,
    /// The plugin; a snippet stays.
    KeepSnippet,
    /// This way, in the place of the other one.
    Way(ToxWay),
}

impl ToxRequest {
    /// The way for a configuration, and whether it replaces a snippet that works.
    pub(super) fn way(self, folder: &Path) -> Result<ToxWay, Error> {
        let setup = tox_setup::read(folder).map_err(workspace::Error::from)?;
        // Beside an entry in `requires`, the lines only keep the plugin from acting.
        let has_snippet = setup.is_some_and(|setup| setup.snippet && !setup.plugin);
        Ok(match self {
            Self::Way(way) => way,
            Self::KeepSnippet if has_snippet => ToxWay::Snippet,
            Self::Ask | Self::KeepSnippet => ToxWay::Plugin,
        })
    }
}

/// The change of a tox configuration: all files or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToxChange {
    /// The folder of the configuration.
    pub folder: PathBuf,
    /// How tox gets the package afterwards.
    pub way: ToxWay,
    /// The changed files.
    pub edits: Vec<FileEdit>,
}

/// The changes of all tox configurations, and what to know about them.
#[derive(Debug, Default)]
pub(super) struct ToxChanges {
    pub changes: Vec<ToxChange>,
    pub remarks: Vec<String>,
    pub notes: Vec<String>,
}

/// What a project without tox writes into its CI configuration.
const WITHOUT_TOX: &str = "without tox, CI runs `git devpi ensure --dest dist`, installs that file with the variables of `git devpi env`, and adds \
                           the result with `git devpi results add --junit report.xml --env NAME`: `git devpi man workflow` has recipes for \
                           pytest, nox and hatch";

/// What a new entry in `requires` costs, and how to do without that.
const PROVISIONING: &str = "in a fresh job, tox installs what `requires` names before it starts (1 to 4 s); with git-devpi beside tox it does \
                            not: `uvx --with git-devpi --with tox-uv tox`, or both in the CI image";

/// What to know where a snippet stays that `init` would replace, if it could ask.
const SNIPPET_STAYS: &str =
    "keeps git-devpi's lines, which work; `git devpi init --tox plugin` replaces them by one entry in `requires`";

/// Plans the changes of the tox configurations of all projects.
pub(super) fn changes(workspace: &Workspace<'_>, request: ToxRequest) -> Result<ToxChanges, Error> {
    let mut all = ToxChanges::default();
    for ToxFolder { folder, projects } in tox_folders(workspace)? {
        match folder {
            None => all.remarks.push(no_tox(workspace, &projects)?),
            Some(folder) => all.add(&folder, &projects, request)?,
        }
    }
    if all.changes.iter().any(|change| change.way == ToxWay::Plugin) {
        all.notes.push(PROVISIONING.to_owned());
    }
    Ok(all)
}

/// The tox configurations with their projects; that of the work tree if its projects cannot be read.
fn tox_folders(workspace: &Workspace<'_>) -> Result<Vec<ToxFolder>, Error> {
    if let Ok(folders) = workspace.tox_folders() {
        return Ok(folders);
    }
    let top = workspace.work_tree()?;
    let folder = crate::python::tox_file::nearest_folder(top, top).map_err(workspace::Error::from)?;
    Ok(vec![ToxFolder { folder, projects: Vec::new() }])
}

impl ToxChanges {
    fn add(&mut self, folder: &Path, projects: &[Project], request: ToxRequest) -> Result<(), Error> {
        let way = request.way(folder)?;
        let setup = tox_setup::read(folder).map_err(workspace::Error::from)?;
        match tox_setup::plan(folder, way).map_err(workspace::Error::from)? {
            SetupPlan::NoTox => {}
            SetupPlan::Refused(refusal) => self.remarks.push(match refusal.by_hand {
                Some(lines) => format!("{} {}; add this by hand:\n{lines}", refusal.file.display(), refusal.reason),
                None => format!("{} {}", refusal.file.display(), refusal.reason),
            }),
            SetupPlan::Edits(edits) => {
                if !edits.is_empty() {
                    self.changes.push(ToxChange { folder: folder.to_owned(), way, edits });
                }
                if request == ToxRequest::KeepSnippet && way == ToxWay::Snippet {
                    self.notes.extend(setup.iter().map(|setup| format!("{} {SNIPPET_STAYS}", file_name(setup))));
                }
                let limits = tox_setup::limits(folder, way).map_err(workspace::Error::from)?;
                self.remarks.extend(setup.iter().flat_map(|setup| remarks(setup, projects, &limits)));
            }
        }
        Ok(())
    }
}

fn file_name(setup: &ToxSetup) -> String {
    setup.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What the configuration needs beside the change.
fn remarks(setup: &ToxSetup, projects: &[Project], limits: &[Limit]) -> Vec<String> {
    let file = file_name(setup);
    let mut remarks: Vec<String> = limits.iter().map(|limit| format!("{file} {limit}")).collect();
    if projects.len() > 1 {
        let names = projects.iter().map(|project| project.name().to_string()).collect::<Vec<_>>().join(", ");
        remarks.push(format!(
            "{file} is the tox configuration of several projects ({names}): git-devpi's plugin needs `package_root`, the folder of the \
             project that a run tests, in {file} or as `tox -x tox.package_root=FOLDER`"
        ));
    }
    remarks
}

/// Returns a change for the files as they are now.
pub(super) fn with_current_files(change: ToxChange) -> Result<ToxChange, Error> {
    Ok(match tox_setup::plan(&change.folder, change.way).map_err(workspace::Error::from)? {
        SetupPlan::Edits(edits) => ToxChange { edits, ..change },
        SetupPlan::NoTox | SetupPlan::Refused(_) => change,
    })
}

fn no_tox(workspace: &Workspace<'_>, projects: &[Project]) -> Result<String, Error> {
    let folders: Vec<PathBuf> = match projects {
        [] => vec![workspace.work_tree()?.to_owned()],
        projects => projects.iter().map(|project| project.source.dir.clone()).collect(),
    };
    let folders = folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    Ok(format!("there is no tox configuration in {folders}; {WITHOUT_TOX}"))
}
