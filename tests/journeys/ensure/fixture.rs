//! A repository with a remote, its owner on the server, and machines with clones of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Api, Backend, DevpiServer, PythonProject, Run, Sandbox, TestUser};

/// The project's name.
pub const PROJECT: &str = "demo-pkg";

/// Counts builds, and makes the bytes of each build unique, so that two builds never give the same file.
pub const BUILD_COUNTER: &str = r#"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None, plain=build_wheel):
    import time, uuid
    with open(os.environ["BUILD_MARKS"], "a") as f:
        f.write("wheel\n")
    time.sleep(float(os.environ.get("BUILD_SECONDS", "0")))
    with open("src/demo_pkg/build_id.py", "w") as f:
        f.write(f"ID = '{uuid.uuid4()}'\n")
    return plain(wheel_directory)
"#;

pub struct Fixture {
    pub sandbox: Sandbox,
    pub api: Api,
    pub user: TestUser,
    pub remote: PathBuf,
    /// The developer's clone.
    pub work: PathBuf,
}

impl Fixture {
    pub fn new() -> Self {
        Self::on(DevpiServer::shared())
    }

    pub fn on(server: &DevpiServer) -> Self {
        let mut sandbox = Sandbox::with_tools();
        let user = server.user();
        let api = server.api().logged_in(&user);
        api.put(&user.index("prod"), &json!({"volatile": false, "acl_toxresult_upload": [user.name]}));
        let marks = sandbox.path("marks");
        sandbox.set("BUILD_MARKS", marks.to_str().unwrap());
        let remote = sandbox.bare_remote("remote.git");
        let work = sandbox.repository("work");
        PythonProject::new().backend(Backend::InTree).write(&work);
        let backend = std::fs::read_to_string(work.join("backend/in_tree.py")).unwrap();
        sandbox.write(&work, "backend/in_tree.py", &format!("{backend}{BUILD_COUNTER}"));
        sandbox.write(&work, ".git-devpi.toml", &server.settings_file(&user));
        sandbox.commit_all(&work, "First");
        sandbox.git(&work, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
        sandbox.git(&work, &["push", "--quiet", "-u", "origin", "main"]).ok();
        sandbox.set("GIT_DEVPI_SERVER", server.url()).set("CI", "true");
        let fixture = Self { sandbox, api, user, remote, work };
        fixture.branch("feature/x");
        fixture
    }

    /// Sets the claim timeout. Only for tests that wait for it: on a busy machine an active holder may miss a short timeout, too.
    pub fn set_claim_timeout(&mut self, timeout: &str) {
        self.sandbox.set("GIT_DEVPI_CLAIM_TIMEOUT", timeout);
    }

    /// A branch with a commit of its own, pushed.
    pub fn branch(&self, name: &str) -> String {
        self.sandbox.git(&self.work, &["switch", "--quiet", "-c", name]).ok();
        self.sandbox.write(&self.work, &format!("notes/{name}"), name);
        let commit = self.sandbox.commit_all(&self.work, name);
        self.sandbox.git(&self.work, &["push", "--quiet", "-u", "origin", name]).ok();
        commit
    }

    /// Configures wheel and sdist as the formats of a branch, which it creates unless it is `feature/x`.
    pub fn release_both_formats(&self, branch: &str) {
        if branch != "feature/x" {
            self.branch(branch);
        }
        let settings = std::fs::read_to_string(self.work.join(".git-devpi.toml")).unwrap();
        self.sandbox.write(&self.work, ".git-devpi.toml", &format!("{settings}formats = [\"sdist\", \"wheel\"]\n"));
        self.sandbox.commit_all(&self.work, "Both formats");
        self.sandbox.git(&self.work, &["push", "--quiet"]).ok();
    }

    /// A CI machine with its own home and a detached clone of a branch.
    pub fn machine(&self, name: &str, branch: &str) -> Machine<'_> {
        let clone = self.sandbox.clone_of(&self.remote, name);
        self.sandbox.git(&clone, &["checkout", "--quiet", "--detach", &format!("origin/{branch}")]).ok();
        Machine {
            fixture: self,
            home: self.sandbox.path(&format!("homes/{name}")),
            clone,
            variables: vec![
                ("GIT_DEVPI_BRANCH".to_owned(), branch.to_owned()),
                ("BUILD_NUMBER".to_owned(), "57".to_owned()),
                ("GIT_DEVPI_PASSWORD".to_owned(), self.user.password.clone()),
            ],
        }
    }

    /// The number of built wheels.
    pub fn builds(&self) -> usize {
        std::fs::read_to_string(self.sandbox.path("marks")).unwrap_or_default().lines().count()
    }

    /// The file names and checksums of a release, as the server lists them.
    pub fn files(&self, index: &str, version: &str) -> Vec<(String, String)> {
        let files = self.api.files(&self.user.index(index), PROJECT, version);
        files.into_iter().map(|file| (file.name, file.sha256)).collect()
    }

    /// The provenance notes of a release.
    pub fn provenance(&self, index: &str, version: &str) -> Vec<Value> {
        let results = self.api.tox_results(&self.user.index(index), PROJECT, version);
        results.into_iter().map(|(_, report)| report["git-devpi"].clone()).collect()
    }

    /// The wheel's name.
    pub fn wheel(version: &str) -> String {
        format!("demo_pkg-{version}-py3-none-any.whl")
    }
}

/// One machine of CI.
pub struct Machine<'a> {
    pub fixture: &'a Fixture,
    pub clone: PathBuf,
    pub home: PathBuf,
    variables: Vec<(String, String)>,
}

impl Machine<'_> {
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn unset(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.program("git", &[&["devpi"], arguments].concat())
    }

    /// Another program, with this machine's environment.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.fixture.sandbox.command(&self.clone, program);
        command.args(arguments).env("GIT_DEVPI_HOME", &self.home);
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    #[track_caller]
    pub fn devpi(&self, arguments: &[&str]) -> Run {
        self.fixture.sandbox.finish(&mut self.command(arguments))
    }

    /// Runs `ensure --json`.
    #[track_caller]
    pub fn ensure(&self, arguments: &[&str]) -> Run {
        self.devpi(&[&["ensure", "--json"], arguments].concat())
    }

    pub fn commit(&self) -> String {
        self.fixture.sandbox.git(&self.clone, &["rev-parse", "HEAD"]).ok().text().to_owned()
    }
}

pub fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn sha256(path: &Path) -> String {
    git_devpi::system::files::sha256_of_file(path).unwrap().to_string()
}
