//! The descriptors that a process inherits.

/// Closes every descriptor but stdin, stdout and stderr, so that no reader of a pipe waits for this process.
///
/// A child gets the descriptors that its parent has inherited without close-on-exec. To be called before anything is opened.
#[cfg(unix)]
pub fn close_inherited() {
    for descriptor in own().into_iter().filter(|number| *number > 2) {
        // The descriptor of the folder itself is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}

/// Lists the own descriptors, which Linux and macOS show as files. The folder is closed on return.
#[cfg(unix)]
fn own() -> Vec<i32> {
    let Ok(entries) = fs_err::read_dir("/dev/fd") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Windows passes on no descriptor that is not asked for.
#[cfg(not(unix))]
pub fn close_inherited() {}
