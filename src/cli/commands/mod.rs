//! One file per verb: its arguments, and how they become a request.

pub mod build;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod ensure;
pub mod env;
pub mod hook;
pub mod hooks;
pub mod index;
pub mod init;
pub mod login;
pub mod logout;
pub mod man;
pub mod promote;
pub mod prune;
pub mod results;
pub mod server;
pub mod settings;
pub mod stamp;
pub mod status;
pub mod test;
pub mod version;
pub mod whoami;

use super::args::{Command, Global};
use super::exit_code::Exit;
use super::progress::Shown;
use super::ui::Ui;
use super::views;
use crate::ops;
use crate::settings::Key;
use crate::system::directories::Directories;
use crate::system::environment::Environment;
use crate::workspace::workspace::{OpenRequest, Workspace};

/// What every command is given.
pub struct Context<'a> {
    /// The way out.
    pub ui: Ui,
    /// Where work in progress shows.
    pub progress: &'a Shown,
    /// The environment of this run.
    pub environment: &'a Environment,
    /// The common flags.
    pub global: &'a Global,
}

impl<'a> Context<'a> {
    /// The repository, its settings, and the server when it is needed.
    pub fn workspace(&self) -> Result<Workspace<'a>, ops::Error> {
        self.workbench_with(Vec::new())
    }

    /// The same with settings from flags of the verb's own.
    pub fn workbench_with(&self, own: Vec<(Key, &'static str, String)>) -> Result<Workspace<'a>, ops::Error> {
        let progress: &'a Shown = self.progress;
        let mut flags = self.flags();
        flags.extend(own);
        let workspace = Workspace::open(OpenRequest {
            environment: self.environment.clone(),
            flags,
            project: self.global.project.clone(),
            number: self.global.number.clone(),
            progress,
        })?;
        for warning in &workspace.settings.warnings {
            self.ui.warn(&views::settings::warning_text(warning));
        }
        Ok(workspace)
    }

    /// This user's folders.
    pub fn directories(&self) -> Result<Directories, ops::Error> {
        Ok(Directories::find(self.environment)?)
    }

    fn flags(&self) -> Vec<(Key, &'static str, String)> {
        let global = self.global;
        let flags = [
            (Key::Server, "--server", &global.server),
            (Key::User, "--user", &global.user),
            (Key::Branch, "--branch", &global.branch),
        ];
        flags.into_iter().filter_map(|(key, flag, value)| Some((key, flag, value.clone()?))).collect()
    }
}

/// Runs one command.
pub fn dispatch(command: &Command, context: &Context<'_>) -> Result<Exit, ops::Error> {
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Login(args) => login::run(args, context),
        Command::Logout(args) => logout::run(args, context),
        Command::Whoami(args) => whoami::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Version(args) => version::run(args, context),
        Command::Stamp(args) => stamp::run(args, context),
        Command::Build(args) => build::run(args, context),
        Command::Ensure(args) => ensure::run(args, context),
        Command::Test(args) => test::run(args, context),
        Command::Results(args) => results::run(args, context),
        Command::Promote(args) => promote::run(args, context),
        Command::Prune(args) => prune::run(args, context),
        Command::Index(args) => index::run(args, context),
        Command::Env(args) => env::run(args, context),
        Command::Settings(args) => settings::run(args, context),
        Command::Hooks(args) => hooks::run(args, context),
        Command::Hook(args) => hook::run(args, context),
        Command::Server(args) => server::run(args, context),
        Command::Demo(args) => demo::run(args, context),
        Command::Doctor(args) => doctor::run(args, context),
        Command::Man(args) => man::run(args, context),
        Command::Completions(args) => completions::run(args, context),
    }
}
