//! git-devpi gives every branch of a repository an index on a devpi server: builds its package once, tests that very file, promotes
//! what is green, and clears away what has been merged.
//!
//! The house, floor by floor (ARCHITECTURE.md has the table of who may call whom, `tests/architecture/` guards it):
//!
//! 1. [`model`] says what things are: words and rules, no input or output.
//! 2. [`system`], [`git`], [`devpi`], [`python`] each talk to one outside party.
//! 3. [`settings`] is what was asked for, and by whom.
//! 4. [`workspace`] is what every operation works with: repository, projects, settings, server session, cache, progress.
//! 5. [`build`] turns a commit into files; [`index`] finds, creates, surveys and deletes the index of a branch.
//! 6. [`release`] is one version on one index: looked up, claimed, built, published, fetched; its evidence.
//! 7. [`ops`] is one file per verb and hook.
//! 8. [`cli`] is how a person asks and sees.

pub mod build;
pub mod cli;
pub mod devpi;
pub mod git;
pub mod index;
pub mod model;
pub mod ops;
pub mod python;
pub mod release;
pub mod settings;
pub mod system;
pub mod workspace;
