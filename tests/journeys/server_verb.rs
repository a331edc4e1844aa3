//! `server start|stop|status|remove`, called through the library, with a real virtual environment.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;

use git_devpi::system::environment::Environment;
use git_devpi::workspace::local_server::{Error, LocalServer, Removal, Running, Start, Status, Stop};
use git_devpi::workspace::progress::{Progress, Silent};
use secrecy::ExposeSecret;

use crate::support::{Api, Sandbox, TestUser};

/// Records messages.
#[derive(Default)]
struct RecordedMessages(Mutex<Vec<String>>);

impl RecordedMessages {
    fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }

    fn keep(&self, what: &str) {
        self.0.lock().unwrap().push(what.to_owned());
    }
}

impl Progress for RecordedMessages {
    fn detail(&self, _what: &str) {}

    fn step(&self, what: &str) {
        self.keep(what);
    }
    fn note(&self, what: &str) {
        self.keep(what);
    }
    fn warn(&self, what: &str) {
        self.keep(&format!("warning: {what}"));
    }
    fn output(&self, _bytes: &[u8]) {}
}

/// Stops the server, also when the test fails.
struct StopOnDrop<'a>(&'a LocalServer);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        let _ = self.0.stop(&Silent);
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn root_of(server: &LocalServer) -> TestUser {
    let password = server.root_password().unwrap().unwrap().expose_secret().to_owned();
    TestUser { name: "root".to_owned(), password }
}

/// One test, because the installation is slow: the whole life of a local server, with its failures.
#[test]
fn a_local_server_lives_from_start_to_remove() {
    let sandbox = Sandbox::new();
    // A space in the path, and a missing folder.
    let folder = sandbox.path("data of mine/server");
    let server = LocalServer::at(&folder, &Environment::from_process());
    let _stop = StopOnDrop(&server);
    assert_eq!(server.status().unwrap(), Status::Absent { folder: folder.clone() });
    assert_eq!(server.stop(&Silent).unwrap(), Stop::NotRunning);

    let first = first_start_installs_and_reports(&server);
    let api = Api::new(&first.url).logged_in(&root_of(&server));
    let mirror = api.index("root/pypi").expect("a mirror to install from");
    assert_eq!(mirror["mirror_no_project_list"], true, "the list of all projects is never fetched");
    starting_again_changes_nothing(&server, &first);

    token_and_port_survive_a_restart(&server, &first, &api);
    a_stale_pid_file_ends_no_other_process(&server, &first);
    an_occupied_port_is_replaced(&server, &first);
    a_server_that_fails_to_start_shows_its_log(&server);

    assert_eq!(server.remove(&Silent).unwrap(), Removal::Removed);
    assert!(!folder.exists());
    assert_eq!(server.remove(&Silent).unwrap(), Removal::Absent);
    assert_eq!(server.status().unwrap(), Status::Absent { folder });
}

