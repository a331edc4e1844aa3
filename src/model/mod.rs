//! Floor 1: what things are, and the rules about them.
//!
//! Nothing here reads a file, a clock, a variable or the network; what a rule needs is handed to it. That is what makes every rule
//! testable without a mock.

pub mod base_version;
pub mod ci;
pub mod distribution;
pub mod evidence;
pub mod index_name;
pub mod names;
pub mod promotion;
pub mod record;
pub mod ref_update;
pub mod release;
pub mod staleness;
pub mod stamp;
pub mod tox_result;
