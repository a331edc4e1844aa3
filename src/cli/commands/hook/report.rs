//! How hooks open the workspace, and what they write.

use crate::cli::commands::context::Context;
use crate::cli::failure;
use crate::ops;
use crate::settings::OnError;
use crate::system::environment::GIT_DEVPI_IN_HOOK;
use crate::workspace::open::{OpenRequest, Workspace};

impl<'a> Context<'a> {
    /// The workspace of a hook of git's: silent while it works, and its children know that they are a hook's.
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

    /// What `on-error` says where no workspace can be opened: the repository's own file, which is then most likely the cause, cannot
    /// set it.
    pub(super) fn hook_on_error(&self) -> Option<OnError> {
        ops::settings::without_repository_file(self.environment).ok()?.on_error().ok()
    }
}

/// Says a line, as hooks do.
pub(super) fn say(context: &Context<'_>, text: &str) {
    context.ui.say(&format!("devpi: {text}"));
}

/// Says in one line what went wrong, and what mends it.
pub(super) fn say_failure(context: &Context<'_>, error: &ops::Error) {
    say(context, &failure::in_one_line(error));
}
