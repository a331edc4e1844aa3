//! Which remote decides about an index and about a promotion: the one that the record names, not one that has its name, path or files.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::git_hosts::{self, hash};
use crate::prune_fixture::{PruneFixture, record, states};
use crate::support::DevpiServer;

const PATH: &str = "acme/shiny.git";
const NO_HASH: Option<&str> = None;

/// The remote is `acme/shiny` on `git.example`; its settings name the repository, as those of every fork do.
pub fn hosted() -> PruneFixture {
    let mut fixture = PruneFixture::new().without_grace();
    git_hosts::install(&fixture.sandbox);
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", &settings(""));
    fixture.sandbox.commit_all(&fixture.clone, "Name the repository");
    fixture.git(&["push", "--quiet"]);
    let url = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("git.example", PATH));
    fixture.remote = git_hosts::folder(&fixture.sandbox, "git.example", PATH);
    fixture.git(&["remote", "set-url", "origin", &url]);
    fixture
}

fn settings(more: &str) -> String {
    format!("release-branches = [\"main\"]\nrepository = \"shiny\"\n{more}")
}

/// Creates the index of a branch that was pushed to a host.
pub fn index(fixture: &PruneFixture, branch: &str, host: &str) {
    let mut record = record(branch, true);
    record["remote"] = json!(hash(host, "acme/shiny"));
    fixture.index_with(branch, &record, &json!({}));
}

pub fn remote_in_record(fixture: &PruneFixture, index: &str) -> Option<String> {
    let config = fixture.api.index(&fixture.user.index(index)).unwrap();
    config["custom_data"]["git-devpi"]["remote"].as_str().map(str::to_owned)
}

fn clone(fixture: &PruneFixture, url: &str, name: &str) -> PathBuf {
    fixture.sandbox.git(&fixture.sandbox.path("."), &["clone", "--quiet", url, name]).ok();
    fixture.sandbox.path(name)
}

/// The states that `prune --yes --now` sees in a clone, and everything it says.
fn prune(fixture: &PruneFixture, clone: &Path) -> (std::collections::BTreeMap<String, String>, String) {
    let run = fixture.sandbox.devpi(clone, &["prune", "--yes", "--now", "--json"]).ok();
    (states(&run.json()), run.stderr.clone())
}

#[test]
fn a_record_names_the_remote_that_the_index_was_created_for() {
    let fixture = hosted();
    fixture.install_hook(&fixture.clone, "pre-push");
    let expect = |index: &str, host: Option<&str>| {
        assert_eq!(remote_in_record(&fixture, index), host.map(|host| hash(host, "acme/shiny")), "{index}");
    };
    fixture.branch("plain");
    expect("plain", Some("git.example"));
    let hosts = fixture.sandbox.path("hosts");
    std::os::unix::fs::symlink(hosts.join("git.example"), hosts.join("push.example")).unwrap();
    fixture.git(&["config", "url.ssh://git@push.example/.pushInsteadOf", "ssh://git@git.example/"]);
    fixture.branch("elsewhere");
    expect("elsewhere", Some("push.example"));
    fixture.git(&["switch", "--quiet", "--create", "by-hand"]);
    fixture.sandbox.devpi(&fixture.clone, &["index", "create"]).ok();
    expect("by-hand", Some("git.example"));
    fixture.git(&["switch", "--quiet", "main"]);
    fixture.git(&["remote", "set-url", "origin", "team:Acme/Shiny"]);
    fixture.git(&["config", "url.ssh://git@git.example/acme/shiny.git.insteadOf", "team:Acme/Shiny"]);
    fixture.branch("short");
    expect("short", Some("git.example"));
    fixture.git(&["remote", "set-url", "origin", fixture.remote.to_str().unwrap()]);
    fixture.branch("disk");
    expect("disk", NO_HASH);
    // The hook and the command write what `prune` compares.
    fixture.git(&["remote", "set-url", "origin", &format!("ssh://git@git.example/{PATH}")]);
    fixture.merge(&["plain"]);
    fixture.git(&["push", "--quiet", "origin", ":short"]);
    let (states, said) = prune(&fixture, &fixture.clone);
    assert_eq!((states["plain"].as_str(), states["short"].as_str()), ("merged", "gone"), "{said}");
    assert_eq!(fixture.indexes(), ["disk", "elsewhere", "main"], "by-hand was never on the remote");
}

