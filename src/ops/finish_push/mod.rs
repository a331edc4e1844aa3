//! The finisher: a background process after a push that moves a release branch or deletes a branch.
//!
//! pre-push runs before the result of the push is known. So it only notes what the push does, and starts the finisher. The finisher waits
//! for the end of the push, finds out what happened to the remote, and then cleans up as the other hooks do. It is quiet, there is one
//! at a time for a clone, and it has time limits. What it does not do, because it died or the server was down, the next hook does.

mod confirm;
mod note;

use std::time::Duration;

use crate::ops::Error;
use crate::ops::clean_up::clean_up;
use crate::ops::unfinished_push::{self, UnfinishedPush};
use crate::system::clock;
use crate::system::files::FileLock;
use crate::workspace::Workspace;

pub use note::{Pushed, note_and_start};

const LOCK: &str = "finish-push.lock";
/// The time limit of the clean-up.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The number of pushes in a row that one finisher serves.
const MAX_ROUNDS: usize = 10;

/// Waits for the end of the push, and cleans up if it succeeded. `pusher` is the process id of `git push`.
///
/// Does nothing while another finisher runs in the clone: that one sees the notes of this push.
pub fn finish_push(workspace: &Workspace<'_>, pusher: Option<u32>) -> Result<(), Error> {
    let repository = workspace.repository()?;
    for round in 0..MAX_ROUNDS {
        // A push that finds the lock taken has left its notes before, so they are read once more after each release of the lock.
        let Some(_lock) = FileLock::try_acquire(&repository.state_path(LOCK))? else { return Ok(()) };
        let notes = UnfinishedPush::read(repository);
        let is_grace_over = round == 0 && notes.is_grace_over(clock::now());
        if notes.refs.is_empty() && !is_grace_over {
            return Ok(());
        }
        let failed = confirm::failed(workspace, &notes.refs, pusher)?;
        if failed.len() < notes.refs.len() || is_grace_over {
            let done = clean_up(workspace, TIME_LIMIT)?;
            if !done.is_complete() {
                return unfinished_push::remove(repository, &failed);
            }
        }
        unfinished_push::remove(repository, &notes.refs)?;
    }
    Ok(())
}
