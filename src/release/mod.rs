//! One version of one project on one index: lookup, claim, build, publication, fetch, reports and
//! evidence.

pub mod build_files;
pub mod claim;
pub(crate) mod claim_holder;
pub(crate) mod claim_timeout;
pub mod compatible;
pub mod constraints;
mod error;
pub mod evidence;
pub mod fetch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_targets;
pub(crate) mod held_claim;
pub mod junit;
pub mod local_build;
pub mod lookup;
pub mod newest;
pub mod newest_commit;
pub(crate) mod preflight;
pub(crate) mod private_index;
pub(crate) mod provenance_report;
pub(crate) mod publication;
pub mod publish;
pub mod publish_unclaimed;
pub mod registration;
pub mod reports;
pub mod restore;
pub mod select;
pub(crate) mod settling;
pub mod staging;
pub mod survey;
mod upload_limit;

pub use error::Error;
