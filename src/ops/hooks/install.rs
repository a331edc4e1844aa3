//! Installs the hooks. Everything is checked before anything is written.

use std::path::{Path, PathBuf};

use crate::git::Repository;
use crate::ops::Error;
use crate::ops::hooks::event::{Event, ScriptState};
use crate::ops::hooks::folder::{FOLDER_NOTE, HookFile, HooksFolder, exists, inspect_file};
use crate::ops::hooks::manager::HookManager;
use crate::ops::hooks::route;
use crate::ops::hooks::status::status;
use crate::ops::hooks::uninstall;
use crate::system;
use crate::system::directories::current_exe;
use crate::system::files::{self, Access};
use crate::workspace::Workspace;

/// The first git that supports hooks in its configuration.
const CONFIG_HOOKS: (u32, u32, u32) = (2, 54, 0);

/// The location of installed hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The repository's configuration.
    Config,
    /// The hooks folder.
    File,
}

/// The options of the installation.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstallRequest {
    /// The location; `None` for the configuration if git supports it, else the folder.
    pub mode: Option<Mode>,
    /// Whether an existing hook is called first.
    pub chain: bool,
}

/// The result for one hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallAction {
    /// It was installed.
    Installed,
    /// It replaced an older version.
    Updated,
    /// It was installed already.
    Unchanged,
    /// It was installed, and calls the existing hook first.
    Chained,
    /// Another program runs it already.
    RunByOther,
}

/// What the installation would do.
#[derive(Debug)]
pub enum Preview {
    /// Nothing: git runs every hook.
    Unchanged,
    /// It installs the hooks.
    Install,
    /// With `chain`, it renames these hooks of other programs and runs them first; without, it fails.
    Chain(Vec<PathBuf>, Error),
    /// It fails: only a person can tell the program that manages the hooks to run them.
    Manual(Error),
}

/// The result of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallOutcome {
    /// The location.
    pub mode: Mode,
    /// The hooks.
    pub hooks: Vec<(Event, InstallAction)>,
    /// The folder; `None` for hooks in the configuration.
    pub folder: Option<PathBuf>,
}

impl Preview {
    /// Returns why the installation fails without a further decision of the user.
    pub fn error(self) -> Option<Error> {
        match self {
            Self::Unchanged | Self::Install => None,
            Self::Chain(_, error) | Self::Manual(error) => Some(error),
        }
    }
}

/// Installs the hooks, and removes those of an earlier installation in the other location: each
/// hook must run once.
pub fn install(workspace: &Workspace<'_>, request: InstallRequest) -> Result<InstallOutcome, Error> {
    let repository = workspace.repository()?;
    let events = &Event::ALL;
    match mode(repository, request)? {
        Mode::Config => {
            let hooks = into_config(repository, events)?;
            uninstall::from_files(workspace, events)?;
            Ok(InstallOutcome { mode: Mode::Config, hooks, folder: None })
        }
        Mode::File => {
            let location = repository.hooks()?.dir;
            let plan = plan(workspace, &location, request.chain)?;
            if plan.iter().any(|(_, action)| *action != InstallAction::RunByOther) {
                carry_out(repository, &HooksFolder::own(workspace)?, &plan)?;
            }
            renew_renamed(repository, &location)?;
            uninstall::from_config(repository, events)?;
            Ok(InstallOutcome { mode: Mode::File, hooks: plan, folder: Some(location) })
        }
    }
}

/// Returns what [`install`] would do with the default request. Changes nothing.
pub fn preview(workspace: &Workspace<'_>) -> Result<Preview, Error> {
    let repository = workspace.repository()?;
    if status(workspace)?.is_fine() {
        return Ok(Preview::Unchanged);
    }
    if mode(repository, InstallRequest::default())? == Mode::Config {
        return Ok(Preview::Install);
    }
    let location = repository.hooks()?.dir;
    let foreign = match plan(workspace, &location, false) {
        Ok(_) => return Ok(Preview::Install),
        Err(error @ (Error::ForeignHook { .. } | Error::ForeignHooksPath { .. })) => error,
        Err(error) => return Err(error),
    };
    Ok(match plan(workspace, &location, true) {
        Ok(plan) => {
            let chained = plan.iter().filter(|(_, action)| *action == InstallAction::Chained);
            Preview::Chain(chained.map(|(event, _)| location.join(event.name())).collect(), foreign)
        }
        Err(_) => Preview::Manual(foreign),
    })
}

