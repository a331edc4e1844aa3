//! Atomic writes, file locks and SHA-256 digests.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use sha2::Digest;

use super::error::Error;
use crate::model::names::Sha256;

/// The size of a buffer in bytes.
const BUFFER_SIZE: usize = 256 * 1024;
/// The number of buffers in use while a large file is digested.
const BUFFERS: usize = 8;

/// The permissions of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// 0666 less the umask.
    Shared,
    /// 0600: only the owner.
    Private,
    /// 0777 less the umask.
    Executable,
}

/// Writes `bytes` to `path` atomically: to a temporary file in the same folder, which is then renamed.
///
/// Creates missing folders.
pub fn write_atomic(path: &Path, bytes: &[u8], access: Access) -> Result<(), Error> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut file = temporary(folder, access).map_err(Error::file("write", path))?;
    file.write_all(bytes).map_err(Error::file("write", path))?;
    file.as_file().sync_all().map_err(Error::file("write", path))?;
    file.persist(path).map_err(|e| Error::file("write", path)(e.error))?;
    Ok(())
}

/// Writes a file like [`write_atomic`], without waiting for the disk: after a crash of the machine the file may be empty.
pub fn write_cache(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut file = temporary(folder, Access::Shared).map_err(Error::file("write", path))?;
    file.write_all(bytes).map_err(Error::file("write", path))?;
    file.persist(path).map_err(|e| Error::file("write", path)(e.error))?;
    Ok(())
}

/// A temporary file in `folder` that is deleted unless it is renamed.
fn temporary(folder: &Path, access: Access) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".git-devpi-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match access {
            Access::Shared => 0o666,
            Access::Private => 0o600,
            Access::Executable => 0o777,
        };
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    builder.tempfile_in(folder)
}

/// Creates a folder and its parents.
pub fn create_folder(path: &Path) -> Result<(), Error> {
    fs_err::create_dir_all(path).map_err(Error::file("create", path))
}

/// Reads a file; `None` if it does not exist.
pub fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(Error::file("read", path)(e)),
    }
}

/// Reads a file of at most `limit` bytes; `None` if it does not exist or is larger.
pub fn read_at_most(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let file = match fs_err::File::open(path) {
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        other => other.map_err(Error::file("read", path))?,
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(Error::file("read", path))?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Reads a file as text, with U+FFFD for invalid UTF-8; `None` if it does not exist.
pub fn read_text_optional(path: &Path) -> Result<Option<String>, Error> {
    Ok(read_optional(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The files of a folder with this extension, by name in descending order; none if the folder does not exist.
pub fn newest_names_first(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::file("read", folder)(e)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::file("read", folder))?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort_by(|one, other| other.cmp(one));
    Ok(paths)
}

/// The names of the folders in a folder, sorted, without symbolic links; none if it does not exist.
pub fn folder_names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(e) => return Err(Error::file("read", folder)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::file("read", folder))?;
        if entry.file_type().map_err(Error::file("read", folder))?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

/// Deletes a folder that is empty.
pub fn remove_empty_folder(path: &Path) -> Result<(), Error> {
    fs_err::remove_dir(path).map_err(Error::file("remove", path))
}

/// Deletes a file. Succeeds if it does not exist.
pub fn remove_if_exists(path: &Path) -> Result<(), Error> {
    match fs_err::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path)(e)),
        _ => Ok(()),
    }
}

/// Gives a file a second name: a hard link, or a copy where the file system has none. Creates missing folders.
pub fn link_or_copy(from: &Path, to: &Path) -> Result<(), Error> {
    if let Some(folder) = to.parent() {
        create_folder(folder)?;
    }
    if fs_err::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs_err::copy(from, to).map(drop).map_err(Error::file("write", to))
}

/// The size of all files below a folder; 0 if it does not exist.
pub fn size_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size_of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size_of).sum()
}

/// Deletes a folder with everything in it. Succeeds if it does not exist.
pub fn remove_folder_if_exists(path: &Path) -> Result<(), Error> {
    match fs_err::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path)(e)),
        _ => Ok(()),
    }
}

/// Computes the SHA-256 digest of `bytes`.
pub fn sha256_of(bytes: &[u8]) -> Sha256 {
    finish_sha256(sha2::Sha256::new_with_prefix(bytes))
}

/// Computes the SHA-256 digest of a file.
pub fn sha256_of_file(path: &Path) -> Result<Sha256, Error> {
    let mut file = fs_err::File::open(path).map_err(Error::file("read", path))?;
    copy_and_digest(&mut file, &mut std::io::sink()).map_err(Error::file("read", path))
}

