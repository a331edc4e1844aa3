//! The process of the local server: identifies, starts and stops it.
//!
//! Two questions are separate. *Does the process belong to the local server?* A process id is reused after its process ended,
//! so the command line of the process is read: it contains the path of the data folder. (It is empty for a process that ended
//! and was not reaped.) *Does the local server answer?* Another server may use the port by now, so the response must contain
//! this server's identity.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::system;
use crate::system::process::Tool;
use crate::workspace::local_server::error::Error;
use crate::workspace::local_server::folder::Folder;
use crate::workspace::local_server::installation::Installation;

/// The time limit after SIGTERM. Longer background work of devpi (its search index) is aborted.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// Writes its own process id and executes the server, so that the id is in the file before the
/// server runs.
const BECOME_SERVER: &str = r#"echo $$ >"$1" && shift && exec "$@""#;

/// Returns the process in the pid file, if it is this server.
pub(crate) fn running_process(folder: &Folder) -> Result<Option<u32>, Error> {
    let Some(pid) = folder.pid()? else {
        return Ok(None);
    };
    Ok(is_our_server(pid, folder)?.then_some(pid))
}

/// Whether this process is the server of this folder.
pub(crate) fn is_our_server(pid: u32, folder: &Folder) -> Result<bool, Error> {
    let command_line = command_line(pid)?;
    Ok(contains(&command_line, b"devpi_server") && contains(&command_line, folder.data().as_os_str().as_bytes()))
}

