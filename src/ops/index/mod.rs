//! `index`: shows, creates, deletes, restores and adopts indexes.

mod adopt;
mod create;
mod delete;
mod error;
mod restore;
mod role;
mod show;
mod sync;
mod trash;

pub use adopt::{AdoptedIndex, Adoption, adopt, plan_adoption};
pub use create::create;
pub use delete::{PlannedDeletion, delete, plan_deletion};
pub use error::Error;
pub use restore::{FileOutcome, Restored, restore};
pub use role::{IndexRole, ListedIndex};
pub use show::{IndexDetail, list, show};
pub use sync::{SyncPlan, SyncState, SyncedBranch, plan_sync, sync};
pub use trash::{Trash, trash};
