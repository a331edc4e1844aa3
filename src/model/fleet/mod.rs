//! The repositories of one owner, as the records of its indexes and the contents of these indexes show them.
//!
//! Pure rules. Whether a branch is merged or deleted is not in them: only the repository's remote knows.

mod concern;
mod group;
mod releases;
mod repository;

pub use concern::{Concern, IDLE_AFTER};
pub use group::{FleetIndex, group};
pub use releases::{newest_final, passed_all, used_since};
pub use repository::{BranchEntry, Details, FleetProject, FleetRepository, sort_by_attention};

#[cfg(test)]
mod tests;
