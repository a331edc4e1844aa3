//! Dependencies that name a file of this machine: `sibling @ file:///tmp/copy/sibling`.
//!
//! Path dependencies of poetry, and of projects that put their own folder into the requirement, end in the metadata as the path of
//! the stamped copy, which exists on no other machine and soon not on this one.

use std::path::{Component, Path, PathBuf};

use url::Url;

/// A dependency that only this build can install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalReference {
    /// The name of the dependency.
    pub name: String,
    /// Its reference, as the metadata has it.
    pub reference: String,
}

/// The first of `requirements` (values of `Requires-Dist`) that refers to a file of the build.
///
/// Such is a path inside of `temporary` or of the system's folder for temporary files, a relative path, and one that does not exist.
pub(super) fn find(requirements: &[String], temporary: &Path) -> Option<LocalReference> {
    requirements.iter().find_map(|requirement| {
        let (name, rest) = requirement.split_once('@')?;
        // A marker follows after a space: `name @ URL ; extra == "x"`.
        let reference = rest.trim().split([' ', '\t']).next()?.trim_end_matches(';');
        let is_local = path_of(reference).is_some_and(|path| !exists_elsewhere(&path, temporary));
        let name = name.trim().split('[').next()?.trim_end();
        is_local.then(|| LocalReference { name: name.to_owned(), reference: reference.to_owned() })
    })
}

/// The path of a reference to a file, also with a version control system before it (`git+file:`); `None` for all others.
fn path_of(reference: &str) -> Option<PathBuf> {
    let file = reference.split_once('+').map_or(reference, |(scheme, rest)| match scheme {
        "git" | "hg" | "bzr" | "svn" => rest,
        _ => reference,
    });
    let Some(rest) = file.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:")).map(|_| &file[5..]) else {
        return (!file.contains("://")).then(|| PathBuf::from(file));
    };
    if !rest.starts_with('/') {
        return Some(PathBuf::from(rest));
    }
    // pip also accepts `file://relative`, whose first part is a host for URLs.
    Url::parse(file).ok()?.to_file_path().ok().or_else(|| Some(PathBuf::from(rest.trim_start_matches('/'))))
}

fn exists_elsewhere(path: &Path, temporary: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_inside = |folder: &Path| normalized(path).starts_with(folder) || real(path).starts_with(real(folder));
    path.is_absolute() && path.exists() && !is_inside(temporary) && !is_inside(&std::env::temp_dir())
}

/// The path without `.` and `..`: `copy/project/../sibling` is in the copy.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normalized.pop()),
            other => normalized.push(other),
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(requirement: &str, temporary: &Path) -> Option<String> {
        find(&["good >=1".to_owned(), requirement.to_owned()], temporary).map(|found| found.name)
    }

    #[test]
    fn references_into_the_build_are_found_in_every_form() {
        let dir = tempfile::tempdir().unwrap();
        let build = dir.path().display();
        for requirement in [
            format!("sib @ file://{build}/sib"),
            format!("sib@file://{build}/sib"),
            format!("sib @ file://localhost{build}/sib"),
            format!("sib @ FILE://{build}/copy/project/../sib#egg=sib"),
            format!("sib[more] @ file://{build}/sib ; extra == \"test\""),
            format!("sib @ git+file://{build}/sib@main"),
            format!("sib @ {build}/sib"),
            "sib @ file:../sib".to_owned(),
            "sib @ file:./sib".to_owned(),
            "sib @ file://../sib".to_owned(),
            "sib @ ../sib".to_owned(),
            "sib @ file:///no/such/folder/sib".to_owned(),
        ] {
            assert_eq!(name(&requirement, dir.path()).as_deref(), Some("sib"), "{requirement}");
        }
    }

    #[test]
    fn other_references_stay() {
        let dir = tempfile::tempdir().unwrap();
        for requirement in [
            "sib >=1",
            "sib @ https://example.org/sib-1-py3-none-any.whl",
            "sib @ git+https://example.org/sib@main",
            "sib @ git+ssh://git@example.org/sib.git ; python_version >= \"3\"",
            "sib @ file:///usr",
        ] {
            assert_eq!(name(requirement, dir.path()), None, "{requirement}");
        }
    }
}
