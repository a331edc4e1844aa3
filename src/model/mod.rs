//! Floor 1: the domain types and the rules about them.
//!
//! This room performs no I/O and reads no clock, environment variable or network; callers pass in what a rule needs. So each rule can
//! be tested without a mock.

pub mod attestation;
pub mod authority;
pub mod available;
pub mod base_version;
pub mod bases_from;
pub mod ci;
pub mod deletion;
pub mod dependency;
pub mod distribution;
pub mod evidence;
pub mod fleet;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_targets;
pub mod index_name;
pub mod index_right;
pub mod loopback;
pub mod names;
pub mod pasted_url;
pub mod promotion;
pub mod record;
pub mod ref_update;
pub mod release;
pub mod remote_url;
pub mod requirements;
pub mod size;
pub mod staleness;
pub mod stamp;
pub mod thinning;
pub mod tox_result;
pub mod url_secret;
