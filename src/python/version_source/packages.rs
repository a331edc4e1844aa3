//! The top-level packages of a project: those of its name, those that its configuration names, and those in its source folders.

use super::setuptools;
use crate::python::backend::Backend;
use crate::python::error::Error;
use crate::python::literal_search::find_module;
use crate::python::project_files::ProjectFiles;
use crate::python::pyproject::TomlFile;
use crate::python::python_source::{Bound, setup_keyword};
use crate::system::files::folder_names;

/// Modules of a package that may hold its version, beside what `__init__` imports.
const MODULES: [&str; 4] = ["__about__.py", "_version.py", "version.py", "about.py"];
/// Folders beside the packages that setuptools' automatic discovery passes over, in a layout without a source folder.
const NOT_PACKAGES: [&str; 24] = [
    "ci",
    "bin",
    "debian",
    "doc",
    "docs",
    "documentation",
    "manpages",
    "news",
    "newsfragments",
    "changelog",
    "examples",
    "example",
    "scripts",
    "tools",
    "util",
    "utils",
    "python",
    "build",
    "benchmark",
    "benchmarks",
    "exercises",
    "htmlcov",
    "tasks",
    "site_scons",
];
/// The number of folders above a package that is in a namespace (`google/cloud/storage`).
const NAMESPACE_DEPTH: usize = 3;

/// The files of the project's packages that may hold a version.
pub(super) fn modules(files: &ProjectFiles, roots: &[String]) -> Result<Vec<String>, Error> {
    let name = files.name()?;
    let named = configured(files);
    let of_project = [name.as_str().replace('-', "_"), name.as_str().replace('-', "/")];
    let mut found: Vec<String> =
        of_project.iter().chain(&named).filter_map(|name| find_module(files.tree, roots, name)).collect();
    for root in roots {
        let is_source_folder = root != "." && !root.starts_with('/') && !root.contains("..");
        let is_searched = matches!(files.backend, Backend::Setuptools | Backend::Pdm) && named.is_empty();
        if is_source_folder || root == "." && is_searched {
            found.extend(packages_in(files, root, NAMESPACE_DEPTH)?);
        }
    }
    let beside = |path: &String| {
        path.strip_suffix("__init__.py").map(|folder| MODULES.map(|module| format!("{folder}{module}")))
    };
    let mut modules: Vec<String> = Vec::new();
    for path in found {
        let beside = beside(&path).into_iter().flatten().filter(|path| files.tree.has(path));
        for path in [path.clone()].into_iter().chain(beside) {
            if !modules.contains(&path) {
                modules.push(path);
            }
        }
    }
    Ok(modules)
}

/// The `__init__.py` of each package in `root`, and of those in namespaces. A folder with a project of its own is none.
fn packages_in(files: &ProjectFiles, root: &str, depth: usize) -> Result<Vec<String>, Error> {
    let is_top = root == ".";
    let prefix = if is_top { String::new() } else { format!("{}/", root.trim_end_matches('/')) };
    let is_project = |folder: &str| {
        ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|file| files.tree.has(&format!("{folder}/{file}")))
    };
    let mut found = Vec::new();
    for name in folder_names(&files.tree.dir().join(root))? {
        let is_name =
            name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
        let is_passed_over = is_top && (NOT_PACKAGES.contains(&&*name) || name.to_lowercase().contains("test"));
        let folder = format!("{prefix}{name}");
        if !is_name || is_passed_over || is_project(&folder) {
            continue;
        }
        let init = format!("{folder}/__init__.py");
        if files.tree.has(&init) {
            found.push(init);
        } else if depth > 1 && !is_top {
            found.extend(packages_in(files, &folder, depth - 1)?);
        }
    }
    Ok(found)
}

/// The packages and modules that the configuration names.
fn configured(files: &ProjectFiles) -> Vec<String> {
    let mut names = files.pyproject.as_ref().map(in_pyproject).unwrap_or_default();
    if let Some(cfg) = &files.setup_cfg {
        let lists = ["packages", "py_modules"].into_iter().filter_map(|key| cfg.get("options", &[key]));
        let words = lists.flat_map(|list| list.split([',', '\n'])).map(str::trim);
        names.extend(words.filter(|word| !word.contains(':')).map(str::to_owned));
    }
    if let Some(setup) = &files.setup_py {
        for keyword in ["packages", "py_modules"].into_iter().filter_map(|name| setup_keyword(setup.text(), name)) {
            let is_list = match &keyword.bound {
                Bound::Computed(range) => setup.text()[range.clone()].starts_with(['[', '(']),
                _ => false,
            };
            names.extend(keyword.texts.into_iter().filter(|_| is_list));
        }
    }
    let is_module = |name: &String| !name.is_empty() && !name.contains(['*', '\\']) && !name.starts_with(['.', '/']);
    names.retain(is_module);
    names.into_iter().map(|name| name.trim_end_matches('/').to_owned()).collect()
}

fn in_pyproject(pyproject: &TomlFile) -> Vec<String> {
    const NAMES: [&[&str]; 4] = [
        &["tool", "flit", "module", "name"],
        &["tool", "uv", "build-backend", "module-name"],
        &["tool", "pdm", "build", "package-name"],
        &["tool", "maturin", "module-name"],
    ];
    const LISTS: [&[&str]; 7] = [
        &["tool", "setuptools", "packages"],
        &["tool", "setuptools", "py-modules"],
        &["tool", "hatch", "build", "packages"],
        &["tool", "hatch", "build", "targets", "wheel", "packages"],
        &["tool", "hatch", "build", "targets", "wheel", "only-include"],
        &["tool", "scikit-build", "wheel", "packages"],
        &["tool", "pdm", "build", "includes"],
    ];
    let mut names: Vec<&str> = NAMES.iter().filter_map(|path| pyproject.text(path)).collect();
    names.extend(LISTS.iter().flat_map(|path| pyproject.texts(path)));
    let poetry = pyproject.get(&["tool", "poetry", "packages"]).and_then(toml_edit::Item::as_array);
    names.extend(poetry.into_iter().flatten().filter_map(|table| table.as_inline_table()?.get("include")?.as_str()));
    names.into_iter().map(str::to_owned).collect()
}

/// The folders that hold top-level packages: `src`, the project's folder, and those that its configuration names.
pub(super) fn roots(files: &ProjectFiles) -> Vec<String> {
    const NAMED: [&[&str]; 3] = [
        &["tool", "maturin", "python-source"],
        &["tool", "uv", "build-backend", "module-root"],
        &["tool", "pdm", "build", "package-dir"],
    ];
    let mut roots = vec!["src".to_owned(), ".".to_owned()];
    let named = NAMED.iter().filter_map(|path| files.pyproject.as_ref()?.text(path)).map(str::to_owned);
    let poetry = files.pyproject.as_ref().and_then(|file| file.get(&["tool", "poetry", "packages"])?.as_array());
    let from = poetry.into_iter().flatten().filter_map(|table| table.as_inline_table()?.get("from")?.as_str());
    for root in named.chain(from.map(str::to_owned)).chain(setuptools::roots(files)) {
        let root = root.trim_end_matches('/').to_owned();
        if !root.is_empty() && !roots.contains(&root) {
            roots.push(root);
        }
    }
    roots
}
