//! How tox gets the package: by git-devpi's plugin, by its lines in the configuration, or not at all.

use std::path::Path;

use crate::ops::Error;
use crate::python::tox::Tox;
use crate::python::tox_setup::{self, Limit, SetupPlan, ToxSetup, ToxWay};
use crate::workspace;
use crate::workspace::Workspace;

/// What a tox configuration does with the package; with the configuration's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Packaging {
    /// There is no configuration for this project.
    NoTox(String),
    /// `requires` names git-devpi.
    Plugin(String),
    /// The plugin is installed on this machine, and `requires` does not name it.
    PluginBesideTox(String),
    /// git-devpi's lines.
    Snippet(String),
    /// A part of git-devpi's lines.
    PartOfSnippet(String),
    /// Both, and the hook in `toxfile.py` keeps the plugin from acting.
    Both(String),
    /// The plugin, and lines without an effect beside it.
    PluginAndOldLines(String),
    /// tox builds the package itself.
    Neither(String),
    /// A setting keeps tox from testing the package.
    Limited(String, Limit),
}

/// Reads every tox configuration. Starts tox once if one of them has neither the plugin nor the lines.
pub(super) fn check(workspace: &Workspace<'_>) -> Result<Vec<Packaging>, Error> {
    let mut found = Vec::new();
    for tox in workspace.tox_folders()? {
        match &tox.folder {
            Some(folder) => found.extend(of_folder(workspace, folder)?),
            None => found.extend(tox.projects.iter().map(|project| Packaging::NoTox(project.name().to_string()))),
        }
    }
    Ok(found)
}

fn of_folder(workspace: &Workspace<'_>, folder: &Path) -> Result<Vec<Packaging>, Error> {
    let Some(setup) = tox_setup::read(folder).map_err(workspace::Error::from)? else { return Ok(Vec::new()) };
    let top = workspace.work_tree()?;
    let file = setup.file.strip_prefix(top).unwrap_or(&setup.file).display().to_string();
    let way = if setup.hook || (setup.snippet && !setup.plugin) { ToxWay::Snippet } else { ToxWay::Plugin };
    let limits = tox_setup::limits(folder, way).map_err(workspace::Error::from)?;
    let limits: Vec<_> = limits.into_iter().map(|limit| Packaging::Limited(file.clone(), limit)).collect();
    let state = match setup {
        ToxSetup { plugin: true, hook: true, .. } => Packaging::Both(file),
        ToxSetup { plugin: true, snippet: true, .. } => Packaging::PluginAndOldLines(file),
        ToxSetup { plugin: true, .. } => Packaging::Plugin(file),
        ToxSetup { snippet: true, .. } => {
            match tox_setup::plan(folder, ToxWay::Snippet).map_err(workspace::Error::from)? {
                SetupPlan::Edits(edits) if edits.is_empty() => Packaging::Snippet(file),
                _ => Packaging::PartOfSnippet(file),
            }
        }
        // Neither way works with these settings.
        ToxSetup { .. } if !limits.is_empty() => return Ok(limits),
        ToxSetup { .. } => match Tox::installed(&workspace.environment).map_err(workspace::Error::from)? {
            Some(tox) if tox.has_plugin() => Packaging::PluginBesideTox(file),
            _ => Packaging::Neither(file),
        },
    };
    let ignored = ignored(workspace, &folder.join("toxfile.py"))?;
    Ok(std::iter::once(state).chain(limits).chain(ignored).collect())
}

/// Whether git ignores a file that exists, so that the team does not get it.
fn ignored(workspace: &Workspace<'_>, path: &Path) -> Result<Option<Packaging>, Error> {
    if !path.exists() {
        return Ok(None);
    }
    let top = workspace.work_tree()?;
    let file = path.strip_prefix(top).unwrap_or(path).display().to_string();
    let limit = |rule| Limit {
        problem: format!("is ignored by git ({rule}), so the team does not get it"),
        remedy: format!("`git add --force {file}`"),
    };
    Ok(workspace.repository()?.ignore_rule(path)?.map(|rule| Packaging::Limited(file.clone(), limit(rule))))
}
