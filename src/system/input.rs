//! Reads stdin.

use std::io::{IsTerminal, Read};
use std::path::Path;

use super::error::Error;

/// Reads stdin to its end; empty if stdin is a terminal.
pub fn read_stdin() -> Result<Vec<u8>, Error> {
    let mut stdin = std::io::stdin();
    let mut bytes = Vec::new();
    if !stdin.is_terminal() {
        stdin.read_to_end(&mut bytes).map_err(Error::file("read", Path::new("stdin")))?;
    }
    Ok(bytes)
}
