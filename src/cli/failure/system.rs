//! Exit codes and hints of the errors of the machine.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::system;

use Exit::{Tool, Unusable};

pub(super) fn verdict(error: &system::Error) -> Verdict {
    use system::Error as E;
    match error {
        E::File { .. } => Verdict::new(Unusable, &[]),
        E::ToolMissing { program } => Verdict::hint(Tool, format!("install {program}, or put it on PATH")),
        E::ToolUnusable { .. } | E::ToolTimedOut { .. } => Verdict::new(Tool, &[]),
        E::ToolFailed { output, .. } => Verdict::new(Tool, &[]).with_output(output),
        E::NoHome => Verdict::new(Unusable, &["say where to keep things: GIT_DEVPI_HOME=/some/folder"]),
    }
}
