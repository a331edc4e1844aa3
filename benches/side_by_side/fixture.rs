//! A repository with a remote, a project, the hook and a login.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::support::{Api, Backend, DevpiServer, PythonProject, Sandbox, TestUser};

/// Extends the in-tree backend: it can sleep, write a mark, and pack a large file.
const SLOW_OR_LARGE: &str = r#"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None, plain=build_wheel):
    import time
    if "BUILD_MARKS" in os.environ:
        open(os.environ["BUILD_MARKS"], "a").close()
    time.sleep(float(os.environ.get("BUILD_SECONDS", "0")))
    name = plain(wheel_directory)
    if "LARGE_FILE" in os.environ:
        with zipfile.ZipFile(os.path.join(wheel_directory, name), "a", zipfile.ZIP_STORED) as wheel:
            wheel.write(os.environ["LARGE_FILE"], "demo_pkg/data.bin")
    return name
"#;

pub struct Fixture<'a> {
    pub sandbox: Sandbox,
    pub server: &'a DevpiServer,
    pub user: TestUser,
    /// A clone on `main`, which is the release branch.
    pub work: PathBuf,
    pub remote: PathBuf,
}

impl<'a> Fixture<'a> {
    pub fn new(server: &'a DevpiServer, backend: Backend) -> Self {
        let sandbox = Sandbox::with_tools();
        let user = server.user();
        let remote = sandbox.bare_remote("remote.git");
        let work = sandbox.repository("work");
        PythonProject::new().version("1.4").backend(backend).write(&work);
        if backend == Backend::InTree {
            let path = work.join("backend/in_tree.py");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, text + SLOW_OR_LARGE).unwrap();
        }
        sandbox.commit_all(&work, "first");
        for (key, value) in [("server", server.url()), ("user", &user.name), ("releaseBranches", "main")] {
            sandbox.git(&work, &["config", "--global", &format!("devpi.{key}"), value]).ok();
        }
        sandbox.git(&work, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
        let login = ["git-devpi", "login", server.url(), "--login", &user.name, "--password-stdin"];
        sandbox.run_with_input(&work, &login, user.password.as_bytes()).ok();
        sandbox.git(&work, &["push", "--quiet", "-u", "origin", "main"]).ok();
        sandbox.devpi(&work, &["hooks", "install", "--mode", "file"]).ok();
        Self { sandbox, server, user, work, remote }
    }

    /// Runs `git devpi ensure` as CI build `number`, with `--dest dist`.
    pub fn ensure(&self, number: usize) {
        self.sandbox.finish(self.command(number, "git").args(["devpi", "ensure", "--dest", "dist"])).ok();
    }

    /// A command with the environment of CI build `number`.
    pub fn command(&self, number: usize, program: &str) -> Command {
        let mut command = self.sandbox.command(&self.work, program);
        command.env("BUILD_NUMBER", number.to_string()).env("CI", "true");
        command
    }

    /// Creates branch indexes with these numbers, of another repository.
    pub fn add_indexes(&self, from: usize, to: usize) {
        let api = self.api();
        for number in from..=to {
            let record = json!({"schema": 1, "kind": "branch", "repository": "acme/other", "branch": format!("b/{number}"),
                "own_commits": true, "created": "2026-01-02T03:04:05Z"});
            let config = json!({"volatile": false, "bases": [], "custom_data": {"git-devpi": record}});
            api.put(&self.user.index(&format!("b-{number}")), &config);
        }
    }

    /// The user's API.
    pub fn api(&self) -> Api {
        self.server.api().logged_in(&self.user)
    }

    /// The number of requests that the server answers during `what`.
    pub fn requests(&self, what: impl FnOnce()) -> usize {
        let before = self.server.requests_answered();
        what();
        self.server.requests_answered() - before
    }

    pub fn cache(&self) -> PathBuf {
        self.sandbox.path("home/git-devpi/cache")
    }
}

pub fn remove(path: &Path) {
    let _ = std::fs::remove_dir_all(path);
}
