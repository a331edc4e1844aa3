//! Exit codes and hints of the errors about indexes.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::index::Error;
use crate::model::names::{BranchName, escape_for_terminal};

use Exit::{Conflict, No, NotAllowed, Unusable};

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::IndexTemplate(_) => {
            Diagnostic::hint(Unusable, "the default is `{branch}`; `git devpi settings` shows the origin of index-name")
        }
        Error::IndexNamesTaken { .. } | Error::ForeignIndex { .. } => Diagnostic::hint(
            Conflict,
            "`git devpi index list` shows what they belong to; `git config devpi.indexName '{repository}-{branch}'` gives each repository its own names",
        ),
        Error::NoRight { login, index, rights, branch } => {
            let settings = rights.iter().map(|right| right.setting()).collect::<Vec<_>>().join(" and ");
            Diagnostic::new(
                NotAllowed,
                &[
                    &format!("name {login} in {settings}, committed on the release branch"),
                    &format!("then {}, the owner, gives the right: {}", index.user(), create_command(branch)),
                ],
            )
        }
        Error::MayNotCreate { index, branch, .. } => Diagnostic::new(
            NotAllowed,
            &[
                &format!("{}, the owner, creates it: {}", index.user(), create_command(branch)),
                &format!(
                    "the pre-push hook and `git devpi index sync` do so for every branch, logged in as {}",
                    index.user()
                ),
            ],
        ),
        Error::TooLargeToKeep { .. } => Diagnostic::hint(
            No,
            "without `--keep-files` only the files in this machine's cache are saved; download the others first",
        ),
        Error::NoDeletionLog { .. } => Diagnostic::hint(No, "`git devpi index trash` lists what can be restored"),
        Error::UnreadableLog { .. } => {
            Diagnostic::hint(Unusable, "`git devpi index trash` lists the logs that can be restored")
        }
        Error::DeletedElsewhere { server, .. } => Diagnostic::hint(
            Unusable,
            format!("restore it there: `git devpi index restore LOG --server {}`", escape_for_terminal(server)),
        ),
        Error::IndexExists { index, .. } => Diagnostic::hint(
            Conflict,
            format!(
                "nothing was changed; `git devpi index show {index}` shows it, `git devpi index delete {index}` makes room"
            ),
        ),
        Error::NoIndex { .. } => Diagnostic::hint(No, "`git devpi index create`, or `git push` with the pre-push hook"),
        Error::NoSuchIndex { .. } => {
            Diagnostic::hint(No, "`git devpi index list` shows the indexes of this repository")
        }
    }
}

/// The command by which the owner creates the index of a branch, or adds its rights.
fn create_command(branch: &BranchName) -> String {
    format!("`git devpi index create --branch {}`", escape_for_terminal(branch.as_str()))
}
