//! What every command receives, and how it opens the workspace.

use crate::cli::global_args::Global;
use crate::cli::progress::TerminalProgress;
use crate::cli::ui::Ui;
use crate::cli::views;
use crate::ops;
use crate::settings::Key;
use crate::system::directories::Directories;
use crate::system::environment::Environment;
use crate::workspace::open::{OpenRequest, Workspace};

/// What every command is given.
pub struct Context<'a> {
    /// The way out.
    pub ui: Ui,
    /// Where work in progress shows.
    pub progress: &'a TerminalProgress,
    /// The environment of this run.
    pub environment: &'a Environment,
    /// The common flags.
    pub global: &'a Global,
    /// Makes the definition of the whole command line, which man pages and completions are made from.
    pub definition: fn() -> clap::Command,
}

impl<'a> Context<'a> {
    /// The repository, its settings, and the server when it is needed.
    pub fn workspace(&self) -> Result<Workspace<'a>, ops::Error> {
        self.workspace_with(Vec::new())
    }

    /// The same with settings from flags of the verb's own.
    pub fn workspace_with(&self, own: Vec<(Key, &'static str, String)>) -> Result<Workspace<'a>, ops::Error> {
        let progress: &'a TerminalProgress = self.progress;
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

    pub(super) fn flags(&self) -> Vec<(Key, &'static str, String)> {
        let global = self.global;
        let flags = [
            (Key::Server, "--server", &global.server),
            (Key::User, "--user", &global.user),
            (Key::Branch, "--branch", &global.branch),
        ];
        flags.into_iter().filter_map(|(key, flag, value)| Some((key, flag, value.clone()?))).collect()
    }
}