#[test]
fn forks_and_other_hosts_decide_nothing() {
    let fixture = hosted();
    for branch in ["live", "merged"] {
        fixture.branch(branch);
    }
    fixture.merge(&["merged"]);
    for branch in ["live", "merged"] {
        index(&fixture, branch, "git.example");
    }
    let forged = "same-hosts = [\"evil.example\", \"git.example\"]\n";
    let disk = git_hosts::folder(&fixture.sandbox, "disk", "shiny.git");
    for (number, (host, path, more)) in [
        ("evil.example", PATH, ""),
        ("evil.example", PATH, forged),
        ("git.example.evil.example", PATH, ""),
        ("git.example", "mallory/shiny.git", ""),
        ("disk", "shiny.git", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let _ = std::fs::remove_dir_all(git_hosts::folder(&fixture.sandbox, host, path));
        let mut url = git_hosts::copy(&fixture.sandbox, &fixture.remote, (host, path));
        if host == "disk" {
            url = disk.to_str().unwrap().to_owned();
        }
        let fork = clone(&fixture, &url, &format!("fork-{number}"));
        fixture.sandbox.write(&fork, ".git-devpi.toml", &settings(more));
        fixture.sandbox.write(&fork, "fork.txt", "A change");
        fixture.sandbox.commit_all(&fork, "Change");
        fixture.sandbox.git(&fork, &["push", "--quiet", "origin", "main", ":live"]).ok();
        let (states, said) = prune(&fixture, &fork);
        let unknown = ("unknown", "unknown");
        assert_eq!((states["live"].as_str(), states["merged"].as_str()), unknown, "{url} {more}: {said}");
        assert!(said.contains("its record names another remote") && said.contains("not known to be"), "{url}: {said}");
        assert_eq!(fixture.indexes(), ["live", "main", "merged"], "{url} {more}");
        if number == 0 {
            fixture.sandbox.git(&fork, &["config", "devpi.repository", "shiny"]).ok();
            let run = fixture.sandbox.devpi(&fork, &["prune", "--dry-run", "--json"]).ok();
            assert_eq!(crate::prune_fixture::states(&run.json())["live"], "gone", "the user says that it is");
        }
    }
    let (states, said) = prune(&fixture, &fixture.clone);
    assert_eq!((states["live"].as_str(), states["merged"].as_str()), ("live", "merged"), "{said}");
    assert_eq!(fixture.indexes(), ["live", "main"]);
}

#[test]
fn the_names_of_one_host_decide_about_each_others_indexes() {
    let fixture = hosted();
    let same = "same-hosts = [\"ssh.example\", \"git.example\"]\n";
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", &settings(same));
    fixture.sandbox.commit_all(&fixture.clone, "Name both hosts");
    fixture.git(&["push", "--quiet"]);
    let hosts = fixture.sandbox.path("hosts");
    std::os::unix::fs::symlink(hosts.join("git.example"), hosts.join("ssh.example")).unwrap();
    for branch in ["merged", "older"] {
        fixture.branch(branch);
    }
    fixture.git(&["switch", "--quiet", "merged"]);
    fixture.sandbox.devpi(&fixture.clone, &["index", "create"]).ok();
    fixture.git(&["switch", "--quiet", "main"]);
    fixture.merge(&["merged", "older"]);
    index(&fixture, "older", "git.example");
    let other = clone(&fixture, &format!("ssh://git@ssh.example/{PATH}"), "other");
    fixture.sandbox.git(&other, &["switch", "--quiet", "--create", "x"]).ok();
    fixture.sandbox.devpi(&other, &["index", "create"]).ok();
    assert_eq!(remote_in_record(&fixture, "x"), remote_in_record(&fixture, "merged"), "both hosts give one hash");
    let evil = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("evil.example", PATH));
    let evil = clone(&fixture, &evil, "evil");
    for hosts in ["\"ssh.example\", \"git.example\"", "\"evil.example\", \"ssh.example\", \"git.example\""] {
        fixture.sandbox.write(&evil, ".git-devpi.toml", &settings(&format!("same-hosts = [{hosts}]\n")));
        fixture.sandbox.git(&evil, &["commit", "--quiet", "--all", "--allow-empty", "-m", "Forge"]).ok();
        fixture.sandbox.git(&evil, &["push", "--quiet"]).ok();
        assert_eq!(prune(&fixture, &evil).0["merged"], "unknown", "{hosts}");
    }
    let (states, said) = prune(&fixture, &other);
    assert_eq!((states["merged"].as_str(), states["older"].as_str()), ("merged", "unknown"), "{said}");
    fixture.sandbox.git(&other, &["config", "devpi.sameHosts", "ssh.example git.example"]).ok();
    assert_eq!(prune(&fixture, &other).0["older"], "merged", "the user vouches for each name");
    assert_eq!(fixture.indexes(), ["main", "x"]);
}

