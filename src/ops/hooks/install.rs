//! Putting the hooks in place: everything is looked at before anything is written.

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

/// The first git with hooks in its configuration.
const CONFIG_HOOKS: (u32, u32, u32) = (2, 54, 0);

/// Where hooks are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Into the repository's configuration.
    Config,
    /// Into the folder of hooks.
    File,
}

/// What is to be installed.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstallRequest {
    /// Where; else the configuration where git can, files otherwise.
    pub mode: Option<Mode>,
    /// Let a hook that is there already run first.
    pub chain: bool,
}

/// What was done for one hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallAction {
    /// It is new.
    Installed,
    /// It took the place of an older one of ours.
    Updated,
    /// It was there already.
    Unchanged,
    /// It is new, and the one that was there runs first.
    Chained,
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallOutcome {
    /// Where.
    pub mode: Mode,
    /// The hooks.
    pub hooks: Vec<(Event, InstallAction)>,
    /// The folder; `None` for hooks in the configuration.
    pub folder: Option<PathBuf>,
}

/// Installs the hooks. What an earlier installation put into the other place is taken away: each hook is to run once.
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
        let wanted = [("command", event.command(program.as_deref())), ("event", event.name().to_owned())];
        let known = repository.config(&format!("{section}."))?;
        let has = |(key, value): &(&str, String)| {
            known.iter().filter(|entry| entry.key == format!("{section}.{key}")).map(|e| &e.value).eq([value])
        };
        let done = match known.is_empty() {
            true => InstallAction::Installed,
            false if wanted.iter().all(has) => InstallAction::Unchanged,
            false => InstallAction::Updated,
        };
        if done != InstallAction::Unchanged {
            for (key, value) in &wanted {
                repository.config_set(&format!("{section}.{key}"), value)?;
            }
        }
        hooks.push((event, done));
    }
    Ok(hooks)
}

/// What would be done for each hook; an error where somebody else's is in the way.
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
    // A folder of the work tree may be committed: other machines have the program elsewhere.
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
