//! The Python project and its tools: name and version, building, testing and installing.
//!
//! This is the only room that knows `pyproject.toml`, build backends, tox, pip and uv. It reads name and version from files and
//! starts no Python process for them: the `version` verb must be quick and work without Python. It does not use git: a version from
//! a tag is [`version_source::VersionSource::Scm`], and the caller reads the tag.

pub mod backend;
mod build_environment;
pub mod builder;
mod cargo_lock;
mod egg_info;
mod error;
pub mod file_edit;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_targets;
mod ini;
pub mod installer;
pub mod interpreter;
mod literal_search;
mod local_reference;
pub mod metadata;
pub mod outside_files;
pub mod pip;
pub mod project;
mod project_files;
mod pyproject;
mod python_options;
mod python_source;
mod python_tokens;
mod python_value;
mod reverse_edit;
mod source_text;
pub mod source_tree;
pub mod stamp;
mod static_value;
pub mod tox;
pub mod tox_environments;
pub mod tox_file;
mod tox_requires;
pub mod tox_setup;
mod tox_snippet;
mod version_literal;
pub mod version_source;
pub mod wheel_repair;

pub use error::Error;
