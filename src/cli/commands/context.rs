//! The context of a command: output, environment, common options, and the workspace.

use std::sync::Once;

use crate::cli::global_args::Global;
use crate::cli::progress::TerminalProgress;
use crate::cli::ui::Ui;
use crate::cli::views;
use crate::ops;
use crate::settings::Key;
use crate::system::directories::Directories;
use crate::system::environment::Environment;
use crate::workspace::open::{OpenRequest, Workspace};

/// The context that every command receives.
pub struct Context<'a> {
    /// Writes to stdout and stderr.
    pub ui: Ui,
    /// Shows progress on stderr.
    pub progress: &'a TerminalProgress,
    /// The environment of this process.
    pub environment: &'a Environment,
    /// The common options.
    pub global: &'a Global,
    /// Returns the definition of the whole command line, for man pages and completions.
    pub definition: fn() -> clap::Command,
}

impl<'a> Context<'a> {
    /// Opens the workspace: the repository, its settings, and on demand the server.
    pub fn workspace(&self) -> Result<Workspace<'a>, ops::Error> {
        self.workspace_with(Vec::new())
    }

    /// Opens the workspace with settings from the verb's own options.
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
        self.tell_of_temporary_folders(&workspace.directories);
        for warning in &workspace.settings.warnings {
            self.ui.warn(&views::settings::warning_text(warning));
        }
        Ok(workspace)
    }

    /// Says once that nothing is kept for the next call.
    fn tell_of_temporary_folders(&self, directories: &Directories) {
        static TOLD: Once = Once::new();
        if directories.is_temporary {
            let folder = directories.cache.parent().unwrap_or(&directories.cache).display();
            let what = format!(
                "no folder of this user can be written: login and cache are in {folder} for this call; set GIT_DEVPI_HOME to a folder to keep them"
            );
            TOLD.call_once(|| self.ui.warn(&what));
        }
    }

    /// Finds the user's cache, data and state folders.
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
