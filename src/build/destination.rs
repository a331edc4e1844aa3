//! Destination folders of packages: `build` adds files to a folder, `ensure` fills one with a
//! single package.

use std::fs::File;
use std::io::{self, ErrorKind, Seek};
use std::path::{Path, PathBuf};

use sha2::Digest;

use crate::build::Error;
use crate::model::distribution::Distribution;
use crate::model::names::Sha256;
use crate::system;
use crate::system::directories::Directories;
use crate::system::files::{self, FileLock, create_folder};

/// The prefix of temporary files.
const TEMPORARY: &str = ".git-devpi-";

/// Copies `file` into `folder` atomically: a reader sees the whole file or none.
pub(crate) fn copy_into(file: &Path, folder: &Path) -> Result<PathBuf, Error> {
    create_folder(folder)?;
    let target = folder.join(file.file_name().unwrap_or_default());
    let mut source = File::open(file).map_err(system::Error::file("read", file))?;
    let fill = |to: &mut File| io::copy(&mut source, to).map(|_| true);
    write(&target, folder, fill).map_err(system::Error::file("write", &target))?;
    Ok(target)
}

/// Moves `file` into `folder`: by renaming, or by copying to another file system.
pub(crate) fn move_into(file: &Path, folder: &Path) -> Result<PathBuf, Error> {
    create_folder(folder)?;
    let target = folder.join(file.file_name().unwrap_or_default());
    match std::fs::rename(file, &target) {
        Ok(()) => Ok(target),
        Err(_) => {
            copy_into(file, folder)?;
            files::remove_if_exists(file)?;
            Ok(target)
        }
    }
}

/// Whether the bytes of a file were compared with its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verification {
    /// This process has just compared them.
    Verified,
    /// This process has not compared them.
    Unverified,
}

/// A package to copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Package<'a> {
    /// Its path.
    pub file: &'a Path,
    /// The expected digest.
    pub sha256: &'a Sha256,
    /// Whether this process has verified the digest.
    pub verification: Verification,
}

impl Package<'_> {
    /// Copies the package to `target`; returns `false` if it is missing or has other bytes.
    ///
    /// The temporary file is created in `via`, which should be on the same file system; if it is not, or is not writable,
    /// beside the target.
    fn copy(&self, target: &Path, via: &Path) -> Result<bool, Error> {
        let mut source = match File::open(self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            other => other.map_err(system::Error::file("read", self.file))?,
        };
        let mut fill = |to: &mut File| {
            source.rewind()?;
            if self.verification == Verification::Verified {
                return io::copy(&mut source, to).map(|_| true);
            }
            Ok(files::copy_and_digest(&mut source, to)? == *self.sha256)
        };
        let folder = target.parent().unwrap_or(via);
        let written = match write(target, via, &mut fill) {
            Err(error) if via != folder && is_worth_retrying(&error) => write(target, folder, fill),
            other => other,
        };
        Ok(written.map_err(system::Error::file("write", target))?)
    }
}

/// Writes `target` through a temporary file in `via`, if `fill` returns `true`.
fn write(target: &Path, via: &Path, fill: impl FnOnce(&mut File) -> io::Result<bool>) -> io::Result<bool> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(via)?;
    if !fill(temporary.as_file_mut())? {
        return Ok(false);
    }
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(true)
}

