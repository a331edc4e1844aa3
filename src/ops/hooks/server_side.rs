//! Installs post-receive in the bare repository that others push to, always as a file: git servers are older than clones.

use crate::ops::Error;
use crate::ops::hooks::event::Event;
use crate::ops::hooks::folder::HooksFolder;
use crate::ops::hooks::install::{InstallOutcome, Mode, action, carry_out};
use crate::workspace::Workspace;

/// The remote that a bare repository is to itself.
const ITSELF: &str = ".";

/// Installs the hook. With `chain`, it calls an existing hook first.
///
/// The branches of the repository itself are the authority then, so `devpi.remote` is set where another remote would be.
pub fn install_server_side(workspace: &Workspace<'_>, chain: bool) -> Result<InstallOutcome, Error> {
    let repository = workspace.repository()?;
    if let Some(work_tree) = repository.work_tree() {
        return Err(Error::NotBare { path: work_tree.to_owned() });
    }
    let folder = HooksFolder::own(workspace)?;
    let hooks = vec![(Event::PostReceive, action(&folder, Event::PostReceive, (chain, None))?)];
    carry_out(repository, &folder, &hooks)?;
    if repository.remotes()? != [ITSELF] {
        repository.config_set("devpi.remote", ITSELF)?;
    }
    Ok(InstallOutcome { mode: Mode::File, hooks, folder: Some(folder.path) })
}
