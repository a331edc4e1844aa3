//! Following a name through aliases and imports to the module that has the literal.

use std::path::Path;

use super::error::Error;
use super::python_source::{Bound, attribute_of_module, binding};
use super::source_tree::SourceTree;
use super::version_literal::version_literal;

/// The maximum number of imports and aliases to follow.
const MAX_STEPS: usize = 6;

/// The location of a literal: the file, and the name that it is bound to there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiteralLocation {
    pub path: String,
    pub name: String,
}

/// The end of a search for a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Followed {
    /// The literal.
    Literal(LiteralLocation),
    /// The file that ends the search, and why.
    DeadEnd { path: String, reason: String },
}

/// Follows a name through aliases and imports to its literal.
///
/// `roots` are the folders for absolute imports.
pub(super) fn follow(tree: SourceTree<'_>, start: LiteralLocation, roots: &[String]) -> Result<Followed, Error> {
    let mut location = start;
    let dead_end = |path: String, reason: String| Ok(Followed::DeadEnd { path, reason });
    for _ in 0..MAX_STEPS {
        let Some(file) = tree.text(&location.path)? else {
            return dead_end(location.path, "the file does not exist".to_owned());
        };
        if let Some(literal) = version_literal(file.text(), &location.name) {
            return Ok(Followed::Literal(LiteralLocation { name: literal.name, ..location }));
        }
        let bound = match binding(file.text(), &location.name) {
            Some(Bound::Computed(range)) => {
                attribute_of_module(file.text(), range.clone()).or(Some(Bound::Computed(range)))
            }
            bound => bound,
        };
        match bound {
            Some(Bound::Alias(name)) => location.name = name,
            Some(Bound::Import { level, module, name }) => {
                let roots = if level == 0 { roots.to_vec() } else { relative_root(&location.path, level) };
                let Some(path) = find_module(tree, &roots, &module) else {
                    let path = untracked_module(tree, &roots, &module).unwrap_or(location.path);
                    return dead_end(path, format!("the module {module} does not exist"));
                };
                location = LiteralLocation { path, name };
            }
            Some(Bound::Literal(_) | Bound::Computed(_)) => {
                return dead_end(location.path, format!("its {} is not a literal", location.name));
            }
            None => return dead_end(location.path, format!("it has no {}", location.name)),
        }
    }
    dead_end(location.path, format!("too many imports lead to {}", location.name))
}

/// The folder that a relative import of `level` dots starts from.
fn relative_root(path: &str, level: usize) -> Vec<String> {
    let mut folder = Path::new(path);
    for _ in 0..level {
        let Some(parent) = folder.parent() else { return Vec::new() };
        folder = parent;
    }
    vec![folder.to_string_lossy().replace('\\', "/")]
}

/// Finds the file of the dotted `module` in the first of `roots` that has it: `a/b.py` or `a/b/__init__.py`, relative to the project.
pub(super) fn find_module(tree: SourceTree<'_>, roots: &[String], module: &str) -> Option<String> {
    module_paths(roots, module).find(|path| tree.has(path))
}

/// The untracked file that [`find_module`] passes over.
pub(super) fn untracked_module(tree: SourceTree<'_>, roots: &[String], module: &str) -> Option<String> {
    module_paths(roots, module).find(|path| tree.is_untracked(path))
}

fn module_paths(roots: &[String], module: &str) -> impl Iterator<Item = String> {
    let parts = module.replace('.', "/");
    roots.iter().flat_map(move |root| {
        let prefix = match root.trim_end_matches('/') {
            "" | "." => String::new(),
            root => format!("{root}/"),
        };
        if parts.is_empty() {
            vec![format!("{prefix}__init__.py")]
        } else {
            vec![format!("{prefix}{parts}/__init__.py"), format!("{prefix}{parts}.py")]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_followed_to_its_literal() {
        let dir = tempfile::tempdir().unwrap();
        let package = dir.path().join("src/pkg");
        std::fs::create_dir_all(package.join("sub")).unwrap();
        std::fs::write(package.join("__init__.py"), "from .sub import (\n  other,\n  ver as __version__,\n)\n")
            .unwrap();
        std::fs::write(package.join("sub/__init__.py"), "from ..data import V as ver\n").unwrap();
        std::fs::write(package.join("data.py"), "from pkg._v import _x\nV = _x\n").unwrap();
        std::fs::write(package.join("_v.py"), "_x = '1.4'\n").unwrap();
        let start = LiteralLocation { path: "src/pkg/__init__.py".into(), name: "__version__".into() };
        let found = follow(SourceTree::all(dir.path()), start, &["src".into()]).unwrap();
        assert_eq!(found, Followed::Literal(LiteralLocation { path: "src/pkg/_v.py".into(), name: "_x".into() }));
    }

    #[test]
    fn a_circle_of_imports_ends() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.py"), "from b import v\n").unwrap();
        std::fs::write(dir.path().join("b.py"), "from a import v\n").unwrap();
        let start = LiteralLocation { path: "a.py".into(), name: "v".into() };
        let found = follow(SourceTree::all(dir.path()), start, &[".".into()]).unwrap();
        assert!(matches!(found, Followed::DeadEnd { .. }), "{found:?}");
    }
}
