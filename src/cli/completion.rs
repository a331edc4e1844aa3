//! The values that completions propose: names that are known without a request.
//!
//! The settings of the repository apply; options on the line that is completed do not.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::ops::completions;
use crate::system::environment::Environment;
use crate::workspace::Silent;
use crate::workspace::open::{OpenRequest, Workspace};

/// Lists names of one kind.
type List = fn(&Workspace<'_>) -> BTreeSet<String>;

/// The values of `--branch`.
pub fn branches() -> ArgValueCandidates {
    candidates(completions::branches)
}

/// The values of `--project`.
pub fn projects() -> ArgValueCandidates {
    candidates(completions::projects)
}

/// The URLs of servers.
pub fn servers() -> ArgValueCandidates {
    candidates(completions::servers)
}

/// The users of devpi.
pub fn users() -> ArgValueCandidates {
    candidates(completions::users)
}

/// The tox environments.
pub fn environments() -> ArgValueCandidates {
    candidates(completions::environments)
}

/// The indexes, as NAME or USER/NAME.
pub fn indexes() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| index_candidates(completions::indexes, typed))
}

/// The deleted indexes, as NAME or USER/NAME.
pub fn deleted_indexes() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| index_candidates(completions::deleted_indexes, typed))
}

fn candidates(list: List) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        with_workspace(|workspace| list(workspace).into_iter().map(CompletionCandidate::new).collect())
    })
}

/// An index of the owner is proposed by its NAME, and as USER/NAME when the typed text begins so.
fn index_candidates(list: List, typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    with_workspace(|workspace| {
        let own = workspace.owner().map(|owner| format!("{owner}/")).ok();
        let names = list(workspace).into_iter().filter_map(|full| {
            let short = own.as_ref().and_then(|own| full.strip_prefix(own.as_str()));
            match short {
                Some(short) if short.starts_with(typed) => Some(short.to_owned()),
                _ => full.starts_with(typed).then_some(full),
            }
        });
        names.map(CompletionCandidate::new).collect()
    })
}

/// Calls `list` with the workspace of the current folder. Settings that cannot be read give no candidates.
fn with_workspace(list: impl FnOnce(&Workspace<'_>) -> Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let request = OpenRequest {
        environment: Environment::from_process(),
        flags: Vec::new(),
        project: None,
        number: None,
        progress: &Silent,
    };
    Workspace::open(request).map(|workspace| list(&workspace)).unwrap_or_default()
}
