//! Whether a server that does not finish a TLS handshake speaks plain http.
//!
//! devpi-server itself waits for the end of a request head when it receives TLS, so only a timeout shows that it speaks no TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use url::Url;

/// The limit for the connection, and again for the response.
const LIMIT: Duration = Duration::from_secs(1);

/// Sends a request without credentials over plain http to the port of `url`. `false` if it is answered by anything but HTTP.
pub(super) fn is_spoken_by(url: &Url) -> bool {
    status_line(url).is_ok_and(|line| line.starts_with(b"HTTP/1."))
}

fn status_line(url: &Url) -> std::io::Result<[u8; 7]> {
    let address = url.socket_addrs(|| None)?.into_iter().next().ok_or(std::io::ErrorKind::NotFound)?;
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let host = url.host_str().unwrap_or_default();
    write!(stream, "HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut line = [0; 7];
    stream.read_exact(&mut line)?;
    Ok(line)
}
