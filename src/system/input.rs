//! What the caller hands over on stdin.

use std::io::{IsTerminal, Read};
use std::path::Path;

use super::error::Error;

/// All of stdin; nothing where a person sits at the other end.
pub fn read_stdin() -> Result<Vec<u8>, Error> {
    let mut stdin = std::io::stdin();
    let mut bytes = Vec::new();
    if !stdin.is_terminal() {
        stdin.read_to_end(&mut bytes).map_err(Error::file("read", Path::new("stdin")))?;
    }
    Ok(bytes)
}
