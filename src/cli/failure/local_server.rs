//! Exit codes and hints of the errors of the local server.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::workspace::local_server;

use Exit::{Conflict, Server, Tool, Unusable};

pub(super) fn diagnose(error: &local_server::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &local_server::Error) -> Diagnostic {
    use local_server::Error as E;
    match error {
        E::Unsupported => Diagnostic::hint(
            Unusable,
            "run devpi-server on another machine, and set its URL: `git config devpi.server URL`",
        ),
        E::PythonMissing { .. } => Diagnostic::hint(Tool, "install Python 3.9 or newer"),
        E::VenvModuleMissing { version, .. } => {
            Diagnostic::hint(Tool, format!("on Debian and Ubuntu: `sudo apt install python{version}-venv`"))
        }
        E::InstallFailed { output, .. } | E::InitFailed { output, .. } => {
            Diagnostic::new(Tool, &[]).with_output(output)
        }
        E::Exited { tail, .. } | E::Unresponsive { tail, .. } => Diagnostic::hint(
            Server,
            "`git devpi server remove`, then `git devpi server start`: this deletes every package on that server",
        )
        .with_output(tail),
        E::NoFreePort(_) => Diagnostic::new(Server, &[]),
        E::ProcessUnknown { .. } | E::DoesNotStop { .. } => {
            Diagnostic::hint(Server, "find its process and stop it: `ps -ef | grep devpi-server`, then `kill PID`")
        }
        E::NotALocalServer { folder } => Diagnostic::hint(
            Conflict,
            format!("look at its files before you delete it: `ls -la '{}'`", folder.display()),
        ),
        E::System(error) => super::system::diagnose(error),
    }
}
