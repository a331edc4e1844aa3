//! Backends that take the version from another build system: maturin (Cargo), meson-python (Meson).

use super::source::VersionSource;
use super::version_text::version_file;
use crate::python::error::Error;
use crate::python::project_files::ProjectFiles;
use crate::python::python_source::{Bound, meson_project_keyword};

/// Finds the crate's version; with `version.workspace = true` that of the workspace, also above the project.
pub(super) fn find_maturin(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(manifest) = files.cargo_manifest()? else { return Ok(None) };
    let mut path = manifest;
    loop {
        match files.tree.toml(&path) {
            Ok(Some(cargo))
                if cargo.text(&["package", "version"]).is_some()
                    || cargo.text(&["workspace", "package", "version"]).is_some() =>
            {
                return Ok(Some(VersionSource::CargoToml { path }));
            }
            Ok(_) => path = above(&path),
            Err(Error::OutsideProject { .. }) => return Ok(None),
            Err(other) => return Err(other),
        }
    }
}

/// The manifest of the folder above: `a/Cargo.toml` → `Cargo.toml` → `../Cargo.toml`.
fn above(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if folder.split('/').all(|part| part.is_empty() || part == "..") {
        return format!("../{path}");
    }
    folder.rsplit_once('/').map_or("Cargo.toml".to_owned(), |(above, _)| format!("{above}/Cargo.toml"))
}

/// Finds the keyword of Meson's `project(…)`: a literal or `files('VERSION')`.
pub(super) fn find_meson(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(build) = files.tree.text("meson.build")? else { return Ok(None) };
    match meson_project_keyword(build.text(), "version") {
        Some(keyword) if matches!(keyword.bound, Bound::Literal(_)) => Ok(Some(VersionSource::MesonBuild)),
        Some(keyword) => match keyword.texts.as_slice() {
            [path] => version_file(files.tree, path),
            _ => Ok(None),
        },
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::source_tree::SourceTree;
    use crate::python::version_source::version_span::locate;

    #[test]
    fn a_workspace_may_lie_above_the_project() {
        let top = tempfile::tempdir().unwrap();
        let files = [
            (".git", "gitdir: elsewhere\n"),
            ("Cargo.toml", "[workspace.package]\nversion = \"1.4.2\"\n"),
            (
                "py/demo/pyproject.toml",
                "[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n[project]\nname = \"demo\"\ndynamic = [\"version\"]\n",
            ),
            ("py/demo/Cargo.toml", "[package]\nname = \"demo\"\nversion.workspace = true\n"),
        ];
        for (path, text) in files {
            let path = top.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let dir = top.path().join("py/demo");
        let files = ProjectFiles::read(SourceTree::all(&dir)).unwrap();
        let source = find_maturin(&files).unwrap().unwrap();
        assert_eq!(source, VersionSource::CargoToml { path: "../../Cargo.toml".to_owned() });
        assert_eq!(locate(files.tree, &source).unwrap().unwrap().text(), "1.4.2");
    }
}
