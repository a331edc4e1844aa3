//! `index list|show|create|delete` on a real server.

use serde_json::{Value, json};

use git_devpi::index::deletion::{DeletionRequest, Deletions, FirstLook, LiveClaims, Target, WaveOutcome};
use git_devpi::index::kept_files::KeepFiles;
use git_devpi::system::environment::Environment;
use git_devpi::workspace::Silent;
use git_devpi::workspace::open::{OpenRequest, Workspace};

use crate::push_fixture::{PushFixture, read};
use crate::support::Run;

impl PushFixture {
    #[track_caller]
    fn index_verb(&self, arguments: &[&str]) -> Run {
        self.sandbox.devpi(&self.clone, &[&["index"], arguments].concat())
    }
}

fn foreign(branch: &str) -> Value {
    json!({"volatile": false, "custom_data": {"git-devpi": {"schema": 1, "kind": "branch", "repository": "acme/other",
        "branch": branch, "own_commits": true, "created": "2026-01-02T03:04:05Z"}}})
}

#[test]
fn an_index_is_created_shown_and_deleted() {
    let fixture = PushFixture::new();
    let full = fixture.user.index("feature-x");
    fixture.branch("feature/x", 1);
    fixture.index_verb(&["show"]).code(1).says("feature/x has no index").says("git devpi index create");
    assert_eq!(fixture.index_verb(&["create"]).ok().text(), full);
    assert_eq!(fixture.record("feature-x"), PushFixture::expected_record("feature/x", true));
    assert_eq!(fixture.index_verb(&["create", "--json"]).ok().json()["created"], false);
    let api = fixture.api();
    for (version, file) in [("1.0", "demo_pkg-1.0-py3-none-any.whl"), ("1.1", "demo_pkg-1.1-py3-none-any.whl")] {
        api.upload(&full, ("demo-pkg", version), (file, version.as_bytes()));
    }
    let shown = fixture.index_verb(&["show", "--json"]).ok().json();
    assert_eq!(
        (&shown["index"], &shown["kind"], &shown["branch"]),
        (&json!(full), &json!("branch"), &json!("feature/x"))
    );
    assert_eq!(
        shown["projects"],
        json!({"demo-pkg": {"1.0": ["demo_pkg-1.0-py3-none-any.whl"], "1.1": ["demo_pkg-1.1-py3-none-any.whl"]}})
    );
    assert_eq!(shown["config"]["title"], "shiny: feature/x");
    let text = fixture.index_verb(&["show", "feature-x"]).ok();
    assert!(text.stdout.contains("demo_pkg-1.1-py3-none-any.whl") && text.stdout.contains("feature/x"), "{text}");
    // Without a terminal nothing is deleted.
    fixture.git(&["switch", "--quiet", "main"]).ok();
    fixture.index_verb(&["delete", "feature-x"]).code(2).says("--yes");
    assert_eq!(fixture.index_names(), ["feature-x"]);
    let files = api.files(&full, "demo-pkg", "1.0");
    let deleted = fixture.index_verb(&["delete", "feature-x", "--yes", "--json"]).ok().json();
    assert_eq!((&deleted["index"], &deleted["deleted"], &deleted["files"]), (&json!(full), &json!(true), &json!(2)));
    assert!(fixture.index_names().is_empty());
    let log: Value = serde_json::from_str(&read(deleted["log"].as_str().unwrap().as_ref())).unwrap();
    assert_eq!(
        (&log["schema"], &log["index"], &log["server"]),
        (&json!(1), &json!(full), &json!(fixture.server.url()))
    );
    assert_eq!(log["config"], shown["config"]);
    assert_eq!(log["files"].as_array().unwrap().len(), 2);
    assert_eq!((&log["files"][0]["version"], &log["files"][0]["sha256"]), (&json!("1.0"), &json!(files[0].sha256)));
    // A push of the branch creates the index again.
    fixture.index_verb(&["delete", "feature-x", "--yes"]).code(1);
    fixture.push("feature/x").ok();
    assert_eq!(fixture.index_names(), ["feature-x"]);
}

