//! `init`: sets a repository up.
//!
//! The order follows from dependencies: the settings ([`answers`]), the login, then a [`Plan`] of all changes, which is shown
//! and executed step by step. The plan is empty if nothing has to be changed, so `init` can be repeated. The caller asks the
//! user.

mod access;
mod answers;
mod build_counter;
mod carry_out;
mod error;
mod journal;
mod named_server;
mod next_versions;
mod plan;
mod required_environments;
mod tox;
mod undo;

pub use crate::ops::init::access::access_answers;
pub use crate::ops::init::answers::Answer;
pub use crate::ops::init::answers::answers;
pub use crate::ops::init::answers::index_name_answer;
pub use crate::ops::init::build_counter::build_number_answer;
pub use crate::ops::init::carry_out::Outcome;
pub use crate::ops::init::carry_out::carry_out;
pub use crate::ops::init::error::InitElsewhere;
pub use crate::ops::init::journal::{created_user, note};
pub use crate::ops::init::named_server::named_server;
pub use crate::ops::init::next_versions::NextVersions;
pub use crate::ops::init::next_versions::next_versions;
pub use crate::ops::init::plan::ForeignHooks;
pub use crate::ops::init::plan::Plan;
pub use crate::ops::init::plan::PlanRequest;
pub use crate::ops::init::plan::Step;
pub use crate::ops::init::plan::ignored_files;
pub use crate::ops::init::plan::plan;
pub use crate::ops::init::plan::with_current_files;
pub use crate::ops::init::tox::ToxChange;
pub use crate::ops::init::tox::ToxRequest;
pub use crate::ops::init::undo::{LeftOnServer, UndoPlan, UndoStep, undo, undo_plan};

use crate::devpi::{AuthStatus, Session};
use crate::model::names::UserName;
use crate::ops::Error;
use crate::workspace::Workspace;
use crate::workspace::session::DEADLINE;

/// Returns the logged-in user, if the server accepts the stored token.
pub fn logged_in(workspace: &Workspace<'_>) -> Result<Option<UserName>, Error> {
    let Some((login, token)) = workspace.stored_token()? else { return Ok(None) };
    let server = workspace.connect(workspace.server_url()?.value, workspace.deadline(DEADLINE)?)?;
    let info = Session::new(&server.without_renewal(), login.clone(), &token).probe()?;
    Ok((info.auth != AuthStatus::Anonymous).then_some(login))
}
