//! Exit codes and hints of the errors of the machine.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::system;

use Exit::{Tool, Unusable};

pub(super) fn diagnose(error: &system::Error) -> Diagnostic {
    use system::Error as E;
    match error {
        E::File { .. } => Diagnostic::new(Unusable, &[]),
        E::ToolMissing { program } => Diagnostic::hint(Tool, format!("install {program}, or put it on PATH")),
        E::ToolUnusable { .. } | E::ToolTimedOut { .. } => Diagnostic::new(Tool, &[]),
        E::ToolFailed { output, .. } => Diagnostic::new(Tool, &[]).with_output(output),
        E::NoHome => Diagnostic::new(Unusable, &["say where to keep things: GIT_DEVPI_HOME=/some/folder"]),
    }
}
