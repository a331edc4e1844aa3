//! Exit codes and hints of the errors of the local server.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::workspace::local_server;

use Exit::{Conflict, Server, Tool, Unusable};

pub(super) fn diagnose(error: &local_server::Error) -> Diagnostic {
    use local_server::Error as E;
    match error {
        E::Unsupported => Diagnostic::new(Unusable, &["run devpi-server elsewhere and name it: `--server URL`"]),
        E::PythonMissing { .. } => Diagnostic::new(Tool, &["install Python 3.9 or newer"]),
        E::VenvModuleMissing { version, .. } => {
            Diagnostic::hint(Tool, format!("on Debian and Ubuntu: `sudo apt install python{version}-venv`"))
        }
        E::InstallFailed { output, .. } | E::InitFailed { output, .. } => {
            Diagnostic::new(Tool, &[]).with_output(output)
        }
        E::Exited { tail, .. } | E::Unresponsive { tail, .. } => {
            Diagnostic::new(Server, &["`git devpi server remove` and `git devpi server start` begin anew"])
                .with_output(tail)
        }
        E::NoFreePort(_) => Diagnostic::new(Server, &[]),
        E::ProcessUnknown { .. } | E::DoesNotStop { .. } => Diagnostic::new(Server, &["stop its process by hand"]),
        E::NotALocalServer { folder } => {
            Diagnostic::hint(Conflict, format!("look at {} before you delete it", folder.display()))
        }
        E::System(error) => super::system::diagnose(error),
    }
}