/// Computes the SHA-256 digest of a file; `None` if it does not exist.
pub fn sha256_if_exists(path: &Path) -> Result<Option<Sha256>, Error> {
    match sha256_of_file(path) {
        Err(Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Copies `from` to `to` and returns the SHA-256 digest.
pub fn copy_and_digest(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<Sha256> {
    stream_and_digest(|piece| from.read(piece), |piece| to.write_all(piece))
}

/// Passes the data of `read` (0 bytes mark the end) to `write`, and returns its SHA-256 digest.
///
/// Data longer than one buffer is digested in a second thread, so that reading and digesting overlap.
pub fn stream_and_digest<E>(
    mut read: impl FnMut(&mut [u8]) -> Result<usize, E>,
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Sha256, E> {
    let mut first = vec![0; BUFFER_SIZE];
    let mut filled = 0;
    while filled < BUFFER_SIZE {
        let n = read(&mut first[filled..])?;
        if n == 0 {
            write(&first[..filled])?;
            return Ok(sha256_of(&first[..filled]));
        }
        filled += n;
    }
    thread::scope(|scope| {
        let (full, to_digest) = mpsc::channel::<(Vec<u8>, usize)>();
        let (digested, empty) = mpsc::channel();
        // The two channels circulate a fixed number of buffers, which limits the memory.
        for _ in 1..BUFFERS {
            let _ = digested.send(vec![0; BUFFER_SIZE]);
        }
        let digester = scope.spawn(move || {
            let mut digest = sha2::Sha256::new();
            for (piece, n) in to_digest {
                digest.update(&piece[..n]);
                let _ = digested.send(piece);
            }
            digest
        });
        let (mut piece, mut n) = (first, filled);
        while n > 0 {
            write(&piece[..n])?;
            let _ = full.send((piece, n));
            piece = empty.recv().unwrap_or_else(|_| vec![0; BUFFER_SIZE]);
            n = read(&mut piece)?;
        }
        drop(full);
        Ok(finish_sha256(digester.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
    })
}

/// Converts a finished digest, for callers that hash while they stream.
pub fn finish_sha256(digest: sha2::Sha256) -> Sha256 {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in digest.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    // 32 bytes always make 64 digits; the fallback is never reached.
    Sha256::parse(&hex).unwrap_or_else(|_| unreachable!("{hex}"))
}

/// A lock between processes, held until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Waits for the lock on `path`; the file and its folder are made when missing.
    pub fn acquire(path: &Path) -> Result<Self, Error> {
        let file = Self::open(path)?;
        file.lock().map_err(Error::file("lock", path))?;
        Ok(Self { _file: file })
    }

    /// Acquires the lock; `None` if another process holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        let file = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(e)) => Err(Error::file("lock", path)(e)),
        }
    }

    fn open(path: &Path) -> Result<File, Error> {
        if let Some(folder) = path.parent() {
            create_folder(folder)?;
        }
        File::options().create(true).truncate(false).write(true).open(path).map_err(Error::file("lock", path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_any_length_are_digested() {
        for length in [0, 1, BUFFER_SIZE - 1, BUFFER_SIZE, BUFFER_SIZE + 1, BUFFERS * BUFFER_SIZE * 2 + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap_or_default()).collect();
            let (mut from, mut to) = (&bytes[..], Vec::new());
            // A network read may return less than a full buffer.
            let read = |piece: &mut [u8]| {
                let most = piece.len().min(100_000);
                from.read(&mut piece[..most])
            };
            let digest = stream_and_digest(read, |piece| to.write_all(piece)).unwrap();
            assert_eq!(to, bytes);
            assert_eq!(digest, sha256_of(&bytes), "{length}");
        }
    }

    #[test]
    fn a_stream_that_breaks_is_an_error_at_any_length() {
        for good in [0, 3, 50] {
            let mut reads = 0;
            let read = |piece: &mut [u8]| {
                reads += 1;
                if reads > good { Err("broken") } else { Ok(piece.len()) }
            };
            assert_eq!(stream_and_digest(read, |_| Ok(())), Err("broken"));
            let mut writes = 0;
            let write = |_: &[u8]| {
                writes += 1;
                if writes > good { Err("full") } else { Ok(()) }
            };
            assert_eq!(stream_and_digest(|piece| Ok(piece.len()), write), Err("full"));
        }
    }

    #[test]
    fn a_written_file_is_whole_and_as_private_as_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/folder/token");
        write_atomic(&path, b"secret", Access::Private).unwrap();
        assert_eq!(read_optional(&path).unwrap().unwrap(), b"secret");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_digest_is_sha256() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(
            sha256_of_file(&path).unwrap().as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read_at_most(&path, 5).unwrap().unwrap(), b"12345");
        assert_eq!(read_at_most(&path, 4).unwrap(), None);
        assert_eq!(read_at_most(&dir.path().join("none"), 4).unwrap(), None);
        assert_eq!(read_at_most(&path.join("below"), 4).unwrap(), None);
    }

    #[test]
    fn a_lock_is_held_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = FileLock::acquire(&path).unwrap();
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
    }
}
