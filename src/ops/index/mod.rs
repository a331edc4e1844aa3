//! `index`: shows, creates, deletes and restores indexes.

mod create;
mod delete;
mod restore;
mod role;
mod show;
mod trash;

pub use create::create;
pub use delete::{PlannedDeletion, delete, plan_deletion};
pub use restore::{FileOutcome, Restored, restore};
pub use role::{IndexRole, ListedIndex};
pub use show::{IndexDetail, list, show};
pub use trash::{Trash, trash};
