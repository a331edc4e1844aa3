//! The files that describe a Python project: `pyproject.toml`, `setup.cfg` and `setup.py`.

use std::path::PathBuf;

use super::backend::{self, Backend};
use super::error::Error;
use super::ini::Ini;
use super::pyproject::TomlFile;
use super::python_source::{Bound, binding, setup_keyword};
use super::source_text::SourceText;
use super::source_tree::SourceTree;
use crate::model::names::ProjectName;

/// The files that describe a project, each read once.
#[derive(Debug)]
pub(super) struct ProjectFiles<'a> {
    pub tree: SourceTree<'a>,
    pub pyproject: Option<TomlFile>,
    pub setup_cfg: Option<Ini>,
    pub setup_py: Option<SourceText>,
    pub backend: Backend,
}

impl<'a> ProjectFiles<'a> {
    /// Reads the files; [`Error::NoProject`] if none describes a project.
    pub fn read(tree: SourceTree<'a>) -> Result<Self, Error> {
        let pyproject = tree.toml("pyproject.toml")?;
        let setup_cfg = tree.text("setup.cfg")?.map(|file| Ini::parse(file.text()));
        let setup_py = tree.text("setup.py")?;
        let describes = |file: &TomlFile| {
            let tables: [&[&str]; 4] =
                [&["project"], &["build-system"], &["tool", "poetry"], &["tool", "flit", "metadata"]];
            tables.iter().any(|path| file.has(path))
        };
        let in_cfg = setup_cfg.as_ref().is_some_and(|cfg| cfg.has_section("metadata"));
        if !pyproject.as_ref().is_some_and(describes) && !in_cfg && setup_py.is_none() {
            let untracked =
                ["pyproject.toml", "setup.cfg", "setup.py"].into_iter().find(|name| tree.is_untracked(name));
            return Err(match untracked {
                Some(name) => Error::Untracked { file: tree.dir().join(name) },
                None => Error::NoProject { folder: tree.dir().to_owned() },
            });
        }
        let backend = backend::detect(pyproject.as_ref());
        Ok(Self { tree, pyproject, setup_cfg, setup_py, backend })
    }

    /// The error for an unknown version in `file`.
    pub fn unknown(&self, file: &str, reason: &str) -> Error {
        self.tree.unknown(file, reason)
    }

    /// The project's name, normalised.
    pub fn name(&self) -> Result<ProjectName, Error> {
        let name = self.literal_name()?.ok_or_else(|| Error::NameUnknown { folder: self.folder() })?;
        ProjectName::parse(&name).map_err(|source| Error::NameRefused { folder: self.folder(), source })
    }

    fn folder(&self) -> PathBuf {
        self.tree.dir().to_owned()
    }

    fn literal_name(&self) -> Result<Option<String>, Error> {
        const TABLES: [&[&str]; 4] = [
            &["project", "name"],
            &["tool", "poetry", "name"],
            &["tool", "flit", "metadata", "dist-name"],
            &["tool", "flit", "metadata", "module"],
        ];
        if let Some(pyproject) = &self.pyproject
            && let Some(name) = TABLES.iter().find_map(|path| pyproject.text(path))
        {
            return Ok(Some(name.to_owned()));
        }
        if let Some(name) = self.setup_cfg.as_ref().and_then(|cfg| cfg.get("metadata", &["name"])) {
            return Ok(Some(name.to_owned()));
        }
        if let Some(name) = self.name_in_setup_py()? {
            return Ok(Some(name));
        }
        if self.backend != Backend::Maturin {
            return Ok(None);
        }
        let Some(path) = self.cargo_manifest()? else { return Ok(None) };
        Ok(self.tree.toml(&path)?.and_then(|cargo| cargo.text(&["package", "name"]).map(str::to_owned)))
    }

    fn name_in_setup_py(&self) -> Result<Option<String>, Error> {
        let Some(setup) = &self.setup_py else { return Ok(None) };
        let text = setup.text();
        let bound = match setup_keyword(text, "name").map(|keyword| keyword.bound) {
            Some(Bound::Alias(name)) => binding(text, &name),
            other => other,
        };
        Ok(match bound {
            Some(Bound::Literal(range)) => Some(text[range].to_owned()),
            _ => None,
        })
    }

    /// The manifest that maturin reads: `manifest-path`, else `Cargo.toml`, else `rust/Cargo.toml`.
    pub fn cargo_manifest(&self) -> Result<Option<String>, Error> {
        let configured = self.pyproject.as_ref().and_then(|p| p.text(&["tool", "maturin", "manifest-path"]));
        for path in configured.into_iter().chain(["Cargo.toml", "rust/Cargo.toml"]) {
            if self.tree.has(path) {
                return Ok(Some(path.to_owned()));
            }
        }
        Ok(None)
    }
}
