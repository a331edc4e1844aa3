//! setuptools: `[tool.setuptools.dynamic]`, `setup.cfg`, `setup.py`, and the tools that plug into it.

use super::attribute;
use super::scm;
use super::source::VersionSource;
use super::version_text::{is_placeholder, is_version, version_file};
use crate::python::error::Error;
use crate::python::literal_search::{LiteralLocation, find_module};
use crate::python::project_files::ProjectFiles;
use crate::python::python_source::{Bound, attribute_of_module, possible_paths, setup_keyword};
use crate::python::static_value::strings;
use crate::python::version_literal::{of_expression, version_literal};

/// Finds the source that setuptools itself uses.
pub(super) fn find(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let tool = scm::declared(files)?;
    if let Some(source) = dynamic_table(files)? {
        return Ok(Some(source));
    }
    if let Some(source) = scm::in_setup_py(files)? {
        return Ok(Some(source));
    }
    if let Some(version) = files.setup_cfg.as_ref().and_then(|cfg| cfg.get("metadata", &["version"])) {
        if let Some(attribute) = version.strip_prefix("attr:") {
            return with_tool(dotted(files, "setup.cfg", attribute.trim()), tool).map(Some);
        }
        if let Some(path) = version.strip_prefix("file:") {
            return with_tool(only_version(files, path.trim()), tool).map(Some);
        }
        if tool.is_none() || !is_placeholder(version) {
            return Ok(Some(VersionSource::SetupCfg));
        }
    }
    if tool.is_some() {
        return Ok(tool);
    }
    in_setup_py(files)
}

/// `[tool.setuptools.dynamic] version = {attr = "…"}` or `{file = …}`; the SCM tool if it generates the attribute.
fn dynamic_table(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(pyproject) = &files.pyproject else { return Ok(None) };
    let at = |key| ["tool", "setuptools", "dynamic", "version", key];
    if let Some(name) = pyproject.text(&at("attr")) {
        return with_tool(dotted(files, "pyproject.toml", name), scm::declared(files)?).map(Some);
    }
    let paths = match pyproject.text(&at("file")) {
        Some(path) => vec![path],
        None => pyproject.texts(&at("file")),
    };
    match paths.as_slice() {
        [] => Ok(None),
        [path] => only_version(files, path).map(Some),
        _ => Err(files.unknown("pyproject.toml", "its version comes from several files")),
    }
}

/// The SCM tool where the version cannot be read: the tool writes the file that should contain it.
fn with_tool(found: Result<VersionSource, Error>, tool: Option<VersionSource>) -> Result<VersionSource, Error> {
    match (found, tool) {
        (Err(Error::VersionUnknown { .. } | Error::Untracked { .. }), Some(tool)) => Ok(tool),
        (found, _) => found,
    }
}

/// The file `path`, whose complete text must be a version.
fn only_version(files: &ProjectFiles, path: &str) -> Result<VersionSource, Error> {
    version_file(files.tree, path)?.ok_or_else(|| files.unknown(path, "it does not contain only a version"))
}

/// `pkg.module.NAME` in `file`, as setuptools resolves it.
fn dotted(files: &ProjectFiles, file: &str, dotted: &str) -> Result<VersionSource, Error> {
    let (module, name) = dotted.rsplit_once('.').unwrap_or(("", dotted));
    let roots = roots(files);
    let path = attribute::module(files, file, (&roots, module))?;
    attribute::literal(files, LiteralLocation { path, name: name.to_owned() }, &roots)
}

