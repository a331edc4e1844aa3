//! Updating `Cargo.lock`: it contains the versions of the project's crates, and `--locked` rejects an outdated file.

use std::path::Path;

use super::error::Error;
use super::pyproject::TomlFile;

/// Replaces the version `old` by `new` for the project's crates in the lock file of `manifest`; returns the path if it changed.
///
/// The crates are the one of the manifest, or all without a source if the manifest has a workspace version.
pub(super) fn write(dir: &Path, manifest: &str, (old, new): (&str, &str)) -> Result<Option<String>, Error> {
    let Some((path, lock)) = find(dir, manifest)? else { return Ok(None) };
    let own = TomlFile::read(dir, manifest)?.and_then(|file| match file.text(&["package", "version"]) {
        Some(_) => file.text(&["package", "name"]).map(str::to_owned),
        None => None,
    });
    let places = lock.tables_spans("package", "version", |package| {
        let text = |key| package.get(key).and_then(toml_edit::Item::as_str);
        // Only crates from outside the project have a source.
        text("source").is_none()
            && text("version") == Some(old)
            && own.as_deref().is_none_or(|own| text("name") == Some(own))
    });
    if places.is_empty() {
        return Ok(None);
    }
    let mut changed = lock.file().text().to_owned();
    for place in places.into_iter().rev() {
        changed.replace_range(place, &format!("\"{new}\""));
    }
    lock.file().rewrite(&changed)?;
    Ok(Some(path))
}

/// Finds the nearest lock file, from the manifest's folder up to the top of the repository.
fn find(dir: &Path, manifest: &str) -> Result<Option<(String, TomlFile)>, Error> {
    let mut folder = Path::new(manifest).parent().unwrap_or(Path::new("")).to_owned();
    loop {
        let path = folder.join("Cargo.lock").to_string_lossy().replace('\\', "/");
        match TomlFile::read(dir, &path) {
            Ok(Some(lock)) => return Ok(Some((path, lock))),
            Ok(None) if folder.file_name().is_some() => {
                folder.pop();
            }
            Ok(None) => folder.push(".."),
            Err(Error::OutsideProject { .. }) => return Ok(None),
            Err(other) => return Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"dep\"\nversion = \"1.4.0\"\nsource = \"registry\"\n\n[[package]]\nname = \"demo\"\nversion = \"1.4.0\"\n\n\
                        [[package]]\nname = \"demo-core\"\nversion = \"1.4.0\"\ndependencies = [\n \"dep\",\n]\n";

    fn stamped(manifest: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("crate")).unwrap();
        std::fs::write(dir.path().join("Cargo.lock"), LOCK).unwrap();
        std::fs::write(dir.path().join("crate/Cargo.toml"), manifest).unwrap();
        let changed = write(dir.path(), "crate/Cargo.toml", ("1.4.0", "1.4.57")).unwrap();
        assert_eq!(changed.as_deref(), Some("Cargo.lock"));
        std::fs::read_to_string(dir.path().join("Cargo.lock")).unwrap()
    }

    #[test]
    fn only_the_projects_own_crates_change() {
        let own = "name = \"demo\"\nversion = \"1.4.57\"";
        let of_package = stamped("[package]\nname = \"demo\"\nversion = \"1.4.57\"\n");
        assert_eq!(of_package, LOCK.replace("name = \"demo\"\nversion = \"1.4.0\"", own));
        let of_workspace = stamped("[workspace.package]\nversion = \"1.4.57\"\n");
        let core = "name = \"demo-core\"\nversion = \"1.4.0\"";
        assert_eq!(of_workspace, of_package.replace(core, "name = \"demo-core\"\nversion = \"1.4.57\""));
    }

    #[test]
    fn no_lock_file_is_none_to_write() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("Cargo.toml"), "[package]\nname = \"demo\"\nversion = \"1.4.0\"\n").unwrap();
        assert_eq!(write(dir.path(), "Cargo.toml", ("1.4.0", "1.4.57")).unwrap(), None);
    }
}
