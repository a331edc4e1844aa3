//! `index adopt`: after a move of the repository or of its remote the records name the new one, and it decides.

use serde_json::{Value, json};

use crate::deciding_remote::{hosted, index, remote_in_record};
use crate::git_hosts::{self, hash};
use crate::prune_fixture::{PruneFixture, record, states};
use crate::support::{DevpiServer, Run};

impl PruneFixture {
    #[track_caller]
    fn adopt(&self, arguments: &[&str]) -> Run {
        self.sandbox.devpi(&self.clone, &[&["index", "adopt"], arguments].concat())
    }

    /// Moves the remote to another host or path.
    fn move_to(&self, host: &str, path: &str) {
        let url = git_hosts::copy(&self.sandbox, &self.remote, (host, path));
        self.git(&["remote", "set-url", "origin", &url]);
    }

    /// The states that `prune` sees.
    fn states(&self) -> std::collections::BTreeMap<String, String> {
        states(&self.prune(&["--dry-run", "--now", "--json"]).ok().json())
    }

    fn record_of(&self, index: &str) -> Value {
        self.api.index(&self.user.index(index)).unwrap()["custom_data"]["git-devpi"].clone()
    }
}

/// `live` and `merged` with indexes for `git.example`, and indexes that do not belong to the repository.
fn two_branches() -> PruneFixture {
    let fixture = hosted();
    for branch in ["live", "merged"] {
        fixture.branch(branch);
    }
    fixture.merge(&["merged"]);
    for branch in ["live", "merged"] {
        index(&fixture, branch, "git.example");
    }
    let mut production = json!({"schema": 1, "kind": "production", "repository": "shiny",
        "created": "2020-01-02T03:04:05Z"});
    production["remote"] = json!(hash("git.example", "acme/shiny"));
    fixture.index_with("prod", &production, &json!({}));
    let mut other = record("live", true);
    other["repository"] = json!("other");
    fixture.index_with("other", &other, &json!({}));
    fixture.claim("live.claim-0123456789ab-1", "live", "2999-01-01T00:00:00Z");
    fixture
}

#[test]
fn after_a_move_to_another_host_the_new_remote_decides() {
    let fixture = two_branches();
    let full = fixture.user.index("live");
    let mut data = fixture.api.index(&full).unwrap()["custom_data"].clone();
    data["other"] = json!({"key": [1]});
    data["git-devpi"]["of a later version"] = json!(true);
    fixture.api.patch(&full, &json!({"custom_data": data, "title": "a title of its own"}));
    fixture.move_to("new.example", "acme/shiny.git");
    assert_eq!((&*fixture.states()["live"], &*fixture.states()["merged"]), ("unknown", "unknown"));

    let before = fixture.api.indexes(&fixture.user.name);
    fixture.adopt(&[]).code(2).says("--yes");
    let plan = fixture.adopt(&["--dry-run", "--json"]).ok().json();
    assert_eq!(plan["plan"].as_array().unwrap().len(), 4, "{plan}");
    assert_eq!((&plan["dry_run"], &plan["adopted"]), (&json!(true), &json!([])));
    assert_eq!(fixture.api.indexes(&fixture.user.name), before);

    let done = fixture.adopt(&["--yes", "--json"]).ok().json();
    let new = hash("new.example", "acme/shiny");
    assert_eq!((&done["remote"], done["adopted"].as_array().unwrap().len()), (&json!(new), 4), "{done}");
    for index in ["live", "merged", "prod", "main"] {
        assert_eq!(remote_in_record(&fixture, index).as_ref(), Some(&new), "{index}");
    }
    let after = fixture.api.indexes(&fixture.user.name);
    for index in ["other", "live.claim-0123456789ab-1"] {
        assert_eq!(after[index], before[index], "{index}");
    }
    data["git-devpi"]["remote"] = json!(new);
    assert_eq!((&after["live"]["custom_data"], &after["live"]["title"]), (&data, &json!("a title of its own")));
    assert_eq!((&*fixture.states()["live"], &*fixture.states()["merged"]), ("protected", "merged"));
    fixture.adopt(&["--yes"]).ok().says("no index names shiny under another remote");
    // The old remote decides nothing any more.
    fixture.git(&["remote", "set-url", "origin", "ssh://git@git.example/acme/shiny.git"]);
    assert_eq!((&*fixture.states()["live"], &*fixture.states()["merged"]), ("unknown", "unknown"));
    // To a remote on disk, which has no hash.
    let disk = fixture.remote.to_str().unwrap();
    fixture.git(&["remote", "set-url", "origin", disk]);
    fixture.adopt(&["--yes"]).ok();
    assert_eq!(remote_in_record(&fixture, "live"), None);
}

