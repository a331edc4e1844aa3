//! A repository of the sample project with a remote, a devpi user and a production index, for the tests of evidence and promotion.

use std::path::{Path, PathBuf};

use git_devpi::python::tox_setup::{SetupPlan, ToxWay, plan};
use serde_json::{Value, json};

use crate::support::{Api, Backend, DevpiServer, Link, PythonProject, Run, Sandbox, TestUser};

pub const PROJECT: &str = "demo-pkg";

pub struct Fixture {
    pub sandbox: Sandbox,
    pub remote: PathBuf,
    /// A clone on `main`, pushed.
    pub work: PathBuf,
    pub user: TestUser,
    /// Logged in as `user`.
    pub api: Api,
}

impl Fixture {
    /// `main` is the release branch, `unit` is required, tox has the snippet and its plugin; the user is logged in.
    pub fn new() -> Self {
        let server = DevpiServer::shared();
        let user = server.user();
        let api = server.api().logged_in(&user);
        let mut sandbox = Sandbox::with_tools();
        let remote = sandbox.bare_remote("acme/demo.git");
        let work = sandbox.repository("work");
        PythonProject::new().backend(Backend::InTree).write(&work);
        let settings = format!("{}require = [\"unit\"]\n", server.settings_file(&user));
        sandbox.write(&work, ".git-devpi.toml", &settings);
        apply_snippet(&work);
        sandbox.commit_all(&work, "First");
        sandbox.git(&work, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
        sandbox.git(&work, &["push", "--quiet", "-u", "origin", "main"]).ok();
        sandbox.git(&work, &["remote", "set-head", "origin", "main"]).ok();
        api.put(&user.index("prod"), &json!({"volatile": false, "acl_toxresult_upload": [user.name]}));
        let login = ["git-devpi", "login", server.url(), "--login", &user.name, "--password-stdin"];
        sandbox.run_with_input(&work, &login, user.password.as_bytes()).ok();
        sandbox.set("PYTHONDONTWRITEBYTECODE", "1");
        Self { sandbox, remote, work, user, api }
    }

    /// Runs the following commands as CI build `number`.
    pub fn in_ci(&mut self, number: &str) -> &mut Self {
        self.sandbox.set("CI", "true").set("BUILD_NUMBER", number);
        self
    }

    /// Runs the following commands outside CI.
    pub fn by_hand(&mut self) -> &mut Self {
        self.sandbox.unset("CI").unset("BUILD_NUMBER");
        self
    }

    /// Another clone.
    pub fn machine(&self, name: &str) -> PathBuf {
        self.sandbox.clone_of(&self.remote, name)
    }

    #[track_caller]
    pub fn devpi(&self, arguments: &[&str]) -> Run {
        self.sandbox.devpi(&self.work, arguments)
    }

    /// Builds and publishes the checkout of `work` as build `number`; returns the version.
    #[track_caller]
    pub fn build(&mut self, number: &str) -> String {
        self.in_ci(number);
        let ensured = self.devpi(&["ensure", "--dest", "../dist", "--json"]).ok().json();
        self.by_hand();
        ensured["version"].as_str().unwrap().to_owned()
    }

    /// The one file of a release.
    #[track_caller]
    pub fn file(&self, index: &str, version: &str) -> Link {
        let mut files = self.api.files(&self.user.index(index), PROJECT, version);
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    /// The number of uploads in a file's log.
    pub fn uploads(file: &Link) -> usize {
        file.log.iter().filter(|(what, _)| what == "upload").count()
    }

    /// Replaces the stored token by one that the server rejects.
    pub fn forget_token(&self) {
        let path = self.sandbox.path("home/git-devpi/config/tokens.json");
        let mut tokens: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        tokens[DevpiServer::shared().url()][&self.user.name]["token"] = json!("not-a-token-of-this-server");
        std::fs::write(path, tokens.to_string()).unwrap();
    }

    /// Posts a report about the file of a release as `api`'s user.
    pub fn report(&self, api: &Api, (index, version): (&str, &str), (environment, green): (&str, bool)) {
        let file = self.file(index, version);
        api.post(&file.path, &report(&file.sha256, environment, green));
    }

    /// Environment and success of a release's tox results, without provenance.
    pub fn verdicts(&self, index: &str, version: &str) -> Vec<(String, bool)> {
        let results = self.api.tox_results(&self.user.index(index), PROJECT, version);
        let mut verdicts = Vec::new();
        for (_, report) in &results {
            for (name, environment) in report["testenvs"].as_object().unwrap() {
                verdicts.push((name.clone(), environment["result"]["success"] == json!(true)));
            }
        }
        verdicts.sort();
        verdicts
    }
}

/// A report of tox 4 about one environment that tested the file with this sha256.
pub fn report(sha256: &str, environment: &str, green: bool) -> Value {
    let code = i32::from(!green);
    json!({
        "reportversion": "1", "toxversion": "4.67.15", "platform": "linux", "host": "machine",
        "testenvs": {environment: {
            "installpkg": {"basename": "x.whl", "type": "file", "sha256": sha256},
            "result": {"success": green, "exit_code": code, "duration": 1.0, "skipped": false},
            "setup": [],
            "test": [{"command": ["python"], "output": "", "err": "", "retcode": code, "run_id": "commands[0]"}],
        }},
    })
}

/// Adds `init`'s snippet to tox's configuration in `folder`.
pub fn apply_snippet(folder: &Path) {
    let SetupPlan::Edits(edits) = plan(folder, ToxWay::Snippet).unwrap() else { panic!("no snippet") };
    assert_eq!(edits.len(), 2);
    for edit in edits {
        edit.write().unwrap();
    }
}
