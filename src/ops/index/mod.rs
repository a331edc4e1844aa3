//! `index`: shows, creates and deletes indexes.

mod create;
mod delete;
mod role;
mod show;

pub use create::create;
pub use delete::{PlannedDeletion, delete, plan_deletion};
pub use role::{IndexRole, ListedIndex};
pub use show::{IndexDetail, list, show};
