//! What is said about every error, which hint follows, and the exit code.
//!
//! The matches are exhaustive: a new variant does not compile until somebody has decided all three.

mod rooms;

use std::error::Error as _;

use super::exit_code::Exit;
use super::ui::{AnswerForm, Ui, Verbosity};
use crate::model::names::harmless;
use crate::ops::Error;

/// The decision about one error.
pub(super) struct Verdict {
    /// The exit code.
    pub exit: Exit,
    /// What mends it: each a sentence with a command to paste.
    pub hints: Vec<String>,
    /// What a tool printed, shown before the error.
    pub output: Option<String>,
}

impl Verdict {
    fn new(exit: Exit, hints: &[&str]) -> Self {
        Self { exit, hints: hints.iter().map(|hint| (*hint).to_owned()).collect(), output: None }
    }

    fn hint(exit: Exit, hint: String) -> Self {
        Self { exit, hints: vec![hint], output: None }
    }

    fn with_output(mut self, output: &str) -> Self {
        self.output = Some(output.to_owned());
        self
    }
}

/// Says what went wrong and what mends it; gives the exit code.
pub fn report(ui: &Ui, error: &Error) -> Exit {
    report_of(ui, "", error)
}

/// The same, of one of several things that were to be done.
pub fn report_of(ui: &Ui, subject: &str, error: &Error) -> Exit {
    let verdict = verdict(error);
    if let Some(output) = verdict.output.as_deref().filter(|output| !output.trim().is_empty()) {
        ui.say(output.trim_end());
    }
    let what = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
    ui.error(&format!("{what}{}", with_causes(error)));
    for hint in &verdict.hints {
        ui.hint(hint);
    }
    verdict.exit
}

