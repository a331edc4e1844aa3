//! git-devpi gives every branch of a repository an index on a devpi server.
//!
//! It builds the package of a branch once, tests exactly that file, promotes releases that passed their tests, and deletes the indexes
//! of merged and deleted branches.
//!
//! The modules form floors (ARCHITECTURE.md has the table of allowed calls, which `tests/architecture/` checks):
//!
//! 1. [`model`]: types and rules without input or output.
//! 2. [`system`], [`git`], [`devpi`], [`python`]: one outside party each.
//! 3. [`settings`]: the values of all settings, with their origins.
//! 4. [`workspace`]: repository, projects, settings, server session, cache and progress of one run.
//! 5. [`build`]: from a commit to files; [`index`]: finds, creates, surveys and deletes the index of a branch.
//! 6. [`release`]: looks up, claims, builds, publishes and fetches one version on one index; its evidence.
//! 7. [`ops`]: one file or folder per verb and hook.
//! 8. [`cli`]: arguments, output, prompts and exit codes.

pub mod build;
pub mod cli;
pub mod devpi;
#[cfg(any(test, fuzzing))]
pub mod fuzz_targets;
pub mod git;
pub mod index;
pub mod model;
pub mod ops;
pub mod python;
pub mod release;
pub mod settings;
pub mod system;
pub mod workspace;