#[test]
fn after_a_rename_the_records_name_the_new_repository() {
    let fixture = two_branches();
    fixture.api.patch(&fixture.user.index("live"), &json!({"title": "shiny: live"}));
    fixture.sandbox.write(
        &fixture.clone,
        ".git-devpi.toml",
        "release-branches = [\"main\"]\nrepository = \"acme/new\"\n",
    );
    fixture.sandbox.commit_all(&fixture.clone, "Rename");
    fixture.git(&["push", "--quiet"]);
    fixture.move_to("git.example", "acme/new.git");
    // A push after the move created a new index for `merged`.
    let mut new = record("merged", true);
    new["repository"] = json!("acme/new");
    new["remote"] = json!(hash("git.example", "acme/new"));
    fixture.index_with("merged-again", &new, &json!({}));
    fixture.adopt(&["--yes"]).ok().says("no index names acme/new under another remote");

    let run = fixture
        .adopt(&["--from", "Shiny", "--yes", "--json"])
        .code(5)
        .says("merged-again is the index of merged already");
    let done = run.json();
    assert_eq!(done["adopted"].as_array().unwrap().len(), 3, "{done}");
    assert_eq!(done["left_alone"][0]["index"], json!(fixture.user.index("merged")));
    assert_eq!(fixture.record_of("merged")["repository"], "shiny");
    let live = fixture.record_of("live");
    assert_eq!((&live["repository"], &live["remote"]), (&json!("acme/new"), &json!(hash("git.example", "acme/new"))));
    assert_eq!((&live["branch"], &live["own_commits"]), (&json!("live"), &json!(true)));
    assert_eq!(fixture.api.index(&fixture.user.index("live")).unwrap()["title"], "acme/new: live");
    assert_eq!(fixture.record_of("prod")["repository"], "acme/new");
    assert_eq!(fixture.record_of("other")["repository"], "other");
    assert_eq!((&*fixture.states()["live"], &*fixture.states()["merged-again"]), ("live", "merged"));
}

#[test]
fn a_remote_without_the_newest_build_adopts_nothing() {
    let fixture = two_branches();
    // A mirror that lags behind, and a repository with the same files and another history.
    fixture.move_to("mirror.example", "acme/shiny.git");
    fixture.git(&["remote", "set-url", "origin", "ssh://git@git.example/acme/shiny.git"]);
    let built = fixture.sandbox.commit_all(&fixture.clone, "Built");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.built("main", "1.0", &built);
    let other = fixture.sandbox.repository("other");
    fixture.sandbox.write(&other, ".git-devpi.toml", "release-branches = [\"main\"]\nrepository = \"shiny\"\n");
    fixture.sandbox.commit_all(&other, "First");
    fixture.sandbox.git(&fixture.sandbox.path("."), &["clone", "--quiet", "--bare", "other", "other.git"]).ok();
    let other =
        git_hosts::copy(&fixture.sandbox, &fixture.sandbox.path("other.git"), ("other.example", "acme/shiny.git"));
    let before = fixture.api.indexes(&fixture.user.name);
    for url in ["ssh://git@mirror.example/acme/shiny.git", &other] {
        fixture.git(&["remote", "set-url", "origin", url]);
        fixture.adopt(&["--yes"]).code(5).says(&built[..7]).says("push the release branches to it first");
    }
    assert_eq!(fixture.api.indexes(&fixture.user.name), before);
    fixture.git(&["remote", "set-url", "origin", "ssh://git@mirror.example/acme/shiny.git"]);
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.adopt(&["--yes"]).ok();
    // The user's own settings stand for it, as everywhere.
    fixture.git(&["remote", "set-url", "origin", &other]);
    fixture.git(&["config", "devpi.repository", "shiny"]);
    fixture.adopt(&["--yes"]).ok();
    assert_eq!(remote_in_record(&fixture, "main"), Some(hash("other.example", "acme/shiny")));
}

#[test]
fn only_the_owner_adopts() {
    let fixture = two_branches();
    fixture.move_to("new.example", "acme/shiny.git");
    let other = DevpiServer::shared().user();
    fixture.git(&["config", "devpi.login", &other.name]);
    let words = ["git-devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, other.password.as_bytes()).ok();
    let before = fixture.api.indexes(&fixture.user.name);
    fixture.adopt(&["--yes"]).code(4);
    assert_eq!(fixture.api.indexes(&fixture.user.name), before);
}
