//! Finding where a project keeps its version, without running its code.
//!
//! Each build backend has its own file here. [`VersionSource`] is the result; `locate` returns the range of the version, which both
//! reading the base and writing the stamp use.

mod attribute;
mod detect;
mod dunamai;
mod flit;
mod hatch;
mod native;
mod packages;
mod pdm;
mod poetry;
mod scikit_build;
mod scm;
mod scm_options;
mod second_place;
mod setuptools;
mod source;
mod tag_rule;
mod version_span;
mod version_text;

pub(super) use detect::find;
pub(super) use second_place::find as find_second_places;
pub use source::{ScmTool, VersionSource};
pub use tag_rule::{Parents, TagKinds, TagName, TagRule};
pub(super) use version_span::locate;

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
