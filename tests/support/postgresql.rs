//! A PostgreSQL server for a devpi-server's storage, where PostgreSQL's programs are installed.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server with an empty database `devpi`; it ends when it is dropped.
#[derive(Debug)]
pub struct Postgresql {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

/// The account that PostgreSQL runs as. It refuses to run as root.
#[derive(Debug, Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Postgresql {
    /// Starts a server on loopback with a data folder of its own; an error is the reason why this machine cannot.
    pub fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL's programs initdb and postgres were not found")?;
        let account = account()?;
        let folder = tempfile::Builder::new().prefix("postgresql-").tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if let Some(Account { user, group }) = account {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
            std::os::unix::fs::chown(&data, Some(user), Some(group)).unwrap();
        }
        let log = File::create(folder.path().join("log")).unwrap();
        let command = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(folder.path()).stdin(Stdio::null());
            command.stdout(log.try_clone().unwrap()).stderr(log.try_clone().unwrap());
            as_account(&mut command, account);
            command
        };
        let said = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        let mut initdb = command("initdb");
        // Nothing outside of loopback reaches it, and its data are worth nothing.
        initdb
            .args(["--auth=trust", "--username=devpi", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data);
        if !initdb.status().is_ok_and(|status| status.success()) {
            return Err(format!("initdb: {}", said()));
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut postgres = command("postgres");
        let program = std::mem::replace(&mut postgres, Command::new("sh"));
        // It ends when the pipe closes, also when the tests are killed. SIGINT ends its connections and then itself.
        let script = "\"$@\" & cat >/dev/null; kill -INT $!; wait $!";
        postgres.args(["-c", script, "sh"]).arg(program.get_program()).arg("-D").arg(&data);
        postgres.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", "", "-F"]).current_dir(folder.path());
        postgres.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log.try_clone().unwrap());
        as_account(&mut postgres, account);
        let process = postgres.spawn().map_err(|error| format!("postgres: {error}"))?;
        let mut server = Self { process, port, folder };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if server.process.try_wait().unwrap().is_some() || started.elapsed() > Duration::from_secs(60) {
                return Err(format!(
                    "postgres: {}",
                    std::fs::read_to_string(server.folder.path().join("log")).unwrap_or_default()
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        server.create_database(&programs)?;
        Ok(server)
    }

    /// The value of devpi-server's option `--storage`.
    pub fn storage(&self) -> String {
        format!("pg8000:host=127.0.0.1,port={},database=devpi,user=devpi", self.port)
    }

    fn create_database(&self, programs: &Path) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let mut createdb = Command::new(programs.join("createdb"));
            createdb.args(["-h", "127.0.0.1", "-U", "devpi", "-p", &self.port.to_string(), "devpi"]);
            let output = createdb.current_dir("/").output().map_err(|error| format!("createdb: {error}"))?;
            if output.status.success() {
                return Ok(());
            }
            // It accepts connections before it is ready.
            if started.elapsed() > Duration::from_secs(30) {
                return Err(format!("createdb: {}", String::from_utf8_lossy(&output.stderr)));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn as_account(command: &mut Command, account: Option<Account>) {
    use std::os::unix::process::CommandExt;
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
}

/// The folder of PostgreSQL's programs: Debian keeps them out of PATH.
fn programs() -> Option<PathBuf> {
    let on_path =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.extend(on_path);
    let has =
        |folder: &PathBuf| ["initdb", "postgres", "createdb"].iter().all(|program| folder.join(program).is_file());
    folders.into_iter().find(has)
}

/// The account of the package, where the tests run as root.
fn account() -> Result<Option<Account>, String> {
    let id = Command::new("id").arg("-u").output().map_err(|error| format!("id: {error}"))?;
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return Ok(None);
    }
    let number = |option: &str| {
        let output = Command::new("id").args([option, "postgres"]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    match (number("-u"), number("-g")) {
        (Some(user), Some(group)) => Ok(Some(Account { user, group })),
        _ => Err("PostgreSQL does not run as root, and there is no account postgres".to_owned()),
    }
}