/// Returns the command line of the process; empty if it ended.
fn command_line(pid: u32) -> Result<Vec<u8>, Error> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    if !Path::new("/proc/self/cmdline").exists() {
        let output = Tool::new("ps").args(["-ww", "-o", "command=", "-p"]).arg(pid.to_string()).output();
        return Ok(output?.stdout);
    }
    for _ in 0..50 {
        // Unreadable means that the process ended meanwhile, or belongs to another user.
        let line = fs_err::read(folder.join("cmdline")).unwrap_or_default();
        if !line.is_empty() {
            return Ok(line);
        }
        // On Linux the line is also empty for a moment while a process executes another program (execve).
        let stat = fs_err::read_to_string(folder.join("stat")).unwrap_or_default();
        let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
        if matches!(state, None | Some("Z" | "X")) {
            break;
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(Vec::new())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether the server of this folder answers on `port`.
pub(crate) fn is_answering(folder: &Folder, port: u16) -> Result<bool, Error> {
    let Some(uuid) = folder.uuid()? else {
        return Ok(false);
    };
    Ok(uuid_at(port).is_some_and(|answered| answered == uuid))
}

/// Requests the identity of the server on `port`: `GET /+api`, header `X-DEVPI-UUID`.
///
/// Uses a plain socket: neither a proxy nor a redirect may intervene on loopback.
fn uuid_at(port: u16) -> Option<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    // A short limit is enough: a slow server of this folder is found by its process, and waited for.
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let request = format!("GET /+api HTTP/1.0\r\nHost: {address}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    // devpi's response is shorter than 1 KB; another server may send without end.
    stream.take(1 << 14).read_to_end(&mut answer).ok()?;
    find_uuid(&String::from_utf8_lossy(&answer))
}

fn find_uuid(answer: &str) -> Option<String> {
    let head = answer.lines().take_while(|line| !line.is_empty());
    let mut fields = head.filter_map(|line| line.split_once(':'));
    fields.find(|(name, _)| name.eq_ignore_ascii_case("x-devpi-uuid")).map(|(_, value)| value.trim().to_owned())
}

/// Returns the stored port if it is free, else a new one below the usual range of ephemeral ports.
pub(crate) fn choose_port(stored: Option<u16>) -> Result<u16, Error> {
    if let Some(port) = stored.filter(|port| is_free_soon(*port)) {
        return Ok(port);
    }
    let start = u16::try_from(std::process::id() % 7000).unwrap_or(0);
    let candidates = (0..200).map(|n: u16| 24_000 + (start + n * 37) % 7000);
    if let Some(port) = candidates.filter(|port| Some(*port) != stored).find(|port| is_free(*port)) {
        return Ok(port);
    }
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    any.map(|address| address.port()).map_err(Error::NoFreePort)
}

/// Waits up to a second for the port: the kernel closes the sockets of a process with many threads
/// a little after its end.
fn is_free_soon(port: u16) -> bool {
    let started = Instant::now();
    while !is_free(port) {
        if started.elapsed() > Duration::from_secs(1) {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Starts the server on `port` of 127.0.0.1, detached.
///
/// `-c /dev/null` prevents the use of a configuration file of the system or the user. The secret file holds 32 random bytes.
/// devpi stretches it with 512 MB of memory in 4 to 15 s at every start, as if it were a password; that adds nothing to 256
/// random bits, so the cost is set low.
pub(crate) fn launch(folder: &Folder, installation: &Installation<'_>, port: u16) -> Result<u32, Error> {
    let log = folder.new_log()?;
    let python = installation.python();
    let tool = installation
        .tool(Path::new("sh"))
        .args(["-c", BECOME_SERVER, "sh"])
        .arg(folder.pid_file())
        .arg(&python)
        .args(["-m", "devpi_server", "-c", "/dev/null", "--serverdir"])
        .arg(folder.data())
        .arg("--secretfile")
        .arg(folder.secret())
        .args(["--argon2-memory-cost", "8192", "--argon2-time-cost", "2", "--argon2-parallelism", "2"])
        .args(["--host", "127.0.0.1", "--port"])
        .arg(port.to_string())
        .current_dir(folder.root());
    Ok(tool.daemon(log)?)
}

/// Stops the process with SIGTERM, after the time limit with SIGKILL.
pub(crate) fn terminate(pid: u32, folder: &Folder) -> Result<(), Error> {
    for (name, within) in [("TERM", STOP_TIMEOUT), ("KILL", Duration::from_secs(5))] {
        signal(name, pid)?;
        let started = Instant::now();
        while started.elapsed() < within {
            if !is_our_server(pid, folder)? {
                if let Some(port) = folder.port()? {
                    is_free_soon(port);
                }
                return Ok(system::files::remove_if_exists(&folder.pid_file())?);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    Err(Error::DoesNotStop { pid })
}

/// Uses the shell's built-in `kill`: minimal images have no such program.
///
/// A process that is gone already is no error.
fn signal(name: &str, pid: u32) -> Result<(), Error> {
    let arguments: [&OsStr; 3] = [OsStr::new("-c"), OsStr::new(r#"kill -s "$0" "$1""#), OsStr::new(name)];
    Tool::new("sh").args(arguments).arg(pid.to_string()).output()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_must_name_the_server() {
        let answer = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nX-Devpi-Uuid: abc\r\n\r\nX-Devpi-Uuid: body";
        assert_eq!(find_uuid(answer).as_deref(), Some("abc"));
        assert_eq!(find_uuid("HTTP/1.0 200 OK\r\nServer: other\r\n\r\nx-devpi-uuid: body"), None);
        assert_eq!(find_uuid(""), None);
    }

    #[test]
    fn a_process_of_another_program_is_not_the_server() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        assert_eq!(running_process(&folder).unwrap(), None);
        std::fs::write(folder.pid_file(), std::process::id().to_string()).unwrap();
        assert_eq!(running_process(&folder).unwrap(), None, "our own process is no devpi-server");
        std::fs::write(folder.pid_file(), "4194999").unwrap();
        assert_eq!(running_process(&folder).unwrap(), None, "there is no such process");
    }

    #[test]
    fn a_stored_port_is_used_until_another_program_takes_it() {
        let port = choose_port(None).unwrap();
        assert_eq!(choose_port(Some(port)).unwrap(), port);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert_ne!(choose_port(Some(port)).unwrap(), port);
    }

    #[test]
    fn a_port_that_talks_another_language_is_not_our_server() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let other = thread::spawn(move || listener.accept().unwrap().0.write_all(b"220 mail.example ESMTP\r\n"));
        assert_eq!(uuid_at(port), None);
        other.join().unwrap().unwrap();
    }
}
