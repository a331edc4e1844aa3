//! A repository with a bare remote and installed hooks, for a user of the test server: the set-up of a developer.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Api, DevpiServer, Run, Sandbox, TestUser};

pub struct PushFixture {
    pub server: &'static DevpiServer,
    pub user: TestUser,
    pub sandbox: Sandbox,
    pub remote: PathBuf,
    pub clone: PathBuf,
}

impl PushFixture {
    /// Set up, logged in, hooks installed; `main` is on the remote with one commit.
    pub fn new() -> Self {
        let fixture = Self::without_login();
        fixture.log_in();
        fixture
    }

    /// The same without a login.
    pub fn without_login() -> Self {
        let server = DevpiServer::shared();
        let sandbox = Sandbox::new();
        let remote = sandbox.bare_remote("shiny.git");
        let clone = sandbox.clone_of(&remote, "clone");
        let fixture = Self { server, user: server.user(), sandbox, remote, clone };
        fixture.sandbox.commit_all(&fixture.clone, "First");
        fixture.git(&["push", "--quiet", "origin", "main"]).ok();
        for (key, value) in [("server", server.url()), ("user", &fixture.user.name), ("releaseBranches", "main")] {
            fixture.set(&format!("devpi.{key}"), value);
        }
        fixture.sandbox.devpi(&fixture.clone, &["hooks", "install", "--mode", "file"]).ok();
        fixture
    }

    pub fn log_in(&self) {
        let words = ["git-devpi", "login", "--password-stdin"];
        self.sandbox.run_with_input(&self.clone, &words, self.user.password.as_bytes()).ok();
    }

    pub fn set(&self, key: &str, value: &str) {
        self.git(&["config", key, value]).ok();
    }

    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> Run {
        self.sandbox.git(&self.clone, arguments)
    }

    /// Creates and checks out a branch with `commits` own commits.
    pub fn branch(&self, name: &str, commits: usize) {
        self.git(&["checkout", "--quiet", "-b", name, "main"]).ok();
        for n in 0..commits {
            self.sandbox.commit_all(&self.clone, &format!("Commit {n}"));
        }
    }

    /// `git push` of a branch.
    #[track_caller]
    pub fn push(&self, name: &str) -> Run {
        self.git(&["push", "--quiet", "origin", name])
    }

    /// Whether the remote has the branch.
    pub fn is_on_remote(&self, name: &str) -> bool {
        let name = format!("refs/heads/{name}");
        self.sandbox.git(&self.remote, &["rev-parse", "--quiet", "--verify", &name]).status == 0
    }

    pub fn api(&self) -> Api {
        self.server.api().logged_in(&self.user)
    }

    /// Every index of the user.
    pub fn index_names(&self) -> Vec<String> {
        self.server.api().index_names(&self.user.name)
    }

    /// The configuration of the user's index.
    #[track_caller]
    pub fn index(&self, name: &str) -> Value {
        let found = self.server.api().index(&self.user.index(name));
        found.unwrap_or_else(|| panic!("no {name} among {:?}", self.index_names()))
    }

    /// The record of the user's index, without the time.
    #[track_caller]
    pub fn record(&self, name: &str) -> Value {
        let mut record = self.index(name)["custom_data"]["git-devpi"].clone();
        let created = record.as_object_mut().and_then(|record| record.remove("created")).expect("created");
        assert!(created.as_str().is_some_and(|text| text.ends_with('Z')), "{created}");
        record
    }

    /// The expected record of `branch`, without the time.
    pub fn expected_record(branch: &str, own_commits: bool) -> Value {
        json!({"schema": 1, "kind": "branch", "repository": "shiny", "branch": branch, "own_commits": own_commits})
    }

    /// The number of requests about this user and its indexes.
    pub fn requests(&self) -> usize {
        let path = format!(" /{}", self.user.name);
        let is_about = |line: &&str| {
            let after = line.split_once(&path).map(|(_, after)| after);
            line.contains("[req") && after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        self.server.log().lines().filter(is_about).count()
    }

    /// The number of requests that `act` makes.
    pub fn requests_of(&self, act: impl FnOnce()) -> usize {
        let before = self.requests();
        act();
        self.requests() - before
    }

    /// A state file of git-devpi in the clone.
    pub fn state(&self, name: &str) -> PathBuf {
        self.clone.join(".git/git-devpi").join(name)
    }
}

/// A file's text.
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
