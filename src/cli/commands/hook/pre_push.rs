//! `git devpi hook pre-push REMOTE URL`: creates the missing indexes of the pushed branches.

use std::io::Read;

use super::report::{listed, say, say_failure};
use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::model::ref_update::parse_pre_push;
use crate::ops;
use crate::ops::clean_up::HOOK_TIME_LIMIT;
use crate::ops::pre_push::{CreatedIndex, PrePushOutcome, PrePushRequest, SkippedBranches};
use crate::settings::OnError;
use crate::system::terminal;
use crate::workspace::hook_session::SkipReason;

/// The number of new indexes that the hook lists.
const MAX_LISTED: usize = 3;

/// Runs the hook. An error is one line; it stops the push only if `on-error` is `block`.
pub fn run(args: &[String], context: &Context<'_>) -> Result<Exit, ops::Error> {
    let [remote, url] = args else {
        context.ui.error(
            "`hook pre-push` needs two arguments, the remote's name and URL, and the refs on stdin; git provides them",
        );
        return Ok(Exit::Usage);
    };
    if terminal::stdin_is_terminal() {
        context.ui.error("`hook pre-push` reads the refs from git on stdin, but stdin is a terminal");
        context.ui.hint("`git push --dry-run` runs the hook; `git devpi hooks status` shows whether it is installed");
        return Ok(Exit::Usage);
    }
    let mut stdin = Vec::new();
    // If reading fails, the hook handles the refs that it has read: an error here must not stop the push.
    let _ = std::io::stdin().read_to_end(&mut stdin);
    let updates = parse_pre_push(&stdin);
    if updates.iter().all(|update| update.branch().is_none()) {
        return Ok(Exit::Done);
    }
    let workspace = match context.hook_workspace() {
        Ok(workspace) => workspace,
        Err(error) => return Ok(failed(context, &error, context.hook_on_error())),
    };
    match ops::pre_push::pre_push(
        &workspace,
        &PrePushRequest { remote, url, updates: &updates, time_limit: HOOK_TIME_LIMIT },
    ) {
        Ok(outcome) => {
            show(context, &outcome);
            Ok(Exit::Done)
        }
        Err(error) => Ok(failed(context, &error, workspace.settings.on_error().ok())),
    }
}

fn failed(context: &Context<'_>, error: &ops::Error, on_error: Option<OnError>) -> Exit {
    say_failure(context, error);
    if on_error == Some(OnError::Block) {
        say(
            context,
            "the push is stopped, because devpi.onError is block; `GIT_DEVPI_HOOKS=0 git push` skips the hook",
        );
        return Exit::No;
    }
    Exit::Done
}

fn show(context: &Context<'_>, outcome: &PrePushOutcome) {
    let created = &outcome.created;
    for CreatedIndex { branch, index } in created.iter().take(MAX_LISTED) {
        say(context, &format!("created the index {index} for {branch}"));
    }
    if created.len() > MAX_LISTED {
        say(context, &format!("created the indexes of {} more branches", created.len() - MAX_LISTED));
    }
    outcome.skipped.iter().for_each(|skipped| show_skipped(context, skipped));
}

/// Shows which branches got no index for want of a login, with the command that changes it.
pub(super) fn show_skipped(context: &Context<'_>, SkippedBranches { branches, reason }: &SkippedBranches) {
    let names: Vec<String> = branches.iter().map(ToString::to_string).collect();
    let remedy = remedy(reason).map(|remedy| format!("; {remedy}")).unwrap_or_default();
    let silence = "`git config devpi.hooks.quiet true` silences this";
    say(context, &format!("no index created for {}: {reason}{remedy} ({silence})", listed(&names)));
}

/// The command after which a push creates the index.
fn remedy(reason: &SkipReason) -> Option<String> {
    match reason {
        SkipReason::NotOwner { owner, setting: None, .. } => {
            Some(format!("`git devpi login --login {owner}`, or CI creates it"))
        }
        SkipReason::NotOwner { owner, setting: Some(origin), .. } => {
            Some(format!("unset {origin} and `git devpi login --login {owner}`, or CI creates it"))
        }
        SkipReason::NotLoggedIn { server, login } | SkipReason::UntrustedServer { server, login, .. } => {
            Some(format!("`git devpi login {server} --login {login}`"))
        }
        SkipReason::LoginExpired { .. } => Some("`git devpi login`".to_owned()),
        SkipReason::NoServer | SkipReason::NoOwner => None,
    }
}