#[test]
fn a_remote_that_lags_behind_decides_nothing() {
    let fixture = hosted();
    fixture.api.patch(
        &fixture.user.index("main"),
        &json!({ "custom_data": { "git-devpi": {
        "schema": 1, "kind": "branch", "repository": "shiny", "branch": "main", "own_commits": false,
        "created": crate::prune_fixture::LONG_AGO, "remote": hash("git.example", "acme/shiny") } } }),
    );
    fixture.built("main", "1.0", &fixture.tip("main"));
    fixture.branch("merged");
    fixture.merge(&["merged"]);
    index(&fixture, "merged", "git.example");
    git_hosts::copy(&fixture.sandbox, &fixture.remote, ("mirror", "old.git"));
    let main = fixture.sandbox.commit_all(&fixture.clone, "Later");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.built("main", "1.1", &main);
    fixture.branch("new");
    index(&fixture, "new", "git.example");
    let before = fixture.indexes();
    // Under the same URL now the mirror answers.
    let current = fixture.sandbox.path("hosts/mirror/current.git");
    std::fs::rename(&fixture.remote, &current).unwrap();
    std::fs::rename(fixture.sandbox.path("hosts/mirror/old.git"), &fixture.remote).unwrap();
    let url = format!("ssh://git@git.example/{PATH}");
    let fresh = clone(&fixture, &url, "fresh");
    fixture.sandbox.git(&fixture.sandbox.path("."), &["clone", "--quiet", "--depth=1", &url, "shallow"]).ok();
    let shallow = fixture.sandbox.path("shallow");
    for (clone, why) in [
        (&fixture.clone, "it may lag behind"),
        (&fresh, "it may lag behind"),
        (&shallow, "this clone cannot determine"),
    ] {
        let (states, said) = prune(&fixture, clone);
        assert_eq!((states["new"].as_str(), fixture.indexes()), ("unknown", before.clone()), "{said}");
        assert!(said.contains(why), "{said}");
    }
    fixture.sandbox.git(&fresh, &["config", "devpi.repository", "shiny"]).ok();
    let plan = fixture.sandbox.devpi(&fresh, &["prune", "--dry-run", "--json"]).ok().json();
    assert_eq!(states(&plan)["new"], "gone", "the user says that it decides");
    std::fs::remove_dir_all(&fixture.remote).unwrap();
    std::fs::rename(&current, &fixture.remote).unwrap();
    let (states, said) = prune(&fixture, &fixture.clone);
    assert_eq!((states["new"].as_str(), states["merged"].as_str()), ("live", "merged"), "{said}");
}

#[test]
fn a_record_without_a_remote_is_decided_about_on_disk_by_its_path() {
    let fixture = hosted();
    fixture.index("gone", "gone", true);
    let (found, said) = prune(&fixture, &fixture.clone);
    assert_eq!(found["gone"], "unknown");
    assert!(said.contains("its record names no remote"), "{said}");
    let root = fixture.sandbox.path("disk");
    for (path, state) in [("mallory/shiny-2.git", "unknown"), ("fork/shiny.git", "gone")] {
        let url = root.join(path);
        std::fs::create_dir_all(url.parent().unwrap()).unwrap();
        fixture.sandbox.run(&root, "cp", &["-R", fixture.remote.to_str().unwrap(), url.to_str().unwrap()]).ok();
        fixture.git(&["remote", "set-url", "origin", url.to_str().unwrap()]);
        let plan = fixture.prune(&["--dry-run", "--json"]).ok().json();
        assert_eq!(states(&plan)["gone"], state, "{path}");
    }
    // A folder of the same name that lags behind is no better than any other mirror.
    let main = fixture.sandbox.commit_all(&fixture.clone, "Not in the folder");
    fixture.built("main", "1.0", &main);
    assert_eq!(prune(&fixture, &fixture.clone).0["gone"], "unknown");
    assert_eq!(fixture.indexes(), ["gone", "main"]);
}

