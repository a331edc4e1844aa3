//! Installs the hooks. Everything is checked before anything is written.

use std::path::PathBuf;

use crate::git::Repository;
use crate::ops::Error;
use crate::ops::hooks::event::{Event, ScriptState};
use crate::ops::hooks::folder::{FOLDER_NOTE, HookFile, HooksFolder, exists};
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
            let folder = HooksFolder::own(workspace)?;
            let plan = plan(&folder, events, request.chain)?;
            carry_out(repository, &folder, &plan)?;
            uninstall::from_config(repository, events)?;
            Ok(InstallOutcome { mode: Mode::File, hooks: plan, folder: Some(folder.path) })
        }
    }
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

/// Returns what is done for each hook; an error if a hook of another program exists.
fn plan(folder: &HooksFolder, events: &[Event], chain: bool) -> Result<Vec<(Event, InstallAction)>, Error> {
    let mut hooks = Vec::new();
    for &event in events {
        let done = match folder.inspect(event)? {
            HookFile::Missing => InstallAction::Installed,
            HookFile::Ours { state: ScriptState::Current, executable: true, .. } => InstallAction::Unchanged,
            HookFile::Ours { .. } => InstallAction::Updated,
            HookFile::Symlink | HookFile::Foreign if chain => {
                let chained = folder.chained_file(event);
                if exists(&chained) {
                    return Err(Error::ForeignHook { path: chained });
                }
                InstallAction::Chained
            }
            HookFile::Symlink | HookFile::Foreign => return Err(Error::ForeignHook { path: folder.file(event) }),
        };
        hooks.push((event, done));
    }
    Ok(hooks)
}

fn carry_out(repository: &Repository, folder: &HooksFolder, plan: &[(Event, InstallAction)]) -> Result<(), Error> {
    if !folder.path.exists() {
        files::create_folder(&folder.path)?;
        files::write_atomic(&repository.state_path(FOLDER_NOTE), b"", Access::Shared)?;
    }
    // A folder in the work tree may be committed: other machines have the program at another path.
    let program = if folder.is_in_work_tree { None } else { current_exe().ok() };
    for &(event, done) in plan {
        let path = folder.file(event);
        if done == InstallAction::Unchanged {
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
