//! Exit codes and hints of the errors of a build.

use super::diagnostic::Diagnostic;
use crate::build::Error;
use crate::cli::exit_code::Exit;

use Exit::{Unusable, Usage};

/// Exit code and hints.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::Version(error) => super::version::diagnose(error),
        Error::NotEmpty { .. } => Diagnostic::new(Usage, &["name a folder that is not there yet: `--out DIR`"]),
        Error::NotADestination { .. } => Diagnostic::new(
            Usage,
            &[
                "nothing was touched; give it a folder of its own: the files in it are removed, but for the package: `--dest DIR`",
            ],
        ),
        Error::WorkTreeChanged { .. } => Diagnostic::new(Unusable, &["commit them, or put them aside: `git stash`"]),
    }
}