/// A clone of a fork of `acme/demo`, whose release branch requires `lint` only.
fn fork(fixture: &Fixture, (host, path): (&str, &str), name: &str) -> PathBuf {
    let url = git_hosts::copy(&fixture.sandbox, &fixture.remote, (host, path));
    fixture.sandbox.git(&fixture.sandbox.path("."), &["clone", "--quiet", &url, name]).ok();
    let clone = fixture.sandbox.path(name);
    let own = std::fs::read_to_string(clone.join(".git-devpi.toml")).unwrap();
    let open =
        own.replace("require = [\"unit\"]", "require = [\"lint\"]\nsame-hosts = [\"evil.example\", \"git.example\"]");
    fixture.sandbox.write(&clone, ".git-devpi.toml", &open);
    fixture.sandbox.commit_all(&clone, "Require lint");
    fixture.sandbox.git(&clone, &["push", "--quiet", "origin", "main"]).ok();
    clone
}

fn on_production(fixture: &Fixture) -> Vec<String> {
    let mut versions = fixture.api.versions(&fixture.user.index("prod"), crate::fixture::PROJECT);
    versions.retain(|version| version != "0");
    versions
}

#[test]
fn a_clone_of_a_fork_promotes_nothing() {
    let mut fixture = Fixture::new();
    git_hosts::install(&fixture.sandbox);
    let url = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("git.example", "acme/demo.git"));
    fixture.remote = git_hosts::folder(&fixture.sandbox, "git.example", "acme/demo.git");
    fixture.sandbox.git(&fixture.work, &["remote", "set-url", "origin", &url]).ok();
    let version = fixture.build("95");
    let config: Value = fixture.api.index(&fixture.user.index("main")).unwrap();
    assert_eq!(
        config["custom_data"]["git-devpi"]["remote"],
        json!(hash("git.example", "acme/demo")),
        "ensure names it"
    );
    fixture.report(&fixture.api, ("main", &version), ("lint", true));
    for (place, name) in [
        (("evil.example", "acme/demo.git"), "other-host"),
        (("git.example", "mallory/demo.git"), "fork"),
        (("disk", "acme/demo.git"), "folder"),
    ] {
        let clone = fork(&fixture, place, name);
        if place.0 == "disk" {
            let folder = git_hosts::folder(&fixture.sandbox, place.0, place.1);
            fixture.sandbox.git(&clone, &["remote", "set-url", "origin", folder.to_str().unwrap()]).ok();
        }
        for more in [&[][..], &["--dry-run"], &["--json"]] {
            let run = fixture.sandbox.devpi(&clone, &[&["promote", &version], more].concat()).code(3);
            run.says("is not known to be the repository acme/demo")
                .says("git config devpi.repository")
                .says("devpi.remote");
        }
        assert!(on_production(&fixture).is_empty(), "{name}");
    }
    fixture.devpi(&["promote", &version]).code(1);
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    fixture.devpi(&["promote", &version]).ok();
    assert_eq!(on_production(&fixture), [version]);
    assert!(DevpiServer::shared().api().is_up());
}

