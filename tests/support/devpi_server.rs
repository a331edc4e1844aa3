//! A real devpi-server, one for each test binary, with a separate user for every test.
//!
//! A server takes seconds to start, a user 0.14 s to create; tests with separate users do not share indexes.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

#[cfg(unix)]
use super::postgresql::Postgresql;
use super::{Api, Tools};

/// A server that lives as long as the test process.
#[derive(Debug)]
pub struct DevpiServer {
    url: String,
    /// `None` while it is stopped.
    running: Option<Running>,
    folder: tempfile::TempDir,
    port: u16,
    setup: Setup,
}

/// What a server is made of.
#[derive(Debug)]
struct Setup {
    kind: &'static str,
    python: PathBuf,
    /// Further options of devpi-server.
    options: Vec<String>,
    #[cfg(unix)]
    _postgresql: Option<Postgresql>,
}

impl Setup {
    fn plain(kind: &'static str) -> Self {
        let plugins = (kind == "plugins").then(Tools::devpi_plugins);
        Self {
            kind,
            python: plugins.as_ref().unwrap_or(Tools::get()).python(),
            options: Vec::new(),
            #[cfg(unix)]
            _postgresql: None,
        }
    }
}

/// Its process.
#[derive(Debug)]
struct Running {
    child: Child,
    /// serve.py ends when this pipe closes, also when the tests are killed.
    stdin: ChildStdin,
}

/// A user created for one test.
#[derive(Debug, Clone)]
pub struct TestUser {
    pub name: String,
    pub password: String,
}

impl TestUser {
    /// `USER/NAME`
    pub fn index(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }
}

impl DevpiServer {
    /// The settings of a repository `acme/demo` whose indexes belong to `user`.
    pub fn settings_file(&self, user: &TestUser) -> String {
        format!(
            "server = \"{}\"\nuser = \"{}\"\nrepository = \"acme/demo\"\nrelease-branches = [\"main\"]\n",
            self.url(),
            user.name
        )
    }

    /// The server of this test binary, without `root/pypi`.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<DevpiServer> = OnceLock::new();
        SERVER.get_or_init(|| Self::start("empty"))
    }

    /// Another server with the mirror `root/pypi`, but without its list of all projects: for tests that install other packages.
    pub fn with_pypi_mirror() -> &'static Self {
        static SERVER: OnceLock<DevpiServer> = OnceLock::new();
        SERVER.get_or_init(|| Self::start("mirror"))
    }

    /// Another server with the plugins devpi-tokens and devpi-lockdown. The latter closes nothing by itself: see `ClosedFront`.
    pub fn with_plugins() -> &'static Self {
        static SERVER: OnceLock<DevpiServer> = OnceLock::new();
        SERVER.get_or_init(|| Self::start("plugins"))
    }

    /// A private server, for tests that stop it or count its requests. It ends when it is dropped.
    pub fn own() -> Self {
        Self::start("empty")
    }

    /// A private server whose log of uploads is as old as [`DevpiServer::upload_days_ago`] says, at first 20 days.
    pub fn backdated() -> Self {
        Self::start("backdated")
    }

    /// From now on, the log of a backdated server says that uploads were this many days ago.
    pub fn upload_days_ago(&self, days: u32) {
        std::fs::write(self.folder.path().join("data.days"), days.to_string()).unwrap();
    }

    /// Its root, with a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of this server.
    pub fn api(&self) -> Api {
        Api::new(&self.url)
    }

    /// Creates a user with its own password.
    pub fn user(&self) -> TestUser {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let user = TestUser { name: format!("user{n}"), password: format!("pass-{}-{n}", std::process::id()) };
        self.api().put(&user.name, &json!({"password": user.password}));
        user
    }

    /// The user `root`.
    pub fn root(&self) -> TestUser {
        TestUser { name: "root".to_owned(), password: "root".to_owned() }
    }

    /// The server's log, which has one line for every request.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The server's data folder.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// How many requests the server has answered (`[req57] GET /…` are its lines).
    pub fn requests_answered(&self) -> usize {
        self.log().lines().filter(|line| line.contains("[req") && line.contains(" /")).count()
    }

    /// A private server that replicas may copy.
    pub fn primary() -> Self {
        Self::try_start(Setup { options: vec!["--role=primary".to_owned()], ..Setup::plain("empty") }).unwrap()
    }

    /// A replica of a primary, with the same secret: tokens are valid on both. It may not have copied anything yet.
    pub fn replica_of(primary: &Self) -> Self {
        let secret = primary.folder.path().join("data.secret");
        let options = vec![
            "--role=replica".to_owned(),
            format!("--primary-url={}", primary.url),
            format!("--secretfile={}", secret.display()),
        ];
        Self::try_start(Setup { options, ..Setup::plain("replica") }).unwrap()
    }

    /// Sends a signal to its process.
    #[cfg(unix)]
    pub fn signal(&self, signal: &str) {
        let id = self.running.as_ref().unwrap().child.id().to_string();
        Command::new("kill").args([signal, &id]).status().unwrap();
    }

    /// A server whose storage is PostgreSQL, one for each test binary. The error says why there is none on this machine.
    #[cfg(unix)]
    pub fn on_postgresql() -> Result<&'static Self, &'static str> {
        static SERVER: OnceLock<Result<DevpiServer, String>> = OnceLock::new();
        let start = || {
            let postgresql = Postgresql::start()?;
            let options = vec![format!("--storage={}", postgresql.storage())];
            let python = Tools::devpi_on_postgresql().python();
            Self::try_start(Setup { kind: "empty", python, options, _postgresql: Some(postgresql) })
        };
        SERVER.get_or_init(start).as_ref().map_err(String::as_str)
    }

    fn start(kind: &'static str) -> Self {
        // Another process may take the port between its choice and its use.
        for _ in 0..3 {
            match Self::try_start(Setup::plain(kind)) {
                Ok(server) => return server,
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("devpi-server did not start:\n{log}"),
            }
        }
        panic!("devpi-server found no free port three times");
    }

    fn try_start(setup: Setup) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("devpi-").tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}/");
        let mut server = Self { url, running: None, folder, port, setup };
        server.upload_days_ago(20);
        server.run().map(|()| server)
    }

    /// Ends the process at once, as a crash does.
    pub fn stop(&mut self) {
        if let Some(Running { mut child, stdin }) = self.running.take() {
            drop(stdin);
            child.wait().unwrap();
        }
    }

    /// Starts it again after [`DevpiServer::stop`], with the same address, data and secret.
    pub fn start_again(&mut self) {
        self.run().unwrap();
    }

    fn run(&mut self) -> Result<(), String> {
        let folder = self.folder.path();
        let file = File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let mut command = Command::new(&self.setup.python);
        command.arg("-u").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/serve.py"));
        command
            .arg(folder.join("data"))
            .arg(self.port.to_string())
            .arg(self.setup.kind)
            .args(&self.setup.options)
            .current_dir(folder);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DEVPI")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(file.try_clone().unwrap()).stderr(file);
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        self.wait(&mut child)?;
        self.running = Some(Running { child, stdin });
        Ok(())
    }

    fn wait(&self, child: &mut Child) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(120) {
            if self.api().is_up() {
                return Ok(());
            }
            if child.try_wait().unwrap().is_some() {
                return Err(self.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("no answer within 120 s\n{}", self.log()))
    }
}
