//! `git devpi hook post-merge SQUASH` and `hook post-rewrite COMMAND`: delete stale indexes after a merge or rebase on a release branch.

use jiff::{SignedDuration, Timestamp, Unit};

use super::report::{listed, say, say_failure};
use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use crate::ops::clean_up::{CleanUpOutcome, EndingIndex};

/// Runs post-merge. It always succeeds, because the merge has already happened.
pub fn run(args: &[String], context: &Context<'_>) -> Result<Exit, ops::Error> {
    // git runs the hook before a squash merge is committed.
    if args.first().is_none_or(|flag| flag != "1") {
        clean_up(context);
    }
    Ok(Exit::Done)
}

/// Runs post-rewrite. It does nothing after `git commit --amend`.
pub fn run_after_rewrite(args: &[String], context: &Context<'_>) -> Result<Exit, ops::Error> {
    if args.first().is_some_and(|command| command == "rebase") {
        clean_up(context);
    }
    Ok(Exit::Done)
}

fn clean_up(context: &Context<'_>) {
    match context.hook_workspace().and_then(|workspace| ops::post_merge::post_merge(&workspace)) {
        Ok(done) => show(context, &done),
        Err(error) => say_failure(context, &error),
    }
}

fn show(context: &Context<'_>, done: &CleanUpOutcome) {
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
    if let Some(last) = done.ending.iter().map(|ending| ending.until).max() {
        let names: Vec<String> = done.ending.iter().map(|EndingIndex { index, .. }| index.to_string()).collect();
        let verb = if names.len() == 1 { "goes" } else { "go" };
        let until = time(last, done.now);
        say(context, &format!("{} {verb} after {until}, or with `git devpi prune --now`", listed(&names)));
    }
    if let Some(doubt) = &done.clock_doubt {
        say(context, &format!("no index is deleted: {doubt}"));
    }
    if let Some(failure) = &done.failure {
        say_failure(context, failure);
    }
}

/// The next full minute, with the date unless it is today.
fn time(until: Timestamp, now: Option<Timestamp>) -> String {
    let minute = until.round((Unit::Minute, 1)).unwrap_or(until);
    let minute = if minute < until { minute + SignedDuration::from_mins(1) } else { minute };
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let is_today = now.is_some_and(|now| day(now) == day(minute));
    minute.strftime(if is_today { "%H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" }).to_string()
}