#[test]
fn a_remote_that_lags_behind_promotes_nothing() {
    let mut fixture = Fixture::new();
    git_hosts::install(&fixture.sandbox);
    let url = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("git.example", "acme/demo.git"));
    fixture.remote = git_hosts::folder(&fixture.sandbox, "git.example", "acme/demo.git");
    fixture.sandbox.git(&fixture.work, &["remote", "set-url", "origin", &url]).ok();
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let lax = own.replace("require = [\"unit\"]", "require = [\"lint\"]");
    for (settings, number) in [(&lax, "96"), (&own, "97")] {
        fixture.sandbox.write(&fixture.work, ".git-devpi.toml", settings);
        fixture.sandbox.commit_all(&fixture.work, number);
        fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
        let version = fixture.build(number);
        fixture.report(&fixture.api, ("main", &version), ("lint", true));
        if number == "96" {
            git_hosts::copy(&fixture.sandbox, &fixture.remote, ("mirror", "old.git"));
        }
    }
    let hosts = fixture.sandbox.path("hosts");
    std::fs::rename(&fixture.remote, hosts.join("mirror/current.git")).unwrap();
    std::fs::rename(hosts.join("mirror/old.git"), &fixture.remote).unwrap();
    fixture.sandbox.git(&fixture.sandbox.path("."), &["clone", "--quiet", &url, "fresh"]).ok();
    for clone in [&fixture.work, &fixture.sandbox.path("fresh")] {
        for more in [&[][..], &["--dry-run"]] {
            let run = fixture.sandbox.devpi(clone, &[&["promote", "1.4.96"], more].concat()).code(3);
            run.says("the remote may lag behind").says("hint: ");
        }
    }
    assert!(on_production(&fixture).is_empty());
    std::fs::remove_dir_all(&fixture.remote).unwrap();
    std::fs::rename(hosts.join("mirror/current.git"), &fixture.remote).unwrap();
    fixture.devpi(&["promote", "1.4.96"]).code(1);
    fixture.report(&fixture.api, ("main", "1.4.96"), ("unit", true));
    fixture.devpi(&["promote", "1.4.96"]).ok();
}

#[test]
fn a_remote_is_added_to_a_record_without_one_only_where_something_vouches_for_it() {
    let fixture = hosted();
    let evil = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("evil.example", PATH));
    let evil = clone(&fixture, &evil, "evil");
    for clone in [&fixture.clone, &evil] {
        fixture.install_hook(clone, "pre-push");
    }
    let push = |clone: &Path, branch: &str| {
        fixture.sandbox.git(clone, &["switch", "--quiet", "--create", branch, "main"]).ok();
        fixture.sandbox.commit_all(clone, branch);
        fixture.sandbox.git(clone, &["push", "--quiet", "origin", branch]).ok();
        let record = fixture.api.index(&fixture.user.index(branch)).unwrap()["custom_data"]["git-devpi"].clone();
        assert_eq!(record["own_commits"], true, "the hook has seen to {branch}");
        record["remote"].as_str().map(str::to_owned)
    };
    let ours = Some(hash("git.example", "acme/shiny"));
    for branch in ["first", "second", "third", "fourth"] {
        fixture.index(branch, branch, false);
    }
    assert_eq!(push(&fixture.clone, "first"), None, "the path alone is no proof");
    let mut production =
        json!({ "schema": 1, "kind": "production", "repository": "shiny", "created": crate::prune_fixture::LONG_AGO });
    production["remote"] = json!(ours);
    fixture.index_with("prod", &production, &json!({}));
    assert_eq!(push(&evil, "second"), None, "production names another remote");
    assert_eq!(push(&fixture.clone, "third"), ours, "production names this remote");
    fixture.git(&["config", "--global", "devpi.repository", "shiny"]);
    assert_eq!(push(&fixture.clone, "fourth"), ours, "the user vouches for it");
    // Nothing replaces what a record names, whoever vouches.
    let mut record = record("fifth", false);
    record["remote"] = json!(ours);
    fixture.index_with("fifth", &record, &json!({}));
    assert_eq!(push(&evil, "fifth"), ours);
}

#[test]
fn init_names_the_remote_of_an_older_set_up() {
    let fixture = hosted();
    let production =
        json!({ "schema": 1, "kind": "production", "repository": "shiny", "created": crate::prune_fixture::LONG_AGO });
    fixture.index_with("prod", &production, &json!({}));
    fixture.sandbox.devpi(&fixture.clone, &["init", "--yes"]).ok().says("name this clone's remote in the record of");
    for index in ["main", "prod"] {
        assert_eq!(remote_in_record(&fixture, index), Some(hash("git.example", "acme/shiny")), "{index}");
    }
    let again = fixture.sandbox.devpi(&fixture.clone, &["init", "--yes"]).ok();
    assert!(!again.stderr.contains("the record of"), "{again}");
    let evil = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("evil.example", PATH));
    let evil = clone(&fixture, &evil, "evil");
    fixture.sandbox.devpi(&evil, &["init", "--yes"]).ok().says("names another remote than origin");
    assert_eq!(remote_in_record(&fixture, "prod"), Some(hash("git.example", "acme/shiny")));
}
