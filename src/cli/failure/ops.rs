//! Exit codes and hints of the errors that verbs add.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::model::names::UserName;
use crate::ops::Error;
use crate::ops::hooks::HookManager;
use crate::ops::init::InitElsewhere;
use crate::ops::shell_word::quoted;
use crate::release::junit::JUnitError;

use Exit::{Conflict, No, NotAllowed, Tool, Unusable, Usage};

const FILE_OF_RELEASE: &str = "install and name the file that `git devpi ensure` prints; `git devpi results VERSION` lists the files of a release";

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::Build(error) => super::build::diagnose(error),
        Error::Index(error) => super::index::diagnose(error),
        Error::Release(error) => super::release::diagnose(error),
        Error::Promotion(error) => super::promotion::diagnose(error),
        Error::Withdrawal(error) => super::withdrawal::diagnose(error),
        Error::CiRecipe(error) => super::ci_recipe::diagnose(error),
        Error::SelfPublish(error) => super::self_publish::diagnose(error),
        Error::InitElsewhere(error) => Diagnostic::hint(Unusable, undo_there(error)),
        Error::StatusPage(error) => super::status_page::diagnose(error),
        Error::Fleet(error) => super::fleet::diagnose(error),
        Error::IndexVerb(error) => super::index_verb::diagnose(error),
        Error::NoPassword { .. } => Diagnostic::hint(
            NotAllowed,
            "run `git devpi login` on a terminal, which asks for it; elsewhere use `--password-stdin`, or set GIT_DEVPI_PASSWORD",
        ),
        Error::Login(error) => super::login::diagnose(error),
        Error::OwnerNotFound { owner, .. } => owner_not_found(owner),
        Error::IgnoredBranch { .. } => {
            Diagnostic::hint(Unusable, "`git devpi settings` shows the origin of ignore-branches")
        }
        Error::NotPublished { .. } => Diagnostic::hint(No, "`git devpi ensure` without `--no-build` builds it"),
        Error::DirtyUpload { .. } => Diagnostic::hint(Unusable, "commit the changes first: `git commit -a`"),
        Error::BadJUnit { place, reason } => Diagnostic::hint(Unusable, junit_hint(place, reason)),
        Error::TestedFileUnknown { .. } => {
            Diagnostic::hint(Usage, "name the tested file, which `git devpi ensure` printed: `--package FILE`")
        }
        Error::NotAFileOfRelease { .. } => Diagnostic::hint(Unusable, FILE_OF_RELEASE),
        Error::BadReport { .. } => Diagnostic::hint(Unusable, "write one: `tox -e unit --result-json report.json`"),
        Error::DigestConflict { .. } => Diagnostic::hint(
            Conflict,
            "nothing was changed; a version can be promoted only once: build the commit again with a new build number",
        ),
        Error::PruneLimit { .. } => Diagnostic::hint(
            No,
            "check the plan: `git devpi prune --dry-run`; then `git devpi prune --force`, or raise the limit: `git config devpi.pruneLimit N`",
        ),
        Error::CannotAsk { flag, .. } => {
            Diagnostic::hint(Usage, format!("to confirm without a terminal, add `{flag}`"))
        }
        Error::Declined => Diagnostic::new(No, &[]),
        Error::ForeignHook { manager, .. } => Diagnostic::hint(Conflict, foreign_hook(*manager)),
        Error::ForeignHooksPath { manager, .. } => Diagnostic::new(Conflict, foreign_folder(*manager)),
        Error::NotBare { .. } => Diagnostic::hint(
            Unusable,
            "on the git server: `git -C REPOSITORY.git devpi hooks install --server-side`; here: `git devpi hooks install`",
        ),
        Error::GitTooOldForConfigHooks { .. } => Diagnostic::hint(Unusable, "`git devpi hooks install --mode file`"),
        Error::GitTooOld { .. } => Diagnostic::hint(Tool, "install git 2.25 or newer"),
        Error::NoSuchPage { .. } => {
            Diagnostic::hint(Usage, "the pages are the verbs that `git devpi -h` lists, and `workflow`")
        }
        Error::NoCompletionFolder { shell } => Diagnostic::hint(
            Usage,
            format!("print the script, and read it in the shell's start-up file: `git devpi completions {shell}`"),
        ),
        Error::Demo { .. } => Diagnostic::hint(Tool, "`git devpi demo --keep` keeps the server and the folders"),
    }
}

fn undo_there(InitElsewhere { work_tree }: &InitElsewhere) -> String {
    format!("`git -C {} devpi init --undo`", quoted(&work_tree.display().to_string()))
}

fn junit_hint(place: &str, reason: &JUnitError) -> String {
    match reason {
        JUnitError::TooLarge { .. } => "leave out the output of passed tests, as with \
            `pytest --junit-xml report.xml -o junit_log_passing_tests=false`, or write a report for each environment"
            .to_owned(),
        JUnitError::UnknownEncoding { label } => format!("convert it: {}", to_utf8(label, place)),
        JUnitError::NotInEncoding { .. } => {
            format!(
                "convert it from the encoding in which the test program writes it: {}",
                to_utf8("ISO-8859-1", place)
            )
        }
        JUnitError::NoTests { .. } => {
            "let the test program list each test, as `pytest --junit-xml report.xml` does; a failed \
            run counts as failed with its `--exit-code CODE`"
                .to_owned()
        }
        JUnitError::AllSkipped { .. } => "run a test of this environment, or take the environment out of the setting \
            `require`; a failed run counts as failed with its `--exit-code CODE`"
            .to_owned(),
        _ => "write one: `pytest --junit-xml report.xml`".to_owned(),
    }
}

/// The command that writes an XML file in UTF-8, with a declaration that says so.
fn to_utf8(encoding: &str, place: &str) -> String {
    let (encoding, place) = (quoted(encoding), quoted(place));
    format!("`iconv -f {encoding} -t UTF-8 {place} | sed '1s/encoding=[^ ?]*/encoding=\"UTF-8\"/' > utf-8.xml`")
}

fn owner_not_found(owner: &UserName) -> Diagnostic {
    Diagnostic::hint(
        Unusable,
        format!(
            "`git -c devpi.login={owner} devpi init` creates the user, where the server lets users do that; `--user NAME` names another owner"
        ),
    )
}

fn foreign_hook(manager: Option<HookManager>) -> &'static str {
    match manager {
        Some(HookManager::Lefthook) => {
            "lefthook renames hooks of others and does not run them: add the lines of `git devpi hooks install --print` to lefthook.yml, \
             or for this clone only to lefthook-local.yml"
        }
        Some(HookManager::Overcommit | HookManager::Husky) => {
            "its manager overwrites hooks of others: add the lines of `git devpi hooks install --print` to its configuration"
        }
        None | Some(HookManager::PreCommit | HookManager::Prek | HookManager::GitLfs) => {
            "`git devpi hooks install --chain` keeps it and runs it first; `git devpi hooks install --print` shows the lines to add to it"
        }
    }
}

fn foreign_folder(manager: Option<HookManager>) -> &'static [&'static str] {
    match manager {
        Some(HookManager::Husky) => &[
            "add the lines of `git devpi hooks install --print` to .husky/pre-push and its neighbours, and commit them",
        ],
        _ => &[
            "`git devpi hooks install --print` shows the lines to add to the hooks in that folder",
            "with git 2.54 or newer: `git devpi hooks install --mode config`",
        ],
    }
}
