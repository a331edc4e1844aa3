//! Exit codes and hints of the errors of files, processes and the environment.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::system;

use Exit::{Tool, Unusable};

pub(super) fn diagnose(error: &system::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &system::Error) -> Diagnostic {
    use system::Error as E;
    match error {
        E::File { .. } => Diagnostic::new(Unusable, &[]),
        E::ToolMissing { program } => Diagnostic::hint(Tool, format!("install {program}, or put it on PATH")),
        E::ToolUnusable { .. } | E::ToolTimedOut { .. } => Diagnostic::new(Tool, &[]),
        E::ToolFailed { output, .. } => Diagnostic::new(Tool, &[]).with_output(output),
        E::NoHome => {
            Diagnostic::hint(Unusable, "set a folder for the cache and the data: GIT_DEVPI_HOME=/path/to/folder")
        }
    }
}