fn is_worth_retrying(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::CrossesDevices | ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// A folder that holds exactly one package, as tox's `package_glob` requires.
#[derive(Debug)]
pub(crate) struct Destination {
    folder: PathBuf,
}

impl Destination {
    /// Opens `folder`, which may be missing.
    ///
    /// A folder with other files than packages is an error: they could be the user's work. So is a symbolic link, whose target could be
    /// anywhere, and a folder that cannot be written to.
    pub fn at(folder: &Path) -> Result<Self, Error> {
        let folder = std::path::absolute(folder).map_err(system::Error::file("find", folder))?;
        let destination = Self { folder };
        destination.check_kind()?;
        destination.check_writable()?;
        destination.packages()?;
        Ok(destination)
    }

    /// Fails if `folder`, in which each of several projects gets a destination, is a symbolic link or a file.
    pub fn check_parent(folder: &Path) -> Result<(), Error> {
        let folder = std::path::absolute(folder).map_err(system::Error::file("find", folder))?;
        Self { folder }.check_kind()
    }

    /// Fails if the path is a symbolic link, also a dangling one, or another file than a folder.
    fn check_kind(&self) -> Result<(), Error> {
        // With a separator at the end, the system looks at the link's target.
        let link: PathBuf = self.folder.components().collect();
        let Ok(metadata) = std::fs::symlink_metadata(&link) else { return Ok(()) };
        if metadata.is_symlink() {
            let target = std::fs::read_link(&link).map_err(system::Error::file("read", &link))?;
            return Err(Error::LinkedDestination { link, target });
        }
        if metadata.is_dir() { Ok(()) } else { Err(Error::FileAsDestination { path: link }) }
    }

    /// Fails if no file can be created in the folder, or in the one in which it would be created. Leaves nothing there.
    fn check_writable(&self) -> Result<(), Error> {
        let mut existing = self.folder.ancestors().skip_while(|folder| !folder.exists());
        let Some(folder) = existing.next() else { return Ok(()) };
        if !folder.is_dir() {
            return Err(Error::FileAsDestination { path: folder.to_owned() });
        }
        tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(folder)
            .map_err(system::Error::file("write to", folder))?;
        Ok(())
    }

    /// Makes the package the only one in the folder; returns `None` if it is missing or has other
    /// bytes.
    ///
    /// An identical file in the folder is not touched: an installer may be reading it.
    pub fn put(&self, package: Package<'_>, directories: &Directories) -> Result<Option<PathBuf>, Error> {
        create_folder(&self.folder)?;
        let _lock = FileLock::acquire(&self.lock(directories))?;
        let target = self.folder.join(package.file.file_name().unwrap_or_default());
        let is_current = target.is_file() && files::sha256_of_file(&target)? == *package.sha256;
        // The temporary file is beside the folder, not in it: a glob would find the incomplete file.
        if !is_current && !package.copy(&target, self.folder.parent().unwrap_or(&self.folder))? {
            return Ok(None);
        }
        for other in self.packages()?.into_iter().filter(|other| *other != target) {
            files::remove_if_exists(&other)?;
        }
        Ok(Some(target))
    }

    /// Returns the packages in the folder.
    ///
    /// Hidden files are ignored: `uv build` writes a `.gitignore`.
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

    /// The lock file is in the state folder: beside the destination it would be an untracked file.
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
                is_temporary: false,
            };
            Self { top, directories }
        }

        fn package(&self, name: &str, text: &str) -> PathBuf {
            let path = self.directories.cache.join(name);
            std::fs::write(&path, text).unwrap();
            path
        }

        fn leave(&self, dest: &Destination, file: &Path) -> PathBuf {
            let sha256 = files::sha256_of_file(file).unwrap();
            let package = Package { file, sha256: &sha256, verification: Verification::Unverified };
            dest.put(package, &self.directories).unwrap().unwrap()
        }

        fn listing(&self, folder: &str) -> Vec<String> {
            let entries = std::fs::read_dir(self.top.path().join(folder)).unwrap();
            let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn the_folder_holds_one_package_and_identical_bytes_are_not_touched() {
        let place = Place::new();
        let folder = place.top.path().join("work/dest");
        let dest = Destination::at(&folder).unwrap();
        place.leave(&dest, &place.package(OLD, "old"));
        let path = place.leave(&dest, &place.package(NEW, "new"));
        assert_eq!((path.clone(), place.listing("work/dest")), (folder.join(NEW), vec![NEW.to_owned()]));
        let inode = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
        let before = inode(&path);
        std::thread::sleep(std::time::Duration::from_millis(20));
        place.leave(&dest, &place.package(NEW, "new"));
        assert_eq!(inode(&path), before);
        place.leave(&dest, &place.package(NEW, "other bytes"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "other bytes");
        assert_eq!(place.listing("work"), ["dest"], "nothing is left beside it");
    }

    #[test]
    fn other_files_than_packages_are_not_deleted() {
        let place = Place::new();
        let folder = place.top.path().join("dest");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(".gitignore"), "*").unwrap();
        std::fs::write(folder.join("setup.py"), "x").unwrap();
        let error = Destination::at(&folder).unwrap_err();
        assert!(matches!(error, Error::NotADestination { found, .. } if found == "setup.py"));
        std::fs::remove_file(folder.join("setup.py")).unwrap();
        let dest = Destination::at(&folder).unwrap();
        place.leave(&dest, &place.package(NEW, "new"));
        assert_eq!(place.listing("dest"), [".gitignore", NEW]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_a_file_and_an_unwritable_folder_are_refused() {
        let place = Place::new();
        let path = |name: &str| place.top.path().join(name);
        std::fs::create_dir_all(path("real")).unwrap();
        std::fs::write(path("file"), "").unwrap();
        for (link, target) in [("to-folder", "real"), ("to-file", "file"), ("dangling", "missing")] {
            std::os::unix::fs::symlink(target, path(link)).unwrap();
            for written in [path(link), path(&format!("{link}/"))] {
                let error = Destination::at(&written).unwrap_err();
                let is_refused = matches!(&error, Error::LinkedDestination { link: named, target: to }
                    if *named == path(link) && to == Path::new(target));
                assert!(is_refused, "{error}");
            }
        }
        for file in ["file", "file/below"] {
            let error = Destination::at(&path(file)).unwrap_err();
            assert!(matches!(&error, Error::FileAsDestination { path: named } if *named == path("file")), "{error}");
        }
        // Neither a superuser can create files there.
        let folder = Path::new("/proc/self");
        if folder.is_dir() {
            assert!(Destination::at(&folder.join("fd")).is_err());
            assert!(Destination::at(&folder.join("task/new")).is_err());
        }
        Destination::at(&path("real/new/deep")).unwrap();
        assert_eq!((place.listing("real"), path("to-folder").is_symlink()), (Vec::new(), true), "nothing was changed");
    }

    #[test]
    fn a_folder_is_filled_even_if_its_parent_is_not_writable() {
        let place = Place::new();
        let file = place.package(NEW, "new");
        let target = place.top.path().join(NEW);
        let elsewhere = Path::new("/dev/shm");
        let via = if elsewhere.is_dir() { elsewhere } else { place.top.path() };
        let sha256 = files::sha256_of_file(&file).unwrap();
        for verification in [Verification::Verified, Verification::Unverified] {
            std::fs::write(&target, "old").unwrap();
            let package = Package { file: &file, sha256: &sha256, verification };
            assert!(package.copy(&target, via).unwrap());
            assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");
        }
    }

    #[test]
    fn a_damaged_package_is_not_copied() {
        let place = Place::new();
        let file = place.package(NEW, "new");
        let sha256 = files::sha256_of_file(&file).unwrap();
        let dest = Destination::at(&place.top.path().join("work/dest")).unwrap();
        let package = Package { file: &file, sha256: &sha256, verification: Verification::Unverified };
        std::fs::write(&file, "nem").unwrap();
        assert_eq!(dest.put(package, &place.directories).unwrap(), None);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(dest.put(package, &place.directories).unwrap(), None);
        assert_eq!((place.listing("work"), place.listing("work/dest")), (vec!["dest".to_owned()], Vec::new()));
    }
}