#[test]
fn the_list_shows_the_repositorys_indexes_and_foreign_ones_with_their_names() {
    let fixture = PushFixture::new();
    let api = fixture.api();
    for (name, config) in [
        ("prod", json!({"volatile": false})),
        ("x", foreign("x")),
        ("by-hand", json!({})),
        ("elsewhere", foreign("elsewhere")),
    ] {
        api.put(&fixture.user.index(name), &config);
    }
    for name in ["x", "y", "by-hand"] {
        fixture.branch(name, 1);
        fixture.push(name).ok();
    }
    let listed = fixture.index_verb(&["list", "--json"]).ok().json();
    let kinds: Vec<(String, &str)> = listed["indexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|index| {
            let name = index["index"].as_str().unwrap().split('/').nth(1).unwrap();
            (
                name.split("-hand-").next().unwrap().split("x-").next().unwrap().to_owned(),
                index["kind"].as_str().unwrap(),
            )
        })
        .collect();
    let kind = |name: &str| kinds.iter().filter(|(found, _)| found == name).map(|(_, kind)| *kind).collect::<Vec<_>>();
    assert_eq!((kind("prod"), kind("y"), kind("x")), (vec!["production"], vec!["branch"], vec!["foreign"]));
    assert_eq!(kind("elsewhere"), Vec::<&str>::new(), "{kinds:?}");
    assert!(kind("by-hand").contains(&"foreign"), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|(_, kind)| *kind == "branch").count(), 3);
    let text = fixture.index_verb(&["list"]).ok();
    assert!(text.stdout.contains("its record names x of acme/other"), "{text}");
}

#[test]
fn production_and_foreign_indexes_are_not_deleted_and_bases_only_by_force() {
    let fixture = PushFixture::new();
    let api = fixture.api();
    let base = fixture.user.index("x");
    fixture.branch("x", 1);
    fixture.push("x").ok();
    api.put(&fixture.user.index("prod"), &json!({"volatile": false}));
    api.put(&fixture.user.index("other"), &foreign("other"));
    api.put(&fixture.user.index("by-hand"), &json!({}));
    api.put(&fixture.user.index("child"), &json!({"bases": [base]}));
    fixture.git(&["switch", "--quiet", "main"]).ok();
    let before = fixture.server.api().indexes(&fixture.user.name);
    for (index, code, why) in [
        ("prod", 1, "production"),
        ("other", 5, "names other of acme/other"),
        ("by-hand", 5, "no record"),
        ("x", 1, "child has it as a base"),
        ("nothing", 1, "not found"),
    ] {
        fixture.index_verb(&["delete", index, "--yes"]).code(code).says(why);
    }
    for (index, code, why) in [("prod", 1, "production"), ("other", 5, "acme/other"), ("by-hand", 5, "no record")] {
        fixture.index_verb(&["delete", index, "--yes", "--force"]).code(code).says(why);
    }
    assert_eq!(fixture.server.api().indexes(&fixture.user.name), before);
    api.patch(&fixture.user.index("child"), &json!({"bases": []}));
    fixture.index_verb(&["delete", "x", "--yes"]).ok().says("its configuration and list of files are saved in");
    assert_eq!(fixture.index_names(), ["by-hand", "child", "other", "prod"]);
}

#[test]
fn only_the_owner_can_create_and_delete() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.push("x").ok();
    let other = fixture.server.user();
    fixture.set("devpi.login", &other.name);
    let words = ["git-devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, other.password.as_bytes()).ok();
    fixture.index_verb(&["delete", "--yes", "--force"]).code(4).says("not allowed");
    assert_eq!(fixture.index("x")["volatile"], false);
    let logs = fixture.sandbox.path("home/git-devpi/state/deleted-indexes");
    assert_eq!(std::fs::read_dir(logs).unwrap().count(), 0, "nothing was deleted");
    fixture.index_verb(&["list"]).ok();
    fixture.branch("y", 1);
    let run = fixture.index_verb(&["create"]).code(4).says("git devpi index create --branch y");
    assert!(run.stderr.contains(&format!("{} has no right to create", other.name)), "{run}");
    fixture.git(&["checkout", "--quiet", "-b", "gh-pages"]).ok();
    fixture.index_verb(&["create"]).code(3).says("ignore-branches");
    assert_eq!(fixture.index_names(), ["x"]);
}

#[test]
fn an_index_that_was_replaced_since_it_was_read_is_not_deleted() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.push("x").ok();
    let variables = fixture.sandbox.variables().iter();
    let environment = variables.fold(Environment::default(), |all, (name, value)| all.with(name, value));
    let request = OpenRequest { environment, flags: vec![], project: None, number: None, progress: &Silent };
    let workspace = Workspace::open_at(fixture.clone.clone(), request).unwrap();
    let session = workspace.session().unwrap();
    let index = fixture.user.index("x");
    let name = git_devpi::model::names::IndexName::parse(&index).unwrap();
    let seen = session.index(&name).unwrap().unwrap();
    // Another user deletes it and creates it for another repository.
    let api = fixture.api();
    api.patch(&index, &json!({"volatile": true}));
    api.delete(&index);
    api.put(&index, &foreign("x"));
    let theirs = fixture.index("x");
    let delete = || {
        let look = FirstLook::at(session, [(&name, &seen)].into_iter());
        let request =
            DeletionRequest { look, claims: LiveClaims::Protect, keep: KeepFiles::CachedOnly, branches: None };
        let mut run = Deletions::new(&workspace, session, request);
        run.wave(&[Target { index: &name, seen: &seen, contents: None }])
    };
    let WaveOutcome { deleted, given_back, failure, .. } = delete();
    assert!(deleted.is_empty() && failure.is_none(), "{failure:?}");
    assert_eq!(given_back, [(name.clone(), "its record changed in the meantime".to_owned())]);
    assert_eq!(fixture.index("x"), theirs, "it is not left volatile");
    // A missing index counts as deleted.
    api.patch(&index, &json!({"volatile": true}));
    api.delete(&index);
    let deleted = delete().deleted.remove(0);
    assert_eq!((deleted.deletion, deleted.log), (git_devpi::devpi::Deletion::AlreadyGone, None));
}

