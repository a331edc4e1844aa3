//! A text file of the project in which a range can be replaced without changing other bytes.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::error::Error;
use crate::system::files::{self, Access};

/// A text file of the project or of its repository.
///
/// Reads and writes a file that is not UTF-8 as Latin-1: old Python sources contain such comments.
#[derive(Debug, Clone)]
pub(super) struct SourceText {
    path: PathBuf,
    text: String,
    latin1: bool,
}

impl SourceText {
    /// Reads `relative` below `dir`; `None` if the file does not exist.
    pub fn read(dir: &Path, relative: &str) -> Result<Option<Self>, Error> {
        let path = inside(dir, relative)?;
        if path.is_dir() {
            return Ok(None);
        }
        let Some(bytes) = files::read_optional(&path)? else { return Ok(None) };
        Ok(Some(Self::from_bytes(path, bytes)))
    }

    /// The text of the file `path`, which has this content.
    pub fn from_bytes(path: PathBuf, bytes: Vec<u8>) -> Self {
        let (text, latin1) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (error.into_bytes().into_iter().map(char::from).collect(), true),
        };
        Self { path, text, latin1 }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces `range` and writes the file if that changes it.
    pub fn replace(&self, range: Range<usize>, new: &str) -> Result<(), Error> {
        if &self.text[range.clone()] == new {
            return Ok(());
        }
        self.rewrite(&format!("{}{new}{}", &self.text[..range.start], &self.text[range.end..]))
    }

    /// Writes the file with new text, in the same encoding and with the same mode.
    pub fn rewrite(&self, text: &str) -> Result<(), Error> {
        let bytes = if self.latin1 {
            text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
        } else {
            text.as_bytes().to_vec()
        };
        files::write_atomic(&self.path, &bytes, access_of(&self.path))?;
        Ok(())
    }
}

/// Keeps the executable bit, which git tracks.
fn access_of(path: &Path) -> Access {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs_err::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o100 != 0) {
            return Access::Executable;
        }
    }
    let _ = path;
    Access::Shared
}

/// Resolves `relative` below `dir`; an error if it leaves the repository of `dir` or enters its git folder.
///
/// Without a repository, `dir` is the limit. A cloned repository must not be able to change files elsewhere.
pub(super) fn inside(dir: &Path, relative: &str) -> Result<PathBuf, Error> {
    let outside = || Error::OutsideProject { file: PathBuf::from(relative) };
    let up = dir.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    let mut depth = up;
    for part in Path::new(relative).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => depth = depth.checked_sub(1).ok_or_else(outside)?,
            Component::Normal(name) if name.eq_ignore_ascii_case(".git") => return Err(outside()),
            Component::Normal(_) => depth += 1,
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    let path = dir.join(relative);
    // A symbolic link may also lead outside.
    let top = dir.ancestors().nth(up).unwrap_or(dir);
    if let (Ok(real), Ok(top)) = (path.canonicalize(), top.canonicalize())
        && !real.strip_prefix(top).is_ok_and(|below| below.components().all(|part| part.as_os_str() != ".git"))
    {
        return Err(outside());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stretch_changes_whatever_the_encoding() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("old.py");
        std::fs::write(&path, b"# \xe9t\xe9\r\nv = '1'\r\n").unwrap();
        let file = SourceText::read(dir.path(), "old.py").unwrap().unwrap();
        let at = file.text().find('1').unwrap();
        file.replace(at..at + 1, "22").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"# \xe9t\xe9\r\nv = '22'\r\n");
    }

    #[test]
    fn a_path_out_of_the_project_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for bad in ["../x", "/etc/passwd", "a/../../x"] {
            assert!(matches!(SourceText::read(dir.path(), bad), Err(Error::OutsideProject { .. })), "{bad}");
        }
        assert!(SourceText::read(dir.path(), "./nothing").unwrap().is_none());
    }

    #[test]
    fn the_rest_of_the_repository_is_within_reach_but_not_its_git_folder() {
        let top = tempfile::tempdir().unwrap();
        for folder in [".git", "a/b", "common"] {
            std::fs::create_dir_all(top.path().join(folder)).unwrap();
        }
        std::fs::write(top.path().join("common/VERSION"), "1.4").unwrap();
        std::fs::write(top.path().join(".git/config"), "1.4").unwrap();
        let read = |relative| SourceText::read(&top.path().join("a/b"), relative);
        assert_eq!(read("../../common/VERSION").unwrap().unwrap().text(), "1.4");
        for bad in ["../../.git/config", "../../../x", "../../common/../../x", "../../.GIT/config"] {
            assert!(matches!(read(bad), Err(Error::OutsideProject { .. })), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_project_is_refused_and_modes_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let outside = tempfile::tempdir().unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("x"), "1").unwrap();
        std::os::unix::fs::symlink(outside.path().join("x"), dir.path().join("link")).unwrap();
        assert!(matches!(SourceText::read(dir.path(), "link"), Err(Error::OutsideProject { .. })));
        let path = dir.path().join("setup.py");
        std::fs::write(&path, "1").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        SourceText::read(dir.path(), "setup.py").unwrap().unwrap().replace(0..1, "2").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0o111);
    }
}
