//! A bare remote `shiny`, a clone whose user is the owner and logged in, and a devpi user, for the tests of prune and post-merge.
//! Indexes are created through the server's API, so that each has exactly the history that a test needs.

use std::path::{Path, PathBuf};

use git_devpi::model::names::{CommitId, Sha256};
use git_devpi::model::tox_result::{Provenance, provenance_report};
use serde_json::{Value, json};

use crate::support::{Api, DevpiServer, Run, Sandbox, TestUser};

/// A time before any `keep-for`.
pub const LONG_AGO: &str = "2020-01-02T03:04:05Z";

pub struct PruneFixture {
    pub sandbox: Sandbox,
    pub api: Api,
    pub user: TestUser,
    pub remote: PathBuf,
    pub clone: PathBuf,
}

impl PruneFixture {
    /// The remote has `main`, which has an index.
    pub fn new() -> Self {
        Self::on(DevpiServer::shared())
    }

    pub fn on(server: &DevpiServer) -> Self {
        let sandbox = Sandbox::new();
        let user = server.user();
        let api = server.api().logged_in(&user);
        let remote = sandbox.bare_remote("shiny.git");
        let clone = sandbox.clone_of(&remote, "clone");
        let fixture = Self { sandbox, api, user, remote, clone };
        fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", "release-branches = [\"main\"]\n");
        fixture.sandbox.commit_all(&fixture.clone, "First");
        fixture.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        fixture.git(&["config", "--global", "devpi.server", server.url()]);
        fixture.git(&["config", "--global", "devpi.user", &fixture.user.name]);
        let words = ["git", "devpi", "login", "--password-stdin"];
        fixture.sandbox.run_with_input(&fixture.clone, &words, format!("{}\n", fixture.user.password).as_bytes()).ok();
        fixture.index("main", "main", false);
        fixture
    }

    /// Sets `keep-for` to 0.
    pub fn without_grace(self) -> Self {
        self.git(&["config", "--global", "devpi.keepFor", "0"]);
        self
    }

    /// Runs git in the clone; asserts success.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> Run {
        self.sandbox.git(&self.clone, arguments).ok()
    }

    /// `git devpi prune …` in the clone.
    #[track_caller]
    pub fn prune(&self, arguments: &[&str]) -> Run {
        self.sandbox.devpi(&self.clone, &[&["prune"], arguments].concat())
    }

    /// Creates and pushes a branch with an own commit, then switches back to `main`.
    pub fn branch(&self, name: &str) {
        self.git(&["switch", "--quiet", "--create", name, "main"]);
        self.sandbox.write(&self.clone, &format!("{}.txt", name.replace('/', "-")), name);
        self.sandbox.commit_all(&self.clone, name);
        self.git(&["push", "--quiet", "origin", name]);
        self.git(&["switch", "--quiet", "main"]);
    }

    /// Merges branches into `main` and pushes.
    pub fn merge(&self, branches: &[&str]) {
        for branch in branches {
            self.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", branch]);
        }
        self.git(&["push", "--quiet", "origin", "main"]);
    }

    /// A merged branch, with an index that records own commits.
    pub fn merged(&self, branch: &str, index: &str) {
        self.branch(branch);
        self.merge(&[branch]);
        self.index(index, branch, true);
    }

    /// Creates the index of a branch, with a time long ago.
    pub fn index(&self, name: &str, branch: &str, own_commits: bool) {
        self.index_with(name, &record(branch, own_commits), &json!({}));
    }

    /// Creates an index with a record and further keys.
    pub fn index_with(&self, name: &str, record: &Value, more: &Value) {
        let mut config = json!({ "volatile": false, "bases": [], "custom_data": { "git-devpi": record } });
        for (key, value) in more.as_object().unwrap() {
            config[key] = value.clone();
        }
        self.api.put(&self.user.index(name), &config);
    }

    /// Creates a claim on a build of `branch` that expires at `until`.
    pub fn claim(&self, name: &str, branch: &str, until: &str) {
        let record = json!({ "schema": 1, "kind": "claim", "repository": "shiny", "branch": branch, "holder": "h",
            "commit": "1".repeat(40), "until": until });
        self.index_with(name, &record, &json!({ "volatile": true }));
    }

    /// Uploads a file to an index; returns the sha256 that the server lists.
    pub fn upload(&self, index: &str) -> String {
        let index = self.user.index(index);
        self.api.upload(&index, ("demo-pkg", "1.0"), ("demo_pkg-1.0-py3-none-any.whl", index.as_bytes()));
        self.api.files(&index, "demo-pkg", "1.0")[0].sha256.clone()
    }

    /// Uploads a release that the owner built from `commit`.
    pub fn built(&self, index: &str, version: &str, commit: &str) {
        let index = self.user.index(index);
        let file_name = format!("demo_pkg-{version}-py3-none-any.whl");
        self.api.upload(&index, ("demo-pkg", version), (&file_name, commit.as_bytes()));
        let file = self.api.files(&index, "demo-pkg", version).remove(0);
        let provenance = Provenance {
            commit: CommitId::parse(commit).unwrap(),
            version: version.to_owned(),
            sha256: Sha256::parse(&file.sha256).unwrap(),
            builder: None,
            ci_url: None,
        };
        self.api.post(&file.path, &provenance_report(&provenance));
    }

    /// The commit of a branch in the clone.
    pub fn tip(&self, name: &str) -> String {
        self.git(&["rev-parse", name]).text().to_owned()
    }

    /// The names of the user's indexes.
    pub fn indexes(&self) -> Vec<String> {
        self.api.index_names(&self.user.name)
    }

    /// Another clone of the remote, without hooks.
    pub fn colleague(&self) -> PathBuf {
        self.sandbox.clone_of(&self.remote, "colleague")
    }

    /// The deletion logs of this user.
    pub fn logs(&self) -> Vec<Value> {
        let folder = self.sandbox.path("home/git-devpi/state/deleted-indexes");
        let files = std::fs::read_dir(folder).map(|files| files.flatten().collect::<Vec<_>>()).unwrap_or_default();
        files.iter().map(|file| serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap()).collect()
    }

    /// Writes a hook script into the clone.
    pub fn install_hook(&self, clone: &Path, event: &str) {
        let path = clone.join(".git/hooks").join(event);
        self.sandbox.write(
            clone,
            &format!(".git/hooks/{event}"),
            &format!("#!/bin/sh\ngit-devpi hook {event} \"$@\"\n"),
        );
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
}

/// The record of a branch's index, with a time long ago.
pub fn record(branch: &str, own_commits: bool) -> Value {
    json!({ "schema": 1, "kind": "branch", "repository": "shiny", "branch": branch, "own_commits": own_commits,
        "created": LONG_AGO })
}

/// The state of every index of `prune --json`, by its short name.
pub fn states(answer: &Value) -> std::collections::BTreeMap<String, String> {
    let lists = ["plan", "staying"].into_iter().flat_map(|key| answer[key].as_array().unwrap().clone());
    let short = |index: &Value| index.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    lists.map(|entry| (short(&entry["index"]), entry["state"].as_str().unwrap().to_owned())).collect()
}