/// `main`, a checked-out branch, one that matches `protected`, one with a running build, the base of another user's index; each with
/// what speaks against its deletion.
fn protected() -> (PushFixture, Vec<(&'static str, &'static str)>) {
    let fixture = PushFixture::new();
    let api = fixture.api();
    for branch in ["develop", "being-built", "base", "here"] {
        fixture.branch(branch, 1);
    }
    fixture.git(&["push", "--quiet", "origin", "main", "develop", "being-built", "base", "here"]).ok();
    // The hook has 5 s; on a busy machine it may have created only some of them.
    for branch in ["main", "develop", "being-built", "base", "here"] {
        fixture.index_verb(&["create", "--branch", branch]).ok();
    }
    api.put(
        &fixture.user.index("being-built.claim-0123456789ab-1"),
        &json!({"custom_data": {"git-devpi": {"schema": 1, "kind": "claim", "repository": "shiny", "branch": "being-built",
            "holder": "h", "commit": "1".repeat(40), "until": "2999-01-01T00:00:00Z"}}}),
    );
    let colleague = fixture.server.user();
    let theirs = fixture.server.api().logged_in(&colleague);
    theirs.put(&colleague.index("mine"), &json!({"bases": [fixture.user.index("base")]}));
    let reasons = vec![
        ("main", "a release branch on the remote"),
        ("develop", "matches `protected`"),
        ("here", "checked out"),
        ("being-built", "being-built.claim-0123456789ab-1"),
        ("being-built.claim-0123456789ab-1", "the claim is valid until"),
        ("base", "mine has it as a base"),
    ];
    (fixture, reasons)
}

#[test]
fn a_protected_index_is_deleted_by_force_only() {
    let (fixture, reasons) = protected();
    let before = fixture.index_names();
    assert!(reasons.iter().all(|(name, _)| before.contains(&(*name).to_owned())), "{before:?}");
    for (name, why) in &reasons {
        fixture.index_verb(&["delete", name]).code(1).says(why).says("--force");
        fixture.index_verb(&["delete", name, "--yes"]).code(1).says(why).says("--force");
        fixture.index_verb(&["delete", name, "--force"]).code(2).says("--yes");
    }
    // Without the remote the names decide, as far as the settings of this clone tell.
    let remote = fixture.sandbox.path("elsewhere.git");
    std::fs::rename(&fixture.remote, &remote).unwrap();
    for name in ["main", "develop"] {
        fixture.index_verb(&["delete", name, "--yes"]).code(1).says("matches `protected`").says("--force");
    }
    std::fs::rename(&remote, &fixture.remote).unwrap();
    assert_eq!(fixture.index_names(), before);
    for (name, _) in &reasons {
        // A running build protects its branch's index from everybody, as long as it runs.
        if *name != "being-built" {
            fixture.index_verb(&["delete", name, "--yes", "--force"]).ok();
        }
    }
    fixture.index_verb(&["delete", "being-built", "--yes"]).ok();
    assert_eq!(fixture.index_names(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_name_of_a_protected_index_is_typed() {
    let fixture = PushFixture::new();
    fixture.branch("develop", 1);
    fixture.index_verb(&["create", "--branch", "main"]).ok();
    fixture.push("develop").ok();
    fixture.git(&["switch", "--quiet", "main"]).ok();
    let delete = |arguments: &[&str], script: &[(&str, &str)]| {
        let words = [&["git", "devpi", "index", "delete"], arguments].concat();
        fixture.sandbox.on_terminal(&fixture.clone, &words, script)
    };
    let refused = delete(&["develop"], &[]).code(1);
    assert!(refused.stdout.contains("matches `protected`") && refused.stdout.contains("--force"), "{refused}");
    let full = fixture.user.index("develop");
    for wrong in ["yes", "y", "develop2"] {
        let script = [(&*format!("Type {full}"), &*format!("{wrong}\r"))];
        let declined = delete(&["develop", "--force"], &script).code(1);
        assert!(declined.stdout.contains("is not the name of the index"), "{declined}");
    }
    assert_eq!(fixture.index_names(), ["develop", "main"]);
    delete(&["develop", "--force"], &[(&format!("Type {full}"), &format!("{full}\r"))]).ok();
    assert_eq!(fixture.index_names(), ["main"]);
}