/// Two concurrent starts: one installs and starts the server, the other waits and finds it running.
fn first_start_installs_and_reports(server: &LocalServer) -> Running {
    let said = [RecordedMessages::default(), RecordedMessages::default()];
    let runs: Vec<Running> = std::thread::scope(|scope| {
        let starts: Vec<_> = said.iter().map(|said| scope.spawn(move || server.start(said).unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let now = runs.iter().position(|run| run.start == Start::Now).expect("one has started it");
    assert_eq!(runs[1 - now].start, Start::Before);
    assert_eq!(runs[now].pid, runs[1 - now].pid);
    let text = said[now].text();
    assert!(text.contains("installing devpi-server 6.") && text.contains("pip: fetching devpi-web"), "{text}");
    assert!(said[1 - now].text().contains("waiting for another git devpi"), "{}", said[1 - now].text());

    let run = runs[now].clone();
    assert!(run.url.starts_with("http://127.0.0.1:") && run.url.ends_with('/'), "{}", run.url);
    assert_eq!(
        (mode(&run.root_password_file), mode(&run.folder), mode(&run.folder.join("secret"))),
        (0o600, 0o700, 0o600)
    );
    let password = root_of(server).password;
    assert!(!format!("{run:?}{text}").contains(&password), "the password is never shown");
    assert!(!std::fs::read_to_string(&run.log).unwrap().contains(&password));
    run
}

fn starting_again_changes_nothing(server: &LocalServer, first: &Running) {
    let said = RecordedMessages::default();
    let again = server.start(&said).unwrap();
    assert_eq!(again, Running { start: Start::Before, ..first.clone() });
    assert_eq!(said.text(), "");
    assert_eq!(server.status().unwrap(), Status::Running(again));
}

fn token_and_port_survive_a_restart(server: &LocalServer, first: &Running, api: &Api) {
    assert_eq!(server.stop(&Silent).unwrap(), Stop::Stopped);
    assert!(!api.is_up());
    assert!(matches!(server.status().unwrap(), Status::Stopped { url: Some(url), .. } if url == first.url));
    assert_eq!(server.stop(&Silent).unwrap(), Stop::NotRunning);
    let said = RecordedMessages::default();
    let second = server.start(&said).unwrap();
    assert!(!said.text().contains("installing"), "{}", said.text());
    assert_eq!((second.start, second.url.as_str()), (Start::Now, first.url.as_str()));
    assert_ne!(second.pid, first.pid);
    assert_eq!(api.auth_status()[1], "root", "the token is valid after the restart");
}

/// After a crash the file names a process that has ended, or one of another program.
fn a_stale_pid_file_ends_no_other_process(server: &LocalServer, first: &Running) {
    let pid_file = first.folder.join("pid");
    let ours = std::fs::read_to_string(&pid_file).unwrap();
    let mut other_process = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    std::fs::write(&pid_file, other_process.id().to_string()).unwrap();
    assert!(matches!(server.stop(&Silent).unwrap_err(), Error::ProcessUnknown { url, .. } if url == first.url));
    std::fs::write(&pid_file, &ours).unwrap();
    let kill = std::process::Command::new("sh").args(["-c", "kill -s KILL \"$0\"", ours.trim()]).status().unwrap();
    assert!(kill.success());
    std::fs::write(&pid_file, other_process.id().to_string()).unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while Api::new(&first.url).is_up() && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(server.stop(&Silent).unwrap(), Stop::NotRunning);
    let anew = server.start(&Silent).unwrap();
    assert_eq!((anew.start, anew.url.as_str()), (Start::Now, first.url.as_str()));
    assert!(other_process.try_wait().unwrap().is_none(), "the other process still runs");
    other_process.kill().unwrap();
    other_process.wait().unwrap();
}

fn an_occupied_port_is_replaced(server: &LocalServer, first: &Running) {
    assert_eq!(server.stop(&Silent).unwrap(), Stop::Stopped);
    let address = first.url.trim_start_matches("http://").trim_end_matches('/');
    let other = std::net::TcpListener::bind(address).unwrap();
    let said = RecordedMessages::default();
    let moved = server.start(&said).unwrap();
    assert_ne!(moved.url, first.url);
    assert!(said.text().contains("warning: port"), "{}", said.text());
    drop(other);
}

fn a_server_that_fails_to_start_shows_its_log(server: &LocalServer) {
    let Status::Running(running) = server.status().unwrap() else { panic!("it runs") };
    server.stop(&Silent).unwrap();
    let secret = running.folder.join("secret");
    let good = std::fs::read(&secret).unwrap();
    std::fs::write(&secret, "short").unwrap();
    let error = server.start(&Silent).unwrap_err();
    assert!(matches!(&error, Error::Exited { tail, .. } if tail.contains("secret")), "{error:?}");
    assert!(matches!(server.status().unwrap(), Status::Stopped { .. }));
    std::fs::write(&secret, good).unwrap();
    assert_eq!(server.start(&Silent).unwrap().url, running.url, "the port is the same as before");
}

#[test]
fn a_folder_without_a_local_server_is_not_removed() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("documents");
    sandbox.write(&folder, "novel.txt", "once upon a time");
    let server = LocalServer::at(&folder, &Environment::from_process());
    assert!(matches!(server.remove(&Silent).unwrap_err(), Error::NotALocalServer { .. }));
    assert!(folder.join("novel.txt").exists());
}
