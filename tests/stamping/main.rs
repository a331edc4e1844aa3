//! Every version source, built by its real backend: one test for each layout of a project.
//!
//! The tests do not rely on git-devpi's output: they read name and version from the built files, and compare the work tree byte
//! for byte.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod inspect;
mod layout;

mod backends;
mod builders;
mod git_features;
mod interrupted;
mod linux_wheels;
mod local_references;
mod monorepo;
mod native;
mod setuptools;
mod tag_patterns;
mod version_from_tags;
