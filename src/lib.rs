//! git-devpi gives every branch of a repository an index on a devpi server: builds its package once, tests that very file, promotes
//! what is green, and clears away what has been merged.
//!
//! The house, floor by floor (ARCHITECTURE.md has the table of who may call whom, `tests/architecture/` guards it):
//!
//! 1. [`model`] says what things are: words and rules, no input or output.
//! 2. [`system`], [`git`], [`devpi`], [`python`] each talk to one outside party.
//! 3. [`settings`] is what was asked for, and by whom.
//! 4. [`ops`] is what we do, one file per verb.
//! 5. [`cli`] is how a person asks and sees.

pub mod cli;
pub mod devpi;
pub mod git;
pub mod model;
pub mod ops;
pub mod python;
pub mod settings;
pub mod system;
