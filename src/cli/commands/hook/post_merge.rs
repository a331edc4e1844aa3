//! `git devpi hook post-merge SQUASH`: deletes stale indexes after a merge on a release branch.

use super::report::{listed, say, say_failure};
use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use crate::ops::post_merge::PostMergeOutcome;

/// Runs the hook. It always succeeds, because the merge has already happened.
pub fn run(args: &[String], context: &Context<'_>) -> Result<Exit, ops::Error> {
    // git runs the hook before a squash merge is committed.
    if args.first().is_some_and(|flag| flag == "1") {
        return Ok(Exit::Done);
    }
    match context.hook_workspace().and_then(|workspace| ops::post_merge::post_merge(&workspace)) {
        Ok(done) => show(context, &done),
        Err(error) => say_failure(context, &error),
    }
    Ok(Exit::Done)
}

fn show(context: &Context<'_>, done: &PostMergeOutcome) {
    if !done.deleted.is_empty() {
        let names: Vec<String> = done.deleted.iter().map(|(index, _)| index.to_string()).collect();
        let log = match &done.deleted[..] {
            [(_, Some(log))] => Some(log.as_path()),
            several => several.iter().find_map(|(_, log)| log.as_deref()?.parent()),
        };
        let log = log.map(|log| format!("; its list of files: {}", log.display())).unwrap_or_default();
        say(context, &format!("deleted {}: merged, or deleted on the remote{log}", listed(&names)));
    }
    if done.left > 0 {
        say(context, &format!("{} more stale indexes: `git devpi prune` deletes them", done.left));
    }
    if !done.waiting.is_empty() {
        let names: Vec<String> = done.waiting.iter().map(ToString::to_string).collect();
        say(
            context,
            &format!(
                "{}: merged here, not on the remote yet; indexes stay until the remote has the merge",
                listed(&names)
            ),
        );
    }
    if let Some(failure) = &done.failure {
        say_failure(context, failure);
    }
}
