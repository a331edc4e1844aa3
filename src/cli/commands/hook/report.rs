//! The workspace and the output of hooks.

use crate::cli::commands::context::Context;
use crate::cli::failure;
use crate::ops;
use crate::settings::OnError;
use crate::system::environment::GIT_DEVPI_IN_HOOK;
use crate::workspace::open::{OpenRequest, Workspace};

/// The number of names that a message lists.
const MAX_LISTED: usize = 3;

impl<'a> Context<'a> {
    /// Opens the workspace of a git hook, without progress and with `GIT_DEVPI_IN_HOOK` for children.
    pub(super) fn hook_workspace(&self) -> Result<Workspace<'a>, ops::Error> {
        let request = OpenRequest {
            environment: self.environment.clone().with(GIT_DEVPI_IN_HOOK, "1"),
            flags: self.flags(),
            project: None,
            number: None,
            progress: &crate::workspace::Silent,
        };
        Ok(Workspace::open(request)?)
    }

    /// The value of `on-error` when the workspace cannot be opened.
    ///
    /// Reads all origins but the repository's settings file: that file cannot set `on-error`, and is the most likely cause.
    pub(super) fn hook_on_error(&self) -> Option<OnError> {
        ops::settings::without_repository_file(self.environment).ok()?.on_error().ok()
    }
}

/// Writes one line to stderr with the prefix of hooks.
pub(super) fn say(context: &Context<'_>, text: &str) {
    context.ui.say(&format!("devpi: {text}"));
}

/// Writes an error and its first hint in one line.
pub(super) fn say_failure(context: &Context<'_>, error: &ops::Error) {
    say(context, &failure::in_one_line(error));
}

/// Joins names for a message: the first three, and the number of the others.
pub(super) fn listed(names: &[String]) -> String {
    match names.len().checked_sub(MAX_LISTED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MAX_LISTED].join(", ")),
    }
}
