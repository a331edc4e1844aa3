//! The index of a branch: found by its record, created, kept up to date, surveyed, and deleted.

pub mod bases;
pub mod branch_index;
pub mod contents;
pub mod crowded;
pub mod deleted_branches;
pub mod deletion;
pub mod dependents;
mod error;
pub mod expected;
pub mod kept_files;
pub mod known;
pub mod own_commits;
pub mod permissions;
pub mod release_indexes;
pub mod survey;
pub mod trash;
pub mod upkeep;

pub use error::Error;
