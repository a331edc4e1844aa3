//! `git devpi hook post-receive`, and `hook finish-receive`, the process that it starts in the background.

use std::io::Read;

use super::pre_push::show_skipped;
use super::report::say_failure;
use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use crate::system::{descriptors, terminal};

/// Runs the hook. It always succeeds, because the push has already happened.
pub fn run(context: &Context<'_>) -> Result<Exit, ops::Error> {
    if terminal::stdin_is_terminal() {
        context.ui.error("`hook post-receive` reads the refs from git on stdin, but stdin is a terminal");
        return Ok(Exit::Usage);
    }
    let mut input = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut input);
    match context.hook_workspace().and_then(|workspace| ops::receive::receive(&workspace, &input)) {
        Ok(skipped) => skipped.iter().for_each(|skipped| show_skipped(context, skipped)),
        Err(error) => say_failure(context, &error),
    }
    Ok(Exit::Done)
}

/// Runs the background process. It says nothing: what fails is repeated after the next push.
pub fn finish(context: &Context<'_>) -> Result<Exit, ops::Error> {
    descriptors::close_inherited();
    if let Err(error) = context.hook_workspace().and_then(|workspace| ops::receive::finish_receive(&workspace)) {
        tracing::debug!(%error, "the work after a received push failed");
    }
    Ok(Exit::Done)
}
