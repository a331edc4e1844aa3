//! A second place of the version: `__version__` in the package, beside the version that the backend reads.

use std::str::FromStr;

use pep440_rs::Version;

use super::source::VersionSource;
use super::version_span::{VersionSpan, locate};
use crate::python::error::Error;
use crate::python::literal_search::{Followed, LiteralLocation, find_module, follow};
use crate::python::project_files::ProjectFiles;
use crate::python::pyproject::TomlFile;
use crate::python::source_tree::SourceTree;

/// The name that modules keep their version in.
const NAME: &str = "__version__";
/// Modules of a package that may hold it, beside what `__init__` imports.
const MODULES: [&str; 4] = ["__about__.py", "_version.py", "version.py", "about.py"];

/// A literal beside the version source.
#[derive(Debug)]
pub(in crate::python) struct SecondPlace {
    /// The file, relative to the project's folder.
    pub path: String,
    /// The literal.
    pub span: VersionSpan,
}

impl SecondPlace {
    /// Whether it is the same version as `base`: `1.4` and `1.4.0` are.
    pub fn equals(&self, base: &str) -> bool {
        let parsed = |text: &str| Version::from_str(text.trim()).ok();
        parsed(self.span.text()).is_some_and(|version| parsed(base) == Some(version))
    }
}

/// Finds the literals of the project's packages that `source` does not cover; none if the version comes from a tag or a variable.
pub(in crate::python) fn find(tree: SourceTree<'_>, source: &VersionSource) -> Result<Vec<SecondPlace>, Error> {
    let mut found: Vec<SecondPlace> = Vec::new();
    if source.needs_tag() {
        return Ok(found);
    }
    let files = ProjectFiles::read(tree)?;
    let roots = roots(files.pyproject.as_ref());
    for path in modules(&files, &roots)? {
        let start = LiteralLocation { path, name: NAME.to_owned() };
        let Ok(Followed::Literal(LiteralLocation { path, name })) = follow(tree, start, &roots) else { continue };
        let is_source = match source {
            VersionSource::Attribute { path: other, name: other_name } => {
                same_file(&path, other) && name == *other_name
            }
            VersionSource::File { path: other } | VersionSource::RegexFile { path: other, .. } => {
                same_file(&path, other)
            }
            _ => false,
        };
        if is_source || found.iter().any(|known| known.path == path) {
            continue;
        }
        if let Some(span) = locate(tree, &VersionSource::Attribute { path: path.clone(), name })? {
            found.push(SecondPlace { path, span });
        }
    }
    Ok(found)
}

fn same_file(path: &str, other: &str) -> bool {
    path.trim_start_matches("./") == other.trim_start_matches("./")
}

/// The modules of the project's packages: those of its name, and those that its configuration names.
fn modules(files: &ProjectFiles, roots: &[String]) -> Result<Vec<String>, Error> {
    let mut names = vec![files.name()?.as_str().replace('-', "_"), files.name()?.as_str().replace('-', "/")];
    if let Some(pyproject) = &files.pyproject {
        names.extend(configured(pyproject));
    }
    let mut paths = Vec::new();
    for name in names {
        let Some(path) = find_module(files.tree, roots, &name) else { continue };
        let package = path.strip_suffix("__init__.py").map(str::to_owned);
        paths.push(path);
        if let Some(package) = package {
            paths.extend(
                MODULES.map(|module| format!("{package}{module}")).into_iter().filter(|path| files.tree.has(path)),
            );
        }
    }
    Ok(paths)
}

fn configured(pyproject: &TomlFile) -> Vec<String> {
    const NAMES: [&[&str]; 4] = [
        &["tool", "flit", "module", "name"],
        &["tool", "uv", "build-backend", "module-name"],
        &["tool", "pdm", "build", "package-name"],
        &["tool", "maturin", "module-name"],
    ];
    const LISTS: [&[&str]; 4] = [
        &["tool", "setuptools", "packages"],
        &["tool", "setuptools", "py-modules"],
        &["tool", "hatch", "build", "targets", "wheel", "packages"],
        &["tool", "pdm", "build", "includes"],
    ];
    let mut names: Vec<&str> = NAMES.iter().filter_map(|path| pyproject.text(path)).collect();
    names.extend(LISTS.iter().flat_map(|path| pyproject.texts(path)));
    let poetry = pyproject.get(&["tool", "poetry", "packages"]).and_then(toml_edit::Item::as_array);
    names.extend(poetry.into_iter().flatten().filter_map(|table| table.as_inline_table()?.get("include")?.as_str()));
    let is_module = |name: &&str| !name.is_empty() && !name.contains(['*', '\\']) && !name.starts_with(['.', '/']);
    names.into_iter().filter(is_module).map(|name| name.trim_end_matches('/').to_owned()).collect()
}

fn roots(pyproject: Option<&TomlFile>) -> Vec<String> {
    let mut roots = vec!["src".to_owned(), ".".to_owned()];
    let named: [&[&str]; 3] = [
        &["tool", "maturin", "python-source"],
        &["tool", "setuptools", "package-dir", ""],
        &["tool", "uv", "build-backend", "module-root"],
    ];
    roots.extend(
        named.iter().filter_map(|path| pyproject?.text(path)).filter(|root| !root.is_empty()).map(str::to_owned),
    );
    roots
}
