//! `git devpi hook tox-plan`: called by the plugin of tox before it changes anything. No request, no Python.

use serde_json::json;

use crate::cli::commands::context::Context;
use crate::cli::failure;
use crate::git;
use crate::ops;
use crate::ops::hook_tox::{ToxPlan, plan};
use crate::workspace;

/// Prints whether the plugin acts, and why not. `unexpected`: the reason is an error, and not what is usual outside CI or in another
/// repository.
pub fn run(context: &Context<'_>) {
    let plan = context.workspace().and_then(|workspace| plan(&workspace));
    let (act, reason, unexpected) = match plan {
        Ok(ToxPlan::Act) => (true, None, false),
        Ok(ToxPlan::StepAside(reason)) => (false, Some(reason.to_owned()), false),
        Err(error) => (false, Some(failure::in_one_line(&error)), !is_outside_git(&error)),
    };
    context.ui.answer_json(&json!({ "schema": 1, "act": act, "reason": reason, "unexpected": unexpected }));
}

/// Whether there is no git repository, as in an unpacked sdist.
fn is_outside_git(error: &ops::Error) -> bool {
    matches!(
        error,
        ops::Error::Workspace(workspace::Error::Git(git::Error::NotARepository { .. } | git::Error::GitMissing))
    )
}
