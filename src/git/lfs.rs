//! git-lfs: telling a file from the pointer to it.

use std::io::Read;
use std::path::Path;

use super::Error;
use super::changes::path_of;
use super::clone::StampRepository;

/// How a pointer begins (git-lfs specification); it is shorter than 1024 bytes.
const MARK: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// The files of `copy` that git-lfs should have replaced, and that are still pointers: git-lfs is not installed, or its store does not
/// hold them. Only files with the attribute `filter=lfs` are looked at, so a pointer that is a project's test data is none.
pub(super) fn pointers(copy: &StampRepository) -> Result<Vec<String>, Error> {
    let output = copy.run(&["ls-files", "-z", "--", ":(attr:filter=lfs)"])?;
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(path_of);
    let pointers = paths.filter(|path| is_pointer(&copy.join(path)));
    Ok(pointers.map(|path| path.display().to_string()).collect())
}

fn is_pointer(path: &Path) -> bool {
    let small = std::fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && file.len() < 1024);
    let mut start = [0; MARK.len()];
    small && std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == MARK
}
