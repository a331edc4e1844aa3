//! `Cargo.lock`: it names the version of the project's own crates too, and a build with `--locked` refuses one that does not agree.

use std::path::Path;

use super::error::Error;
use super::pyproject::TomlFile;

/// Writes `new` where the lock file that belongs to `manifest` says `old` about a crate of the project itself: about the manifest's own,
/// or about any where the manifest gives a workspace its version. Gives the lock file's path when it was changed.
pub(super) fn write(dir: &Path, manifest: &str, (old, new): (&str, &str)) -> Result<Option<String>, Error> {
    let Some((path, lock)) = find(dir, manifest)? else { return Ok(None) };
    let own = TomlFile::read(dir, manifest)?.and_then(|file| match file.text(&["package", "version"]) {
        Some(_) => file.text(&["package", "name"]).map(str::to_owned),
        None => None,
    });
    let places = lock.tables_spans("package", "version", |package| {
        let text = |key| package.get(key).and_then(toml_edit::Item::as_str);
        // A crate from a registry has a source.
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

/// The nearest one, from the manifest's folder up to the repository's top.
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
