//! The folder of the local server, and the files that are kept between starts.
//!
//! devpi-server rejects a secret file that others can read, and one in a folder that the group can write to. A umask of 002
//! creates such folders, so the mode is set explicitly.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use secrecy::SecretString;

use crate::system;
use crate::system::files::{self, Access};
use crate::workspace::local_server::error::Error;

/// Paths below the server's folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The private virtual environment.
    pub fn venv(&self) -> PathBuf {
        self.root.join("venv")
    }

    /// devpi's `--serverdir`.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The secret that signs tokens; tokens stay valid after a restart.
    pub fn secret(&self) -> PathBuf {
        self.root.join("secret")
    }

    pub fn root_password_file(&self) -> PathBuf {
        self.root.join("root-password")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    pub fn pid_file(&self) -> PathBuf {
        self.root.join("pid")
    }

    fn port_file(&self) -> PathBuf {
        self.root.join("port")
    }

    /// Beside the folder, not in it: removing the folder would remove the lock.
    pub fn lock(&self) -> PathBuf {
        let mut name = self.root.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        self.root.with_file_name(name)
    }

    /// Creates the folder (0700), the secret and root's password if they are missing.
    ///
    /// An existing password is never replaced: the server's data were created with it.
    pub fn prepare(&self) -> Result<(), Error> {
        files::create_folder(&self.root)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = std::fs::Permissions::from_mode(0o700);
            fs_err::set_permissions(&self.root, private).map_err(system::Error::file("protect", &self.root))?;
        }
        for (path, length) in [(self.secret(), 32), (self.root_password_file(), 18)] {
            if files::read_optional(&path)?.is_none_or(|bytes| bytes.is_empty()) {
                files::write_atomic(&path, random_text(length)?.as_bytes(), Access::Private)?;
            }
        }
        Ok(())
    }

    /// Returns root's password; `None` before the first start.
    pub fn root_password(&self) -> Result<Option<SecretString>, Error> {
        Ok(files::read_text_optional(&self.root_password_file())?
            .map(|text| SecretString::from(text.trim().to_owned())))
    }

    /// Returns the stored port.
    pub fn port(&self) -> Result<Option<u16>, Error> {
        Ok(read_number(&self.port_file())?.and_then(|port| u16::try_from(port).ok()))
    }

    pub fn keep_port(&self, port: u16) -> Result<(), Error> {
        Ok(files::write_atomic(&self.port_file(), format!("{port}\n").as_bytes(), Access::Shared)?)
    }

    /// Returns the id of the last started process.
    ///
    /// It may have ended, and its id may belong to another process.
    pub fn pid(&self) -> Result<Option<u32>, Error> {
        read_number(&self.pid_file())
    }

    /// Returns the server's identity, as in the header `X-DEVPI-UUID`; `None` before devpi-init
    /// has completed.
    pub fn uuid(&self) -> Result<Option<String>, Error> {
        let Some(bytes) = files::read_optional(&self.data().join(".nodeinfo"))? else {
            return Ok(None);
        };
        let info: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(info.get("uuid").and_then(|uuid| uuid.as_str()).map(str::to_owned))
    }

    /// Creates a new log; the previous one is kept as `server.log.1`.
    pub fn new_log(&self) -> Result<std::fs::File, Error> {
        let log = self.log();
        match fs_err::rename(&log, self.root.join("server.log.1")) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(system::Error::file("rename", &log)(e))?,
            _ => {}
        }
        Ok(std::fs::File::options().create(true).append(true).open(&log).map_err(system::Error::file("write", &log))?)
    }

    /// Returns the last lines of the log.
    pub fn log_tail(&self) -> Result<String, Error> {
        let text = files::read_text_optional(&self.log())?.unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        Ok(lines[lines.len().saturating_sub(30)..].join("\n"))
    }
}

fn read_number(path: &Path) -> Result<Option<u32>, Error> {
    Ok(files::read_text_optional(path)?.and_then(|text| text.trim().parse().ok()))
}

/// Returns `length` bytes of the system's random source, as URL-safe text.
pub(crate) fn random_text(length: usize) -> Result<String, Error> {
    let source = Path::new("/dev/urandom");
    let mut bytes = vec![0; length];
    fs_err::File::open(source)
        .and_then(|mut f| f.read_exact(&mut bytes))
        .map_err(system::Error::file("read", source))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn secrets_are_private_random_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (Folder::at(&dir.path().join("one")), Folder::at(&dir.path().join("two")));
        one.prepare().unwrap();
        two.prepare().unwrap();
        let password = one.root_password().unwrap().unwrap();
        assert_eq!(password.expose_secret().len(), 24);
        assert_ne!(password.expose_secret(), two.root_password().unwrap().unwrap().expose_secret());
        for path in [one.secret(), one.root_password_file()] {
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(std::fs::metadata(one.root()).unwrap().permissions().mode() & 0o777, 0o700);
        let secret = std::fs::read(one.secret()).unwrap();
        assert!(secret.len() >= 32, "devpi refuses less");
        one.prepare().unwrap();
        assert_eq!(std::fs::read(one.secret()).unwrap(), secret);
        assert_eq!(one.root_password().unwrap().unwrap().expose_secret(), password.expose_secret());
    }

    #[test]
    fn what_is_not_there_or_broken_reads_as_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(&dir.path().join("server"));
        assert!(
            folder.port().unwrap().is_none() && folder.pid().unwrap().is_none() && folder.uuid().unwrap().is_none()
        );
        folder.prepare().unwrap();
        std::fs::write(folder.pid_file(), "").unwrap();
        std::fs::create_dir(folder.data()).unwrap();
        std::fs::write(folder.data().join(".nodeinfo"), "{").unwrap();
        assert!(folder.pid().unwrap().is_none() && folder.uuid().unwrap().is_none());
        folder.keep_port(24_001).unwrap();
        assert_eq!(folder.port().unwrap(), Some(24_001));
    }

    #[test]
    fn the_log_starts_anew_and_the_last_one_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        folder.new_log().unwrap();
        let lines: Vec<String> = (1..=40).map(|n| n.to_string()).collect();
        std::fs::write(folder.log(), lines.join("\n")).unwrap();
        assert!(folder.log_tail().unwrap().starts_with("11\n"));
        folder.new_log().unwrap();
        assert_eq!(folder.log_tail().unwrap(), "");
        assert!(dir.path().join("server.log.1").exists());
        assert_eq!(Folder::at(&dir.path().join("server")).lock(), dir.path().join("server.lock"));
    }
}
