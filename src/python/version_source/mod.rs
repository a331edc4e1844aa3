//! Where a project keeps its version, found without running anything of it.
//!
//! Each build backend has its own place; one file here per backend. [`VersionSource`] is the answer, `place` the stretch of text it
//! means: reading the base and writing the stamp use the same stretch.

mod detect;
mod flit;
mod hatch;
mod native;
mod pdm;
mod poetry;
mod scikit_build;
mod scm;
mod setuptools;
mod source;
mod version_span;
mod version_text;

pub(super) use detect::find;
pub use source::{ScmTool, VersionSource};
pub(super) use version_span::place;

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
