//! Exit codes and hints of the errors of the local server.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::workspace::local_server;

use Exit::{Conflict, Server, Tool, Unusable};

pub(super) fn verdict(error: &local_server::Error) -> Verdict {
    use local_server::Error as E;
    match error {
        E::Unsupported => Verdict::new(Unusable, &["run devpi-server elsewhere and name it: `--server URL`"]),
        E::PythonMissing { .. } => Verdict::new(Tool, &["install Python 3.9 or newer"]),
        E::VenvModuleMissing { version, .. } => {
            Verdict::hint(Tool, format!("on Debian and Ubuntu: `sudo apt install python{version}-venv`"))
        }
        E::InstallFailed { output, .. } | E::InitFailed { output, .. } => Verdict::new(Tool, &[]).with_output(output),
        E::Died { tail, .. } | E::Silent { tail, .. } => {
            Verdict::new(Server, &["`git devpi server remove` and `git devpi server start` begin anew"])
                .with_output(tail)
        }
        E::NoFreePort(_) => Verdict::new(Server, &[]),
        E::ProcessUnknown { .. } | E::DoesNotStop { .. } => Verdict::new(Server, &["stop its process by hand"]),
        E::NotOurs { folder } => Verdict::hint(Conflict, format!("look at {} before you delete it", folder.display())),
        E::System(error) => super::system::verdict(error),
    }
}