/// The folders of packages: those configured, then `src`, then the project's folder.
pub(super) fn roots(files: &ProjectFiles) -> Vec<String> {
    let mut roots = Vec::new();
    if let Some(pyproject) = &files.pyproject {
        roots.extend(pyproject.text(&["tool", "setuptools", "package-dir", ""]).map(str::to_owned));
        let places = pyproject.texts(&["tool", "setuptools", "packages", "find", "where"]);
        roots.extend(places.into_iter().map(str::to_owned));
    }
    if let Some(cfg) = &files.setup_cfg {
        let package_dir = cfg.get("options", &["package_dir"]).into_iter().flat_map(str::lines);
        roots.extend(package_dir.filter_map(|line| line.trim().strip_prefix('=')).map(|dir| dir.trim().to_owned()));
        roots.extend(cfg.get("options.packages.find", &["where"]).map(str::to_owned));
    }
    if let Some(setup) = &files.setup_py {
        let package_dir = setup_keyword(setup.text(), "package_dir").into_iter().flat_map(|keyword| keyword.texts);
        roots.extend(package_dir.filter(|text| !text.is_empty()));
    }
    roots.extend(["src".to_owned(), ".".to_owned()]);
    roots
}

/// The names of the version in a module that `setup.py` reads.
const NAMES: [&str; 4] = ["__version__", "VERSION", "version", "__VERSION__"];

/// The keyword `version` of `setup(…)`: a literal, a name bound to one, or an expression that names one file.
fn in_setup_py(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(setup) = &files.setup_py else { return Ok(None) };
    let Some(keyword) = setup_keyword(setup.text(), "version") else { return Ok(None) };
    let bound = match keyword.bound {
        Bound::Computed(range) => attribute_of_module(setup.text(), range.clone()).unwrap_or(Bound::Computed(range)),
        bound => bound,
    };
    let in_expression = match bound {
        Bound::Literal(_) => return Ok(Some(VersionSource::SetupPy)),
        Bound::Alias(name) => {
            let start = LiteralLocation { path: "setup.py".to_owned(), name };
            attribute::literal(files, start, &roots(files)).ok()
        }
        Bound::Computed(range) => match of_expression(setup.text(), "", range) {
            Some(literal) if literal.name.is_empty() => return Ok(Some(VersionSource::SetupPy)),
            Some(literal) => Some(VersionSource::Attribute { path: "setup.py".to_owned(), name: literal.name }),
            None => {
                let joined = keyword.texts.join("/");
                keyword.texts.iter().chain([&joined]).find_map(|path| versioned_file(files, path))
            }
        },
        Bound::Import { module, name, .. } => {
            let roots = roots(files);
            let path = find_module(files.tree, &roots, &module);
            path.and_then(|path| attribute::literal(files, LiteralLocation { path, name }, &roots).ok())
        }
    };
    if let Some(found) = in_expression.or_else(|| only_file_named(files, setup.text())) {
        return Ok(Some(found));
    }
    match paths_in(setup.text()).into_iter().find(|path| files.tree.is_untracked(path)) {
        Some(path) => Err(files.unknown(&path, "")),
        None => Err(files.unknown("setup.py", "code computes it")),
    }
}

/// The only file with a version that `setup.py` names, as in `with open("VERSION") as f:`; `None` if there are several.
///
/// A wrong match is harmless: the builder checks the version of the built files.
fn only_file_named(files: &ProjectFiles, setup: &str) -> Option<VersionSource> {
    let mut found = Vec::new();
    for source in paths_in(setup).iter().filter_map(|path| versioned_file(files, path)) {
        if !found.contains(&source) {
            found.push(source);
        }
    }
    found.pop().filter(|_| found.is_empty())
}

/// The paths that `setup.py` may name: its strings, and what its expressions join.
fn paths_in(setup: &str) -> Vec<String> {
    let mut paths = possible_paths(setup);
    paths.extend(strings(setup).into_iter().map(|path| path.trim_start_matches("./").to_owned()));
    paths.retain(|path| !path.is_empty());
    paths
}

/// A file that contains only a version (`VERSION`), or a module with a literal (`pkg/__init__.py`).
fn versioned_file(files: &ProjectFiles, path: &str) -> Option<VersionSource> {
    // A file that cannot be read or is outside the repository is not a candidate.
    let source = files.tree.text(path).ok()??;
    if is_version(source.text()) {
        return Some(VersionSource::File { path: path.to_owned() });
    }
    let names = NAMES.into_iter().filter(|_| path.ends_with(".py"));
    let name = names.filter_map(|name| version_literal(source.text(), name)).next()?.name;
    Some(VersionSource::Attribute { path: path.to_owned(), name })
}