fn mode(repository: &Repository, request: InstallRequest) -> Result<Mode, Error> {
    let version = repository.git_version()?;
    match request.mode {
        Some(Mode::Config) if version < CONFIG_HOOKS => {
            let version = format!("{}.{}.{}", version.0, version.1, version.2);
            Err(Error::GitTooOldForConfigHooks { version })
        }
        Some(mode) => Ok(mode),
        None if version >= CONFIG_HOOKS => Ok(Mode::Config),
        None => Ok(Mode::File),
    }
}

fn into_config(repository: &Repository, events: &[Event]) -> Result<Vec<(Event, InstallAction)>, Error> {
    let program = current_exe().ok();
    let mut hooks = Vec::new();
    for &event in events {
        let section = event.config_section();
        let entries = [("command", event.command(program.as_deref())), ("event", event.name().to_owned())];
        let existing = repository.config(&format!("{section}."))?;
        let has = |(key, value): &(&str, String)| {
            existing.iter().filter(|entry| entry.key == format!("{section}.{key}")).map(|e| &e.value).eq([value])
        };
        let done = match existing.is_empty() {
            true => InstallAction::Installed,
            false if entries.iter().all(has) => InstallAction::Unchanged,
            false => InstallAction::Updated,
        };
        if done != InstallAction::Unchanged {
            for (key, value) in &entries {
                repository.config_set(&format!("{section}.{key}"), value)?;
            }
        }
        hooks.push((event, done));
    }
    Ok(hooks)
}

/// Returns what is done for each hook; an error if a hook of another program exists that does not run git-devpi's.
fn plan(workspace: &Workspace<'_>, location: &Path, chain: bool) -> Result<Vec<(Event, InstallAction)>, Error> {
    let repository = workspace.repository()?;
    let mut hooks = Vec::new();
    for event in Event::ALL {
        let route = route::find(repository, location, event)?;
        let action = match route.caller {
            Some(_) => InstallAction::RunByOther,
            None => action(&HooksFolder::own(workspace)?, event, (chain, route.manager))?,
        };
        hooks.push((event, action));
    }
    Ok(hooks)
}

pub(super) fn action(
    folder: &HooksFolder,
    event: Event,
    (chain, manager): (bool, Option<HookManager>),
) -> Result<InstallAction, Error> {
    let foreign = |path| Err(Error::ForeignHook { path, manager });
    match folder.inspect(event)? {
        HookFile::Missing => Ok(InstallAction::Installed),
        HookFile::Ours { state: ScriptState::Current, executable: true, .. } => Ok(InstallAction::Unchanged),
        HookFile::Ours { .. } => Ok(InstallAction::Updated),
        HookFile::Symlink | HookFile::Foreign if chain && manager.is_none_or(HookManager::keeps_chain) => {
            let chained = folder.chained_file(event);
            if exists(&chained) { foreign(chained) } else { Ok(InstallAction::Chained) }
        }
        HookFile::Symlink | HookFile::Foreign => foreign(folder.file(event)),
    }
}

/// Replaces outdated scripts that another program has renamed and runs.
fn renew_renamed(repository: &Repository, location: &Path) -> Result<(), Error> {
    for event in Event::ALL {
        let Some(path) = route::find(repository, location, event)?.caller else { continue };
        if let HookFile::Ours { state: ScriptState::Outdated, .. } = inspect_file(&path, event)? {
            let program = current_exe().ok();
            files::write_atomic(&path, event.script(program.as_deref()).as_bytes(), Access::Executable)?;
        }
    }
    Ok(())
}

pub(super) fn carry_out(
    repository: &Repository,
    folder: &HooksFolder,
    plan: &[(Event, InstallAction)],
) -> Result<(), Error> {
    if !folder.path.exists() {
        files::create_folder(&folder.path)?;
        files::write_atomic(&repository.state_path(FOLDER_NOTE), b"", Access::Shared)?;
    }
    // A folder in the work tree may be committed: other machines have the program at another path.
    let program = if folder.is_in_work_tree { None } else { current_exe().ok() };
    for &(event, done) in plan {
        let path = folder.file(event);
        if matches!(done, InstallAction::Unchanged | InstallAction::RunByOther) {
            continue;
        }
        if done == InstallAction::Chained {
            let chained = folder.chained_file(event);
            fs_err::rename(&path, &chained).map_err(system::Error::file("rename", &path))?;
        }
        files::write_atomic(&path, event.script(program.as_deref()).as_bytes(), Access::Executable)?;
    }
    Ok(())
}
