//! `git devpi fleet prune`.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::prune::{self, Execution};
use crate::cli::exit_code::Exit;
use crate::cli::{failure, prompt, views};
use crate::git::Prompts;
use crate::model::url_secret::masked;
use crate::ops;
use crate::ops::fleet::{ListedRemote, OpenRemotes, read_remotes};
use crate::system::directories::current_dir;

/// The command line of the verb, for notes.
const VERB: &str = "git devpi fleet prune --remotes FILE";

/// The options of `fleet prune`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file with the remotes of the repositories: a URL or path a line, with comments from # on.
    #[arg(long, value_name = "FILE")]
    pub remotes: PathBuf,
    /// Show which indexes would be deleted; delete nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Delete without asking.
    #[arg(long)]
    pub yes: bool,
}

/// Deletes the stale indexes of the listed repositories; a remote that fails does not stop the others.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let remotes = read_remotes(&args.remotes)?;
    let open = OpenRemotes {
        environment: context.environment.clone(),
        flags: context.flags(),
        folder: current_dir()?,
        prompts: Prompts::if_interactive(prompt::is_possible()),
        progress: context.progress,
    };
    let (mut answers, mut worst) = (Vec::new(), Exit::Done);
    for remote in &remotes {
        let (answer, exit) = prune_one(args, context, &open, remote);
        answers.push(answer);
        if exit.code() > worst.code() {
            worst = exit;
        }
    }
    context.progress.finish();
    if context.ui.wants_json() {
        context.ui.answer_json(&json!({ "schema": 1, "dry_run": args.dry_run, "remotes": answers }));
    } else if remotes.is_empty() {
        context.ui.note(&format!("{} lists no remote", args.remotes.display()));
    }
    Ok(worst)
}

/// Prunes one repository; returns its part of the answer, and its exit code.
fn prune_one(args: &Args, context: &Context<'_>, open: &OpenRemotes<'_>, remote: &ListedRemote) -> (Value, Exit) {
    let url = masked(&remote.url);
    let mut answer = json!({ "line": remote.line, "remote": url, "exit": 0, "prune": null, "error": null });
    let error = match execute(args, context, (open, remote, &url)) {
        Ok(Execution { mut plan, mut outcome }) => {
            answer["prune"] = views::prune::as_json(&plan, outcome.as_ref());
            let failure = outcome.as_mut().and_then(|outcome| outcome.failure.take());
            if let (Some(outcome), false) = (&outcome, context.ui.wants_json()) {
                views::prune::show_outcome(&context.ui, &plan, outcome);
            }
            failure.or_else(|| plan.survey.failure.take().map(ops::Error::from))
        }
        Err(error) => Some(error),
    };
    let Some(error) = error else { return (answer, Exit::Done) };
    context.progress.finish();
    let subject = format!("{} line {} ({url})", args.remotes.display(), remote.line);
    let exit = failure::report_of(&context.ui, &subject, &error);
    (answer["exit"], answer["error"]) = (json!(exit.code()), failure::error_json(&error));
    (answer, exit)
}

fn execute(
    args: &Args,
    context: &Context<'_>,
    (open, remote, url): (&OpenRemotes<'_>, &ListedRemote, &str),
) -> Result<Execution, ops::Error> {
    let opened = open.open(remote)?;
    for warning in &opened.workspace.settings.warnings {
        context.ui.warn(&views::settings::warning_text(warning));
    }
    context.progress.finish();
    if !context.ui.wants_json() {
        context.ui.note(&format!("{} ({url}):", opened.workspace.repository_name()?.value));
    }
    let args = prune::Args { dry_run: args.dry_run, yes: args.yes, ..prune::Args::default() };
    prune::execute(&args, context, (&opened.workspace, VERB))
}
