//! flit: `__version__` of the module itself.

use super::source::VersionSource;
use crate::python::error::Error;
use crate::python::project_files::ProjectFiles;
use crate::python::python_source::{LiteralLocation, find_module, follow};

/// Follows `__version__` from the module to its literal.
///
/// flit reads a literal from the syntax tree, else imports the module (idna: `from .package_data import __version__`).
pub(super) fn find(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(pyproject) = &files.pyproject else { return Ok(None) };
    let named = [["tool", "flit", "module", "name"], ["tool", "flit", "metadata", "module"]];
    let module = named.iter().find_map(|path| pyproject.text(path)).map(str::to_owned);
    let of_project = || pyproject.text(&["project", "name"]).map(|name| name.replace('-', "_"));
    let Some(module) = module.or_else(of_project) else { return Ok(None) };
    // flit rejects a module that is in both folders, so the order does not matter.
    let roots = [".".to_owned(), "src".to_owned()];
    let Some(path) = find_module(&files.dir, &roots, &module) else {
        return Err(files.unknown("pyproject.toml", &format!("there is no module {module}")));
    };
    let start = LiteralLocation { path: path.clone(), name: "__version__".to_owned() };
    let found = follow(&files.dir, start, &roots)?;
    let source = found.map(|LiteralLocation { path, name }| VersionSource::Attribute { path, name });
    source.map(Some).ok_or_else(|| files.unknown(&path, "its __version__ is not a literal"))
}
