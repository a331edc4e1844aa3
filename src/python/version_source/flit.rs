//! flit: `__version__` of the module itself, or flit_scm.

use super::attribute;
use super::source::{ScmTool, VersionSource};
use super::{scm, scm_options};
use crate::python::error::Error;
use crate::python::literal_search::LiteralLocation;
use crate::python::project_files::ProjectFiles;

/// Follows `__version__` from the module to its literal.
///
/// flit reads a literal from the syntax tree, else imports the module (idna: `from .package_data import __version__`).
pub(super) fn find(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(pyproject) = &files.pyproject else { return Ok(None) };
    if pyproject.text(&["build-system", "build-backend"]).is_some_and(|backend| backend.starts_with("flit_scm")) {
        let tags = scm_options::of_table(pyproject.get(&["tool", "setuptools_scm"]), None);
        return scm::checked(files, "pyproject.toml", scm::source(ScmTool::FlitScm, tags)).map(Some);
    }
    let named = [["tool", "flit", "module", "name"], ["tool", "flit", "metadata", "module"]];
    let module = named.iter().find_map(|path| pyproject.text(path)).map(str::to_owned);
    let of_project = || pyproject.text(&["project", "name"]).map(|name| name.replace('-', "_"));
    let Some(module) = module.or_else(of_project) else { return Ok(None) };
    // flit rejects a module that is in both folders, so the order does not matter.
    let roots = [".".to_owned(), "src".to_owned()];
    let path = attribute::module(files, "pyproject.toml", (&roots, &module))?;
    let start = LiteralLocation { path, name: "__version__".to_owned() };
    attribute::literal(files, start, &roots).map(Some)
}