/// What went wrong and the first thing that mends it, in one line: for hooks.
pub fn in_one_line(error: &Error) -> String {
    let mut line = with_causes(error);
    if let Some(hint) = verdict(error).hints.first() {
        line = format!("{line} ({hint})");
    }
    line.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn with_causes(error: &Error) -> String {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(source) = cause {
        let text = source.to_string();
        if !lines.iter().any(|line| line.contains(&text)) {
            lines.push(text);
        }
        cause = source.source();
    }
    lines.join(": ")
}

/// A bug of ours: says so, and ends the process.
pub fn report_bug(panic: &str) {
    let ui = Ui { verbosity: Verbosity::Normal, form: AnswerForm::Text };
    ui.error(&format!("this is a bug in git-devpi: {}", harmless(panic)));
    ui.hint("please report it with the command that you typed; GIT_DEVPI_LOG=debug shows what happened before");
    std::process::exit(Exit::Bug.code().into());
}

/// What mends an error.
pub fn hints(error: &Error) -> Vec<String> {
    verdict(error).hints
}

/// Exit code and hints for an error.
pub(super) fn verdict(error: &Error) -> Verdict {
    match error {
        Error::Git(error) => rooms::git(error),
        Error::Devpi(error) => rooms::devpi(error),
        Error::Python(error) => rooms::python(error),
        Error::Settings(error) => rooms::settings(error),
        Error::System(error) => rooms::system(error),
        Error::LocalServer(error) => rooms::local_server(error),
        Error::Promotion(error) => rooms::promotion(error),
        Error::Version(error) => rooms::version(error),
        other => own(other),
    }
}

/// A table, one arm for each variant: splitting it would cost the exhaustive match.
#[allow(clippy::too_many_lines)]
fn own(error: &Error) -> Verdict {
    use Exit::Conflict;
    use Exit::No;
    use Exit::NotAllowed;
    use Exit::Tool;
    use Exit::Unusable;
    use Exit::Usage;
    match error {
        Error::Git(_)
        | Error::Devpi(_)
        | Error::Python(_)
        | Error::Settings(_)
        | Error::System(_)
        | Error::LocalServer(_)
        | Error::Promotion(_)
        | Error::Version(_) => Verdict::new(Exit::Bug, &[]),
        Error::Name(_) => Verdict::new(Unusable, &["`git devpi settings` shows where every name comes from"]),
        Error::IndexTemplate(_) => {
            Verdict::new(Unusable, &["the default is `{branch}`; `git devpi settings` shows who set another one"])
        }
        Error::NoBranch { candidates } => no_branch(candidates),
        Error::NoPullRequestNumber { .. } => {
            Verdict::new(Unusable, &["say which branch it is: `--branch NAME` or GIT_DEVPI_BRANCH"])
        }
        Error::NoReleaseBranches => Verdict::new(
            Unusable,
            &[
                "set them: `git config devpi.releaseBranches main`, or release-branches in [tool.git-devpi] of pyproject.toml",
                "or let the clone learn the remote's default branch: `git remote set-head origin --auto`",
            ],
        ),
        Error::SeveralRemotes { .. } => Verdict::new(Unusable, &["say which one: `git config devpi.remote NAME`"]),
        Error::NoWorkTree { .. } => Verdict::new(Unusable, &["run it in a clone of this repository"]),
        Error::NoCommit => Verdict::new(Unusable, &["make the first commit"]),
        Error::TagBuild { .. } => {
            Verdict::new(No, &["a tag build tests and promotes what the branch's build made: see `git devpi results`"])
        }
        Error::NotLoggedIn { server, login } => Verdict::hint(
            NotAllowed,
            match login {
                Some(login) => format!("`git devpi login {server} --login {login}`; in CI set GIT_DEVPI_PASSWORD"),
                None => format!("`git devpi login {server}`; in CI set GIT_DEVPI_PASSWORD"),
            },
        ),
        Error::UntrustedServer { server, .. } => Verdict::hint(
            NotAllowed,
            format!(
                "if you trust it: `git devpi login {server}`; in CI set GIT_DEVPI_SERVER={server} beside GIT_DEVPI_PASSWORD"
            ),
        ),
        Error::NoLogin { server } => {
            Verdict::hint(Unusable, format!("say it: `git devpi login {server} --login USER`, or GIT_DEVPI_LOGIN"))
        }
        Error::NoPassword { .. } => Verdict::new(
            NotAllowed,
            &["on a terminal it is asked for; elsewhere pipe it in (`--password-stdin`), or set GIT_DEVPI_PASSWORD"],
        ),
        Error::IndexNamesTaken { .. } | Error::ForeignIndex { .. } => Verdict::new(
            Conflict,
            &[
                "`git devpi index list` shows whose they are; `git config devpi.indexName '{repository}-{branch}'` keeps repositories apart",
            ],
        ),
        Error::ProtectedIndex { .. } => Verdict::new(No, &["`git devpi status --all` shows the state of every index"]),
        Error::NoIndex { .. } => Verdict::new(No, &["`git devpi index create` makes it; so does the next push"]),
        Error::NoSuchIndex { .. } => Verdict::new(No, &["`git devpi index list` shows what there is"]),
        Error::IgnoredBranch { .. } => Verdict::new(Unusable, &["`git devpi settings` shows who set ignore-branches"]),
        Error::NumberReused { .. } => Verdict::new(
            Conflict,
            &["start a new build, which gets a new number; or, if the number was reset, raise the base version"],
        ),
        Error::BuildFailedElsewhere { .. } => {
            Verdict::new(Tool, &["look at that build's log; to build anew, run `git devpi ensure` again"])
        }
        Error::TooManyClaims { .. } => Verdict::new(
            Tool,
            &["`git devpi status --all` shows the claims; `git devpi prune` removes those that have expired"],
        ),
        Error::NoRelease { .. } => {
            Verdict::new(No, &["`git devpi ensure` builds and publishes it; `git devpi status` shows what there is"])
        }
        Error::NotPublished { .. } => Verdict::new(No, &["without --no-build it is built here"]),
        Error::NoFittingFile { .. } => {
            Verdict::new(No, &["name the interpreter that will install it: `--python PATH` or `--python 3.12`"])
        }
        Error::BuiltForOthers { .. } => Verdict::new(
            Tool,
            &[
                "name the interpreter that will install it: `--python PATH` or `--python 3.12`; `git devpi build -v` shows what the builder says",
            ],
        ),
        Error::DirtyUpload { .. } => Verdict::new(Unusable, &["commit the changes first"]),
        Error::NotEmpty { .. } => Verdict::new(Usage, &["name a folder that is not there yet: `--out DIR`"]),
        Error::NotADestination { .. } => Verdict::new(
            Usage,
            &[
                "nothing was touched; give it a folder of its own: the files in it are removed, but for the package: `--dest DIR`",
            ],
        ),
        Error::CacheChanges { .. } => Verdict::new(
            Unusable,
            &[
                "something else changes the cache: run it again, with GIT_DEVPI_HOME=DIR in a folder of its own if it stays so",
            ],
        ),
        Error::WorkTreeChanged { .. } => Verdict::new(Unusable, &["commit them, or put them aside: `git stash`"]),
        Error::NoReleaseOfCommit { .. } => Verdict::new(
            No,
            &[
                "let the release branch's build of this commit run first (CI's tox, or `git devpi ensure --number N`), then this again",
            ],
        ),
        Error::StoredOtherBytes { .. } => Verdict::new(Conflict, &["look at the index on the server before you go on"]),
        Error::SeveralProjects { .. } | Error::NoSuchProject { .. } => {
            Verdict::new(Usage, &["name one: `--project NAME`, or go into its folder"])
        }
        Error::BadReport { .. } => Verdict::new(Unusable, &["tox writes one: `tox -e unit --result-json report.json`"]),
        Error::OtherBytes { .. } => Verdict::new(
            Conflict,
            &["nothing was changed; a version is promoted once: build the commit again under a new build number"],
        ),
        Error::PruneLimit { .. } => Verdict::new(
            No,
            &[
                "look at the plan: `git devpi prune --dry-run`; then `git devpi prune --force`, or raise `git config devpi.pruneLimit`",
            ],
        ),
        Error::CannotAsk { flag, .. } => Verdict::hint(Usage, format!("answer it beforehand: {flag}")),
        Error::Declined => Verdict::new(No, &[]),
        Error::ForeignHook { .. } => Verdict::new(
            Conflict,
            &[
                "`git devpi hooks install --print` shows the line to add to it; `--chain` runs it first and ours after it",
            ],
        ),
        Error::ForeignHooksPath { .. } => Verdict::new(
            Conflict,
            &[
                "`git devpi hooks install --print` shows the line to add to the hooks there",
                "with git 2.54 or newer: `git devpi hooks install --mode config`",
            ],
        ),
        Error::GitTooOldForConfigHooks { .. } => Verdict::new(Unusable, &["`git devpi hooks install --mode file`"]),
        Error::GitTooOld { .. } => Verdict::new(Tool, &["install git 2.25 or newer"]),
        Error::NoSuchPage { .. } => {
            Verdict::new(Usage, &["`git devpi -h` lists the verbs; there is `workflow` besides"])
        }
        Error::Demo { .. } => Verdict::new(Tool, &["`git devpi demo --keep` leaves everything to be looked at"]),
    }
}

fn no_branch(candidates: &[crate::model::names::BranchName]) -> Verdict {
    let example = candidates.first().map_or("NAME".to_owned(), ToString::to_string);
    let mut hints = vec![format!("say it: `--branch {example}`, or GIT_DEVPI_BRANCH={example}")];
    if candidates.len() > 1 {
        let names = candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        hints.push(format!("these branches contain the commit: {names}"));
    }
    Verdict { exit: Exit::Unusable, hints, output: None }
}
