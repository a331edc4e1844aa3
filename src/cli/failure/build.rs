//! Exit codes and hints of the errors of a build.

use super::decision::Verdict;
use crate::build::Error;
use crate::cli::exit_code::Exit;

use Exit::{Unusable, Usage};

/// Exit code and hints.
pub(super) fn verdict(error: &Error) -> Verdict {
    match error {
        Error::Workspace(error) => super::workspace::verdict(error),
        Error::Version(error) => super::version::verdict(error),
        Error::NotEmpty { .. } => Verdict::new(Usage, &["name a folder that is not there yet: `--out DIR`"]),
        Error::NotADestination { .. } => Verdict::new(
            Usage,
            &[
                "nothing was touched; give it a folder of its own: the files in it are removed, but for the package: `--dest DIR`",
            ],
        ),
        Error::WorkTreeChanged { .. } => Verdict::new(Unusable, &["commit them, or put them aside: `git stash`"]),
    }
}
