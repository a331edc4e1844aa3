//! Exit codes and hints of the errors of a build.

use super::diagnostic::Diagnostic;
use crate::build::Error;
use crate::cli::exit_code::Exit;

use Exit::{Unusable, Usage};

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::Version(error) => super::version::diagnose(error),
        Error::NotEmpty { .. } => Diagnostic::hint(Usage, "use a new or an empty folder: `--out DIR`"),
        Error::NotADestination { .. } => Diagnostic::hint(
            Usage,
            "nothing was changed; use a folder that is only for the package, since other packages in it are removed: `--dest DIR`",
        ),
        Error::LinkedDestination { link, target } => Diagnostic::hint(
            Usage,
            format!(
                "other packages in the folder are removed, so name the folder itself: `--dest {}`",
                link.with_file_name(target).display()
            ),
        ),
        Error::FileAsDestination { .. } => {
            Diagnostic::hint(Usage, "name a new folder, or one that is only for the package: `--dest DIR`")
        }
        Error::WorkTreeChanged { .. } => Diagnostic::hint(Unusable, "commit the changes, or stash them: `git stash`"),
    }
}
