//! `init`: sets a repository up.
//!
//! In this order, because each needs what comes before it: what the settings are to be ([`answers`]), the log-in, then a [`Plan`] of
//! everything that is not as it should be, which is shown and carried out step by step. Where nothing is amiss the plan is empty, so it
//! may be run again at any time. Asking is the caller's business.

mod answers;
mod carry_out;
mod next_versions;
mod plan;

pub use answers::{Answer, answers, index_name_answer};
pub use carry_out::{Outcome, carry_out};
pub use next_versions::{NextVersions, next_versions};
pub use plan::{Plan, Step, plan};

use super::session::DEADLINE;
use super::{Error, Workbench};
use crate::devpi::{AuthStatus, Session};
use crate::model::names::UserName;

/// Who is logged in by a token that the server takes.
pub fn logged_in(workbench: &Workbench<'_>) -> Result<Option<UserName>, Error> {
    let Some((login, token)) = workbench.token_at_hand()? else { return Ok(None) };
    let server = workbench.connect(workbench.server_url()?.value, workbench.deadline(DEADLINE)?)?;
    let info = Session::new(&server, login.clone(), &token).probe()?;
    Ok((info.auth != AuthStatus::Anonymous).then_some(login))
}
