//! `bases-from`: the index of another repository's branch of the same name is a base of the branch's index.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT, report};
use crate::git_hosts::hash;
use crate::support::{Backend, DevpiServer, PythonProject, Run};

const SERVER_INDEX: &str = "acme-server-feature-x";

/// The client is [`Fixture`]'s repository `acme/demo`; the repository `acme/server` has the project `demo-server`.
struct Pair {
    client: Fixture,
    server: PathBuf,
}

impl Pair {
    /// Both are on `feature/x`, pushed; the client has `bases-from = ["acme/server"]`.
    fn new(server_settings: &str) -> Self {
        let client = Fixture::new();
        let sandbox = &client.sandbox;
        let remote = sandbox.bare_remote("acme/server.git");
        let server = sandbox.repository("server");
        PythonProject::new().name("demo-server").backend(Backend::InTree).write(&server);
        let settings = DevpiServer::shared().settings_file(&client.user).replace("acme/demo", "acme/server");
        let more = "require = [\"unit\"]\nindex-name = \"{repository}-{branch}\"\n";
        sandbox.write(&server, ".git-devpi.toml", &format!("{settings}{more}{server_settings}"));
        sandbox.commit_all(&server, "First");
        sandbox.git(&server, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
        sandbox.git(&server, &["push", "--quiet", "-u", "origin", "main"]).ok();
        sandbox.git(&server, &["remote", "set-head", "origin", "main"]).ok();
        let pair = Self { client, server };
        pair.set_bases_from("[\"acme/server\"]");
        pair.client.sandbox.git(&pair.client.work, &["push", "--quiet"]).ok();
        for folder in [&pair.client.work, &pair.server] {
            pair.client.sandbox.git(folder, &["switch", "--quiet", "-c", "feature/x"]).ok();
            pair.client.sandbox.commit_all(folder, "Feature");
            pair.client.sandbox.git(folder, &["push", "--quiet", "-u", "origin", "feature/x"]).ok();
        }
        pair
    }

    /// Commits the setting of the client.
    fn set_bases_from(&self, value: &str) {
        let path = self.client.work.join(".git-devpi.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let kept: String =
            text.lines().filter(|line| !line.starts_with("bases-from")).map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, format!("{kept}bases-from = {value}\n")).unwrap();
        self.client.sandbox.commit_all(&self.client.work, "Bases");
    }

    fn switch(&self, branch: &str) {
        for folder in [&self.client.work, &self.server] {
            self.client.sandbox.git(folder, &["switch", "--quiet", branch]).ok();
        }
    }

    /// Builds the server's checkout as build `number` in CI.
    #[track_caller]
    fn build_server(&mut self, number: &str) -> String {
        self.client.in_ci(number);
        let ensured = self.server_devpi(&["ensure", "--dest", "../server-dist", "--json"]).ok().json();
        self.client.by_hand();
        ensured["version"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn server_devpi(&self, arguments: &[&str]) -> Run {
        self.client.sandbox.devpi(&self.server, arguments)
    }

    fn index(&self, name: &str) -> String {
        self.client.user.index(name)
    }

    /// The bases of an index.
    fn bases(&self, name: &str) -> Value {
        self.client.api.index(&self.index(name)).unwrap()["bases"].clone()
    }

    fn status(&self) -> Value {
        self.client.devpi(&["status", "--json"]).ok().json()["bases_from"].clone()
    }

    fn delete(&self, name: &str) {
        self.client.api.patch(&self.index(name), &json!({ "volatile": true }));
        self.client.api.delete(&self.index(name));
    }
}

#[test]
fn installers_get_the_other_repositorys_build_of_the_same_branch() {
    let mut pair = Pair::new("");
    assert_eq!(pair.build_server("7"), "1.4.7.dev0");
    pair.client.build("9");
    let (server, prod) = (pair.index(SERVER_INDEX), pair.index("prod"));
    assert_eq!(pair.bases("feature-x"), json!([server, prod]));
    let base =
        json!([{ "user": pair.client.user.name, "repository": "acme/server", "index": server, "state": "base" }]);
    assert_eq!(pair.status(), base);
    let shown = pair.client.devpi(&["status"]).ok();
    assert!(shown.stdout.contains(&format!("base        {server} of acme/server\n")), "{shown}");
    // Production has a final release, which installers would prefer.
    pair.client.api.upload(&prod, ("demo-server", "1.4.6"), ("demo_server-1.4.6-py3-none-any.whl", b"old"));

    let constraints = |answer: &Value, key: &str| std::fs::read_to_string(answer[key].as_str().unwrap()).unwrap();
    let variables = pair.client.devpi(&["env", "--json"]).ok().json()["variables"].clone();
    assert_eq!(constraints(&variables, "PIP_CONSTRAINT"), "demo-pkg==1.4.9.dev0\ndemo-server==1.4.7.dev0\n");
    let script = "eval \"$(git devpi env)\" && python3 -m pip download --quiet --no-deps --dest ../pip demo-server \
                  && uv pip install --quiet --no-deps --target ../uv demo-server";
    pair.client.sandbox.run(&pair.client.work, "sh", &["-c", script]).ok();
    assert!(pair.client.sandbox.path("pip/demo_server-1.4.7.dev0-py3-none-any.whl").exists());
    assert!(pair.client.sandbox.path("uv/demo_server-1.4.7.dev0.dist-info").exists());
    pair.client.in_ci("9");
    let ensured = pair.client.devpi(&["ensure", "--json"]).ok().json();
    assert_eq!(
        (constraints(&ensured, "constraints").as_str(), &ensured["action"]),
        ("demo-server==1.4.7.dev0\n", &json!("found"))
    );
    pair.client.by_hand();
    // The other branch was merged and promoted: production is newer than the branch's last build.
    pair.client.api.upload(&prod, ("demo-server", "1.4.8"), ("demo_server-1.4.8-py3-none-any.whl", b"new"));
    let variables = pair.client.devpi(&["env", "--json"]).ok().json()["variables"].clone();
    assert_eq!(constraints(&variables, "PIP_CONSTRAINT"), "demo-pkg==1.4.9.dev0\n");
}

#[test]
fn release_branches_and_pull_requests_have_no_base_of_another_repository() {
    let mut pair = Pair::new("");
    for branch in ["pull/7", "main"] {
        pair.server_devpi(&["index", "create", "--branch", branch]).ok();
        pair.client.devpi(&["index", "create", "--branch", branch]).ok();
    }
    pair.switch("main");
    pair.build_server("7");
    pair.client.build("9");
    for index in ["pull-7", "main"] {
        assert_eq!(pair.bases(index), json!([pair.index("prod")]), "{index}");
    }
    assert_eq!(pair.status(), json!([]));
    // A release branch that was none before.
    let with = json!([pair.index("acme-server-main"), pair.index("prod")]);
    pair.client.api.patch(&pair.index("main"), &json!({ "bases": with }));
    pair.client.build("9");
    assert_eq!(pair.bases("main"), json!([pair.index("prod")]));
}

#[test]
fn a_base_comes_and_goes_with_its_index() {
    let mut pair = Pair::new("");
    let (server, prod) = (pair.index(SERVER_INDEX), pair.index("prod"));
    pair.client.build("9");
    assert_eq!(pair.bases("feature-x"), json!([prod]));
    assert_eq!(pair.status()[0]["state"], "no index");
    // It appears later: the next `ensure` adds it, also where it finds the release.
    pair.build_server("7");
    assert_eq!(pair.status()[0]["state"], "to be added");
    pair.client.build("9");
    assert_eq!(pair.bases("feature-x"), json!([server, prod]));
    // While it is a base, it is not deleted, although its branch is.
    pair.client.sandbox.git(&pair.server, &["push", "--quiet", "origin", ":feature/x"]).ok();
    pair.switch("main");
    let run = pair.server_devpi(&["prune", "--yes", "--now", "--json"]).ok();
    let reason = run.json()["staying"].to_string();
    assert!(reason.contains("protected") && reason.contains(&pair.index("feature-x")), "{run}");
    // A person deletes it: the name does not stay a base.
    pair.switch("feature/x");
    pair.delete(SERVER_INDEX);
    assert_eq!(pair.bases("feature-x"), json!([server, prod]));
    pair.client.devpi(&["index", "create"]).ok();
    assert_eq!(pair.bases("feature-x"), json!([prod]));
    // A push from a clone that does not know the index does the same; a base that a person has added stays.
    pair.build_server("8");
    let by_hand = pair.index("by-hand");
    pair.client.api.put(&by_hand, &json!({}));
    pair.client.api.patch(&pair.index("feature-x"), &json!({ "bases": [prod, by_hand] }));
    let colleague = pair.client.machine("colleague");
    pair.client.sandbox.git(&colleague, &["switch", "--quiet", "feature/x"]).ok();
    pair.client.sandbox.devpi(&colleague, &["hooks", "install", "--mode", "file"]).ok();
    pair.client.sandbox.commit_all(&colleague, "More");
    pair.client.sandbox.git(&colleague, &["push", "--quiet", "origin", "feature/x"]).ok();
    assert_eq!(pair.bases("feature-x"), json!([server, prod, by_hand]));
    // Without the setting the bases are left alone, with an empty one they go.
    pair.set_bases_from("[]");
    pair.client.build("10");
    assert_eq!(pair.bases("feature-x"), json!([prod, by_hand]));
}

#[test]
fn two_repositories_with_each_other_as_base_get_one_direction() {
    let mut pair = Pair::new("bases-from = [\"acme/demo\"]\n");
    let (server, client, prod) = (pair.index(SERVER_INDEX), pair.index("feature-x"), pair.index("prod"));
    pair.server_devpi(&["index", "create"]).ok();
    pair.client.build("9");
    assert_eq!(pair.bases("feature-x"), json!([server, prod]));
    pair.build_server("7");
    assert_eq!(pair.bases(SERVER_INDEX), json!([prod]));
    let shown = pair.server_devpi(&["status"]).ok();
    assert!(shown.stdout.contains(&format!("none from acme/demo: {client} has this index as a base")), "{shown}");
    // Two machines added both at once. devpi answers, and the index with the lower name keeps its base.
    pair.client.api.patch(&server, &json!({ "bases": [client, prod] }));
    assert!(pair.client.api.get(&format!("{client}/demo-server")).is_some());
    pair.build_server("7");
    pair.client.build("9");
    assert_eq!((pair.bases(SERVER_INDEX), pair.bases("feature-x")), (json!([client, prod]), json!([prod])));
}

#[test]
fn the_index_of_a_fork_and_that_of_another_user_are_no_bases() {
    let pair = Pair::new("");
    let api = &pair.client.api;
    pair.client
        .sandbox
        .git(&pair.client.work, &["remote", "set-url", "origin", "ssh://git@git.example/acme/demo.git"])
        .ok();
    let index = |remote: Option<String>| {
        let mut record = json!({ "schema": 1, "kind": "branch", "repository": "acme/server", "branch": "feature/x",
            "own_commits": true, "created": "2026-01-02T03:04:05Z" });
        if let Some(remote) = remote {
            record["remote"] = json!(remote);
        }
        json!({ "volatile": false, "bases": [], "custom_data": { "git-devpi": record } })
    };
    let ours = || index(Some(hash("git.example", "acme/server")));
    // Everyone with an account can write such a record at an index of their own.
    let eve = DevpiServer::shared().user();
    DevpiServer::shared().api().logged_in(&eve).put(&eve.index(SERVER_INDEX), &ours());
    let create = || {
        pair.client.devpi(&["index", "create"]).ok();
        pair.bases("feature-x")
    };
    assert_eq!(create(), json!([pair.index("prod")]));
    assert_eq!(pair.status()[0]["state"], "no index");
    for remote in [None, Some(hash("git.example", "eve/server")), Some(hash("other.example", "acme/server"))] {
        api.put(&pair.index("fork"), &index(remote));
        assert_eq!(create(), json!([pair.index("prod")]));
        assert_eq!(pair.status()[0]["state"], "other remote");
        pair.delete("fork");
    }
    api.put(&pair.index(SERVER_INDEX), &ours());
    assert_eq!(create(), json!([pair.index(SERVER_INDEX), pair.index("prod")]));
    // Another owner, where the setting names it.
    pair.delete(SERVER_INDEX);
    pair.set_bases_from(&format!("[\"{}:acme/server\"]", eve.name));
    assert_eq!(create(), json!([eve.index(SERVER_INDEX), pair.index("prod")]));
}

#[test]
fn a_promotion_warns_of_a_required_version_that_production_lacks() {
    let mut pair = Pair::new("");
    pair.switch("main");
    let backend = pair.client.work.join("backend/in_tree.py");
    let text = std::fs::read_to_string(&backend).unwrap();
    std::fs::write(
        &backend,
        text.replace(
            "Requires-Python: >=3.9\\n",
            "Requires-Python: >=3.9\\nRequires-Dist: demo-server>=1.4.8\\nRequires-Dist: requests\\n",
        ),
    )
    .unwrap();
    pair.client.sandbox.commit_all(&pair.client.work, "Require the server");
    pair.client.sandbox.git(&pair.client.work, &["push", "--quiet"]).ok();
    pair.build_server("8");
    let version = pair.client.build("20");
    pair.client.report(&pair.client.api, ("main", &version), ("unit", true));
    pair.client.devpi(&["promote", "--dry-run"]).ok().says("demo-pkg requires demo-server>=1.4.8, and");
    let answer = pair.client.devpi(&["promote", "--json"]).ok().json();
    let unmet = json!([{ "project": PROJECT, "requirement": "demo-server>=1.4.8", "production": pair.index("prod") }]);
    assert_eq!((&answer["unmet_requirements"], &answer["decision"]), (&unmet, &json!("promoted")));
    let file = pair.client.api.files(&pair.index("acme-server-main"), "demo-server", "1.4.8").remove(0);
    pair.client.api.post(&file.path, &report(&file.sha256, "unit", true));
    pair.server_devpi(&["promote", "1.4.8"]).ok();
    assert_eq!(pair.client.devpi(&["promote", &version, "--json"]).ok().json()["unmet_requirements"], json!([]));
}
