//! Detects git-lfs pointer files in a stamped copy.

use std::io::Read;
use std::path::Path;

use super::changes::path_of;
use super::error::Error;
use super::stamp_repository::StampRepository;

/// The first line of a pointer file, which the git-lfs specification limits to 1023 bytes.
const HEADER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// Returns the paths of files in `copy` that are still git-lfs pointers.
///
/// A pointer remains if git-lfs is not installed or its store does not have the file.
///
/// Checks only files with the attribute `filter=lfs`: a pointer without it may be a project's test data.
pub(super) fn pointers(copy: &StampRepository) -> Result<Vec<String>, Error> {
    let output = copy.run(&["ls-files", "-z", "--", ":(attr:filter=lfs)"])?;
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(path_of);
    let pointers = paths.filter(|path| is_pointer(&copy.join(path)));
    Ok(pointers.map(|path| path.display().to_string()).collect())
}

fn is_pointer(path: &Path) -> bool {
    let small = std::fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && file.len() < 1024);
    let mut start = [0; HEADER.len()];
    small && std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == HEADER
}
