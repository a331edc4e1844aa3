//! The folders that packages are left in: by `build` beside others, by `ensure` alone.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sha2::Digest;

use super::Error;
use crate::model::distribution::Distribution;
use crate::system;
use crate::system::directories::Directories;
use crate::system::files::{self, FileLock, create_folder};

/// What our temporary files are called.
const TEMPORARY: &str = ".git-devpi-";

/// Copies `file` into `folder` under its own name, so that every reader sees a whole file or none. The temporary file lies in `via`,
/// which is to be on the same file system; where it is not, or cannot be written to, in `folder`.
pub(super) fn put(file: &Path, folder: &Path, via: &Path) -> Result<PathBuf, Error> {
    create_folder(folder)?;
    let target = folder.join(file.file_name().unwrap_or_default());
    let write = |via: &Path| copy(file, &target, via);
    match write(via) {
        Err(error) if via != folder && may_work_elsewhere(&error) => write(folder),
        other => other,
    }
    .map_err(system::Error::file("write", &target))?;
    Ok(target)
}

fn copy(file: &Path, target: &Path, via: &Path) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(via)?;
    io::copy(&mut File::open(file)?, temporary.as_file_mut())?;
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(())
}

fn may_work_elsewhere(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::CrossesDevices | ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// A folder that holds exactly one package: what tox's `package_glob` wants.
#[derive(Debug)]
pub(super) struct Destination {
    folder: PathBuf,
}

impl Destination {
    /// The folder `folder`, which may be missing. One that holds anything but packages is refused: somebody's work would be deleted.
    pub fn at(folder: &Path) -> Result<Self, Error> {
        let folder = std::path::absolute(folder).map_err(system::Error::file("find", folder))?;
        let destination = Self { folder };
        destination.packages()?;
        Ok(destination)
    }

    /// Leaves `file` as the only package. The same bytes already there are left untouched: an installer may be reading them.
    pub fn leave(&self, file: &Path, directories: &Directories) -> Result<PathBuf, Error> {
        create_folder(&self.folder)?;
        let _lock = FileLock::acquire(&self.lock(directories))?;
        let target = self.folder.join(file.file_name().unwrap_or_default());
        let is_there = target.is_file() && files::sha256_of_file(&target)? == files::sha256_of_file(file)?;
        if !is_there {
            // Beside the folder, not in it: a glob would find it.
            put(file, &self.folder, self.folder.parent().unwrap_or(&self.folder))?;
        }
        for other in self.packages()?.into_iter().filter(|other| *other != target) {
            files::remove_if_there(&other)?;
        }
        Ok(target)
    }

    /// The packages in it. Hidden files are nobody's business: `uv build` leaves a `.gitignore`.
    fn packages(&self) -> Result<Vec<PathBuf>, Error> {
        let unreadable = |source| system::Error::File { action: "read", path: self.folder.clone(), source };
        let entries = match fs_err::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(unreadable)?,
        };
        let mut packages = Vec::new();
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = entry.file_type().map_err(unreadable)?.is_file();
            match Distribution::parse(&name) {
                _ if name.starts_with('.') => {}
                Ok(_) if is_file => packages.push(entry.path()),
                _ => return Err(Error::NotADestination { folder: self.folder.clone(), found: name }),
            }
        }
        Ok(packages)
    }

    /// Not beside the folder: it would be one more file that git does not know.
    fn lock(&self, directories: &Directories) -> PathBuf {
        let mut digest = sha2::Sha256::new();
        let folder = fs_err::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
        digest.update(folder.to_string_lossy().as_bytes());
        directories.state.join("locks").join(format!("{}.lock", files::finish_sha256(digest).short()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "demo_pkg-1.4.56-py3-none-any.whl";
    const NEW: &str = "demo_pkg-1.4.57-py3-none-any.whl";

    struct Place {
        top: tempfile::TempDir,
        directories: Directories,
    }

    impl Place {
        fn new() -> Self {
            let top = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(top.path().join("cache")).unwrap();
            let folder = |name: &str| top.path().join(name);
            let directories = Directories {
                config: folder("config"),
                cache: folder("cache"),
                state: folder("state"),
                data: folder("data"),
            };
            Self { top, directories }
        }

        fn package(&self, name: &str, text: &str) -> PathBuf {
            let path = self.directories.cache.join(name);
            std::fs::write(&path, text).unwrap();
            path
        }

        fn listing(&self, folder: &str) -> Vec<String> {
            let entries = std::fs::read_dir(self.top.path().join(folder)).unwrap();
            let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn one_package_is_left_and_the_same_bytes_are_not_touched() {
        let place = Place::new();
        let folder = place.top.path().join("work/dest");
        let dest = Destination::at(&folder).unwrap();
        dest.leave(&place.package(OLD, "old"), &place.directories).unwrap();
        let path = dest.leave(&place.package(NEW, "new"), &place.directories).unwrap();
        assert_eq!((path.clone(), place.listing("work/dest")), (folder.join(NEW), vec![NEW.to_owned()]));
        let inode = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
        let before = inode(&path);
        std::thread::sleep(std::time::Duration::from_millis(20));
        dest.leave(&place.package(NEW, "new"), &place.directories).unwrap();
        assert_eq!(inode(&path), before);
        dest.leave(&place.package(NEW, "other bytes"), &place.directories).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "other bytes");
        assert_eq!(place.listing("work"), ["dest"], "nothing is left beside it");
    }

    #[test]
    fn somebodys_work_is_not_deleted() {
        let place = Place::new();
        let folder = place.top.path().join("dest");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(".gitignore"), "*").unwrap();
        std::fs::write(folder.join("setup.py"), "x").unwrap();
        let error = Destination::at(&folder).unwrap_err();
        assert!(matches!(error, Error::NotADestination { found, .. } if found == "setup.py"));
        std::fs::remove_file(folder.join("setup.py")).unwrap();
        let dest = Destination::at(&folder).unwrap();
        dest.leave(&place.package(NEW, "new"), &place.directories).unwrap();
        assert_eq!(place.listing("dest"), [".gitignore", NEW]);
    }

    #[test]
    fn a_folder_whose_neighbourhood_cannot_be_used_is_filled_all_the_same() {
        let place = Place::new();
        let file = place.package(NEW, "new");
        let folder = place.top.path().join("dest");
        let elsewhere = Path::new("/dev/shm");
        let via = if elsewhere.is_dir() { elsewhere } else { place.top.path() };
        assert_eq!(put(&file, &folder, via).unwrap(), folder.join(NEW));
        assert_eq!(place.listing("dest"), [NEW]);
    }
}
