//! `withdraw`: takes a release out of production.
//!
//! Production is the index that the settings on the remote's release branch name, as for `promote`. The release is deleted with one
//! request, a transaction of the server: production is the old or the new one at any moment, and stays non-volatile. Before that its
//! files are recorded in a log, and saved beside it when no index of a release branch holds all of them. So there is always a way back.

mod carry_out;
mod error;
mod log;
mod plan;
mod withdrawal;

pub use carry_out::{Mark, Withdrawn, carry_out};
pub use error::Error;
pub use plan::plan;
pub use withdrawal::{Plan, RestoreSource, Withdrawal};
