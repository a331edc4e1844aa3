//! A name of a Python module that leads to the version literal: `demo.about.VERSION`.

use super::source::VersionSource;
use crate::python::error::Error;
use crate::python::literal_search::{Followed, LiteralLocation, find_module, follow, untracked_module};
use crate::python::project_files::ProjectFiles;

/// The literal that `start` leads to; else an error that names the file which ends the search.
pub(super) fn literal(files: &ProjectFiles, start: LiteralLocation, roots: &[String]) -> Result<VersionSource, Error> {
    match follow(files.tree, start, roots)? {
        Followed::Literal(LiteralLocation { path, name }) => Ok(VersionSource::Attribute { path, name }),
        Followed::DeadEnd { path, reason } => Err(files.unknown(&path, &reason)),
    }
}

/// The file of `module`; else an error that names the untracked file of this module, or `file`, which names the module.
pub(super) fn module(files: &ProjectFiles, file: &str, (roots, module): (&[String], &str)) -> Result<String, Error> {
    find_module(files.tree, roots, module).ok_or_else(|| match untracked_module(files.tree, roots, module) {
        Some(path) => files.unknown(&path, ""),
        None => files.unknown(file, &format!("the module {module} does not exist")),
    })
}
