//! The Python project and its tools: where it keeps its name and version, how it is built, tested and installed.
//!
//! This is the only room that knows `pyproject.toml`, build backends, tox, pip and uv. Name and version are *read*, never asked of a
//! Python process: the `version` verb must be quick and work where no Python is. It does not know git: a version that stands in a tag
//! is reported as [`version_source::VersionSource::Scm`] and left to the caller.

pub mod backend;
mod build_environment;
pub mod builder;
mod cargo_lock;
mod error;
pub mod file_edit;
mod ini;
pub mod installer;
pub mod interpreter;
pub mod metadata;
pub mod project;
mod project_files;
mod pyproject;
mod python_source;
mod python_tokens;
mod source_text;
pub mod stamp;
pub mod tox;
pub mod tox_environments;
pub mod tox_snippet;
pub mod version_source;

pub use error::Error;
