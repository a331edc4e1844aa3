//! Detects git-lfs pointer files in a stamped copy.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::changes::path_of;
use super::error::Error;
use super::stamp_repository::StampRepository;

/// The first line of a pointer file, which the git-lfs specification limits to 1023 bytes.
const HEADER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

impl StampRepository {
    /// Fails with [`Error::LfsPointers`] if files in `folders`, or files that symbolic links there lead to, are git-lfs pointers.
    ///
    /// A pointer remains if git-lfs is not installed or its store does not have the file. `folders` and files are relative to the top;
    /// the empty path is the top. Checks only files with the attribute `filter=lfs`: a pointer without it may be a project's test data.
    pub fn refuse_lfs_pointers(&self, folders: &[PathBuf]) -> Result<(), Error> {
        let output = self.run(&["ls-files", "-z", "--", ":(attr:filter=lfs)"])?;
        let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(path_of);
        let pointers: Vec<PathBuf> = paths.filter(|path| is_pointer(&self.join(path))).collect();
        if pointers.is_empty() {
            return Ok(());
        }
        let reached = self.with_link_targets(folders)?;
        let used = pointers.iter().filter(|path| reached.iter().any(|folder| path.starts_with(folder)));
        let paths: Vec<String> = used.map(|path| path.display().to_string()).collect();
        if paths.is_empty() { Ok(()) } else { Err(Error::LfsPointers { paths }) }
    }

    /// `folders` and what the symbolic links in them lead to.
    fn with_link_targets(&self, folders: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let output = self.run(&["ls-files", "-z", "--stage"])?;
        // `<mode> SP <object> SP <stage> TAB <path>`
        let links: Vec<PathBuf> = (output.stdout.split(|byte| *byte == 0))
            .filter(|line| line.starts_with(b"120000 "))
            .filter_map(|line| line.iter().position(|byte| *byte == b'\t').map(|tab| path_of(&line[tab + 1..])))
            .collect();
        let mut reached = folders.to_vec();
        let mut next = 0;
        while next < reached.len() {
            for link in links.iter().filter(|link| link.starts_with(&reached[next])).cloned().collect::<Vec<_>>() {
                let Ok(target) = std::fs::read_link(self.join(&link)) else { continue };
                let folder = link.parent().unwrap_or(Path::new(""));
                if let Some(target) = inside(&folder.join(target)).filter(|target| !reached.contains(target)) {
                    reached.push(target);
                }
            }
            next += 1;
        }
        Ok(reached)
    }
}

/// The path without `.` and `..`; `None` if it leaves the repository.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => normalized.pop().then_some(())?,
            Component::Normal(name) => normalized.push(name),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normalized)
}

fn is_pointer(path: &Path) -> bool {
    let small = std::fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && file.len() < 1024);
    let mut start = [0; HEADER.len()];
    small && std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == HEADER
}
