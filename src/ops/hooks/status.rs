//! The state of the hooks, and why a push may still have no effect. Makes no request.

use std::path::PathBuf;

use crate::git::ConfigEntry;
use crate::model::names::UserName;
use crate::ops::Error;
use crate::ops::hooks::event::Event;
use crate::ops::hooks::folder::{HookFile, HooksFolder};
use crate::ops::hooks::route::{self, Route};
use crate::system::environment::GIT_DEVPI_HOOKS;
use crate::workspace::Workspace;
use crate::workspace::hook_backoff::{self, Backoff};
use crate::workspace::hook_session::{self, SessionPlan, SkipReason};

/// The state of a hook in git's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigHook {
    /// It is not configured.
    Missing,
    /// It is configured, and git runs it.
    Installed,
    /// `hook.….enabled = false`
    SwitchedOff,
    /// This git does not support it.
    GitTooOld,
}

/// The state of one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStatus {
    /// The hook.
    pub event: Event,
    /// In git's configuration.
    pub config: ConfigHook,
    /// In the hooks folder; `None` if the folder does not belong to this repository alone.
    pub file: Option<HookFile>,
    /// Through another program.
    pub route: Route,
}

/// Why an installed pre-push hook has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// GIT_DEVPI_HOOKS=0
    SwitchedOff,
    /// No session can be opened, or there is nothing to do.
    Skipped(SkipReason),
    /// The login expired.
    ///
    /// A password from the environment or a credential helper renews it, if there is one.
    LoginExpired(UserName),
    /// A backoff is active.
    Backoff(Backoff),
    /// The clone has no remote.
    NoRemote,
}

/// The state of all hooks.
#[derive(Debug)]
pub struct HooksStatus {
    /// The folder in which git looks for hooks.
    pub folder: PathBuf,
    /// Why git-devpi does not install hooks there.
    pub folder_error: Option<Error>,
    /// Every hook.
    pub events: Vec<EventStatus>,
    /// The path of git-devpi on PATH.
    pub program: Option<PathBuf>,
    /// Why pre-push has no effect.
    pub obstacle: Option<Obstacle>,
}

impl EventStatus {
    /// Whether git runs it.
    pub fn works(&self) -> bool {
        self.config == ConfigHook::Installed || self.is_in_files()
    }

    /// Whether it runs twice.
    pub fn is_double(&self) -> bool {
        self.config == ConfigHook::Installed && self.is_in_files()
    }

    fn is_in_files(&self) -> bool {
        self.file.as_ref().is_some_and(route::is_runnable) || self.route.caller.is_some()
    }
}

impl HooksStatus {
    /// Whether git runs every hook of a clone, or that of the repository that is pushed to.
    pub fn is_fine(&self) -> bool {
        let works = |event: Event| self.events.iter().any(|status| status.event == event && status.works());
        Event::ALL.into_iter().all(works) || works(Event::PostReceive)
    }
}

/// Returns the state of all hooks.
pub fn status(workspace: &Workspace<'_>) -> Result<HooksStatus, Error> {
    let repository = workspace.repository()?;
    let location = repository.hooks()?.dir;
    let folder = HooksFolder::own(workspace);
    let knows_config_hooks = repository.git_version()? >= (2, 54, 0);
    let mut events = Vec::new();
    let events_here: &[Event] = match repository.work_tree() {
        Some(_) => &Event::ALL,
        None => &Event::WITH_SERVER_SIDE,
    };
    for &event in events_here {
        let file = folder.as_ref().ok().map(|folder| folder.inspect(event)).transpose()?;
        let entries = repository.config(&format!("{}.", event.config_section()))?;
        let route = route::find(repository, &location, event)?;
        events.push(EventStatus { event, config: in_config(&entries, event, knows_config_hooks), file, route });
    }
    let path = workspace.environment.get("PATH");
    let program = which::which_in("git-devpi", path, workspace.start()).ok();
    let obstacle = obstacle(workspace)?;
    Ok(HooksStatus { folder: location, folder_error: folder.err(), events, program, obstacle })
}

fn in_config(entries: &[ConfigEntry], event: Event, knows: bool) -> ConfigHook {
    let section = event.config_section();
    let values = |name: &str| {
        let key = format!("{section}.{name}");
        entries.iter().filter(move |entry| entry.key == key).map(|entry| entry.value.as_str())
    };
    // An empty value ends the list of events so far.
    let events = values("event").collect::<Vec<_>>();
    let names_event = events.rsplit(|name| name.is_empty()).next().is_some_and(|names| names.contains(&event.name()));
    match (values("command").next_back(), values("enabled").next_back()) {
        (None, _) => ConfigHook::Missing,
        (Some(_), _) if !names_event => ConfigHook::Missing,
        (Some(_), _) if !knows => ConfigHook::GitTooOld,
        (Some(_), Some("false" | "no" | "off" | "0")) => ConfigHook::SwitchedOff,
        (Some(_), _) => ConfigHook::Installed,
    }
}

fn obstacle(workspace: &Workspace<'_>) -> Result<Option<Obstacle>, Error> {
    if workspace.environment.get(GIT_DEVPI_HOOKS) == Some("0") {
        return Ok(Some(Obstacle::SwitchedOff));
    }
    let plan = hook_session::plan_session(workspace)?;
    if let Some(account) = plan.account(workspace)?
        && let Some(backoff) = hook_backoff::current(workspace, &account)?
    {
        return Ok(Some(Obstacle::Backoff(backoff)));
    }
    Ok(match plan {
        SessionPlan::Skip(reason) => Some(Obstacle::Skipped(reason)),
        SessionPlan::Password { login, expired: Some(_) } => Some(Obstacle::LoginExpired(login)),
        _ if workspace.remote()?.is_none() => Some(Obstacle::NoRemote),
        _ => None,
    })
}
