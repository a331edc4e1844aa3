//! A branch that is deleted and created again, or reset, is a new branch: what was true of the old one deletes nothing of the new one.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

#[cfg(unix)]
use crate::deciding_remote::{hosted, remote_in_record};
use crate::fixture::Fixture;
#[cfg(unix)]
use crate::git_hosts::{self, hash};
use crate::prune_fixture::{LONG_AGO, PruneFixture, record, states};

/// A fixture where `x` is merged and has an index, and a second clone whose pushes have the hook.
fn merged() -> (PruneFixture, PathBuf) {
    let fixture = PruneFixture::new().without_grace();
    let second = fixture.colleague();
    for clone in [&fixture.clone, &second] {
        fixture.install_hook(clone, "pre-push");
    }
    fixture.branch("x");
    assert_eq!(own_commits(&fixture, "x"), json!(true));
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "x"]);
    // Without the hook, whose background process would delete the index.
    fixture.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    fixture.api.patch(&fixture.user.index("x"), &json!({ "custom_data": { "git-devpi": record("x", true) } }));
    (fixture, second)
}

fn field(fixture: &PruneFixture, index: &str, name: &str) -> Value {
    fixture.api.index(&fixture.user.index(index)).unwrap()["custom_data"]["git-devpi"][name].clone()
}

fn own_commits(fixture: &PruneFixture, index: &str) -> Value {
    field(fixture, index, "own_commits")
}

/// Creates `name` from the main of the remote, and pushes it.
fn create_from_main(fixture: &PruneFixture, clone: &Path, name: &str) {
    let git = |arguments: &[&str]| fixture.sandbox.git(clone, arguments).ok();
    git(&["fetch", "--quiet", "origin", "main"]);
    git(&["push", "--quiet", "origin", &format!("FETCH_HEAD:refs/heads/{name}")]);
}

fn delete_on_the_web(fixture: &PruneFixture, name: &str) {
    fixture.sandbox.git(&fixture.remote, &["update-ref", "-d", &format!("refs/heads/{name}")]).ok();
}

#[test]
fn a_push_that_creates_a_branch_again_begins_a_new_life() {
    for by_second_clone in [true, false] {
        let (fixture, second) = merged();
        // An interrupted deletion of the old index does not go on either.
        fixture.api.patch(&fixture.user.index("x"), &json!({ "volatile": true }));
        delete_on_the_web(&fixture, "x");
        create_from_main(&fixture, if by_second_clone { &second } else { &fixture.clone }, "x");
        assert_eq!(own_commits(&fixture, "x"), json!(false));
        assert!(field(&fixture, "x", "created").as_str().unwrap() > "2025", "{by_second_clone}");
        assert_eq!(fixture.api.index(&fixture.user.index("x")).unwrap()["volatile"], false);
        fixture.upload("x");
        let plan = fixture.prune(&["--yes", "--now", "--json"]).ok().json();
        assert_eq!((states(&plan)["x"].as_str(), fixture.indexes()), ("fresh", vec!["main".into(), "x".into()]));
    }
}

#[test]
fn a_branch_that_takes_an_older_branchs_name_begins_a_new_life() {
    let (fixture, _) = merged();
    fixture.branch("work");
    fixture.git(&["push", "--quiet", "origin", ":x"]);
    fixture.git(&["branch", "--quiet", "--move", "--force", "work", "x"]);
    fixture.git(&["push", "--quiet", "origin", "x", ":work"]);
    assert_eq!(own_commits(&fixture, "x"), json!(true), "it brings commits of its own");
    assert_ne!(field(&fixture, "x", "created"), LONG_AGO);
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main", "x"]);
}

#[test]
fn a_cache_entry_ends_with_the_branch_whichever_clone_deletes_it() {
    type Deletion = fn(&PruneFixture, &Path);
    let deletions: [(&str, Deletion); 4] = [
        ("by a push", |fixture, _| drop(fixture.git(&["push", "--quiet", "origin", ":x"]))),
        ("on the web", |fixture, _| delete_on_the_web(fixture, "x")),
        ("by another clone", |fixture, second| {
            fixture.sandbox.git(second, &["push", "--quiet", "origin", ":x"]).ok();
        }),
        ("seen by a fetch", |fixture, _| {
            delete_on_the_web(fixture, "x");
            fixture.git(&["fetch", "--quiet", "--prune"]);
        }),
    ];
    for (what, delete) in deletions {
        let (fixture, second) = merged();
        // A push of the known branch makes an entry that counts.
        fixture.git(&["switch", "--quiet", "x"]);
        fixture.sandbox.commit_all(&fixture.clone, "More");
        fixture.git(&["push", "--quiet", "origin", "x"]);
        let old = fixture.tip("x");
        delete(&fixture, &second);
        // The index goes.
        fixture.api.patch(&fixture.user.index("x"), &json!({ "volatile": true }));
        fixture.api.delete(&fixture.user.index("x"));
        // Another clone without hooks creates it, at the same commit where the fetch has seen the deletion.
        let target = if what == "seen by a fetch" { "x" } else { "main" };
        fixture.git(&["push", "--quiet", "--no-verify", "origin", &format!("{target}:x")]);
        fixture.git(&["update-ref", "-d", "refs/remotes/origin/x"]);
        if what != "seen by a fetch" {
            fixture.git(&["fetch", "--quiet"]);
            assert_ne!(fixture.tip("origin/x"), old);
            fixture.git(&["reset", "--quiet", "--hard", "main"]);
        }
        fixture.sandbox.commit_all(&fixture.clone, "New");
        fixture.git(&["push", "--quiet", "origin", "x"]);
        assert_eq!(fixture.indexes(), ["main", "x"], "{what}");
        assert_eq!(own_commits(&fixture, "x"), json!(true), "{what}");
    }
}

#[test]
fn a_force_push_back_to_the_release_branch_begins_a_new_life_and_a_merge_does_not() {
    let (fixture, _) = merged();
    for branch in ["reset", "merged", "both"] {
        fixture.branch(branch);
    }
    fixture.git(&["push", "--quiet", "--force", "origin", "main:reset"]);
    assert_eq!(own_commits(&fixture, "reset"), json!(false));
    // Merged by fast-forward, and pushed along with the release branch.
    fixture.git(&["merge", "--quiet", "--ff-only", "merged"]);
    fixture.git(&["push", "--quiet", "origin", "main", "main:both", "--force"]);
    fixture.git(&["push", "--quiet", "origin", "main:merged"]);
    assert_eq!((own_commits(&fixture, "merged"), own_commits(&fixture, "both")), (json!(true), json!(false)));
    let plan = fixture.prune(&["--yes", "--json"]).ok().json();
    let found = states(&plan);
    assert_eq!([&found["reset"], &found["both"], &found["merged"]], ["fresh", "fresh", "merged"]);
    // Its next own commits are noted again.
    fixture.git(&["switch", "--quiet", "--create", "reset-again", "main"]);
    fixture.sandbox.commit_all(&fixture.clone, "Own");
    fixture.git(&["push", "--quiet", "--force", "origin", "HEAD:reset"]);
    assert_eq!(own_commits(&fixture, "reset"), json!(true));
}

#[test]
fn the_first_own_commit_after_another_clones_reset_is_recorded() {
    let (fixture, second) = merged();
    create_from_main(&fixture, &fixture.clone, "y");
    let commit_and_push = |text: &str| {
        fixture.git(&["fetch", "--quiet"]);
        fixture.git(&["switch", "--quiet", "--force-create", "y", "origin/y"]);
        fixture.sandbox.write(&fixture.clone, "y.txt", text);
        fixture.sandbox.commit_all(&fixture.clone, text);
        fixture.git(&["push", "--quiet", "origin", "y"]);
    };
    commit_and_push("first");
    assert_eq!(own_commits(&fixture, "y"), json!(true));
    for text in ["second", "third"] {
        // Back to the tip that the first clone pushed the branch from.
        let git = |arguments: &[&str]| fixture.sandbox.git(&second, arguments).ok();
        git(&["fetch", "--quiet", "origin", "main"]);
        git(&["push", "--quiet", "--force", "origin", "FETCH_HEAD:refs/heads/y"]);
        assert_eq!(own_commits(&fixture, "y"), json!(false), "{text}");
        commit_and_push(text);
        assert_eq!(own_commits(&fixture, "y"), json!(true), "{text}");
    }
}

#[test]
fn what_a_release_branch_had_before_it_was_built_on_a_branch_is_not_the_branchs_own() {
    let fixture = PruneFixture::new().without_grace();
    for branch in ["again", "older", "unbuilt"] {
        fixture.branch(branch);
        fixture.index(branch, branch, true);
    }
    fixture.merge(&["again", "older", "unbuilt"]);
    fixture.branch("ff");
    fixture.index("ff", "ff", true);
    let base = fixture.tip("main");
    fixture.built("main", "1.0", &base);
    // ff is built, then merged by fast-forward and built again on main: it is merged.
    fixture.git(&["merge", "--quiet", "--ff-only", "ff"]);
    fixture.git(&["push", "--quiet", "origin", "main"]);
    let tip = fixture.tip("ff");
    fixture.built("ff", "1.1.dev0", &tip);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    fixture.built("main", "1.1", &tip);
    // The others are deleted and created again without hooks, at main and at an older commit of it, and built.
    fixture.git(&["push", "--quiet", "origin", "--delete", "again", "older", "unbuilt"]);
    fixture.git(&["push", "--quiet", "origin", "main:again", &format!("{base}:refs/heads/older"), "main:unbuilt"]);
    fixture.built("again", "1.2.dev0", &tip);
    fixture.built("older", "1.2.dev0", &base);
    let run = fixture.prune(&["--yes", "--now", "--json"]).ok();
    let found = states(&run.json());
    let of = |branch: &str| found[branch].as_str();
    assert_eq!([of("ff"), of("again"), of("older"), of("unbuilt")], ["merged", "fresh", "fresh", "merged"], "{run}");
    assert_eq!(fixture.indexes(), ["again", "main", "older"]);
}

#[test]
fn a_build_of_a_branch_that_was_created_again_without_hooks_begins_a_new_life() {
    let mut fixture = Fixture::new();
    let git = |fixture: &Fixture, arguments: &[&str]| fixture.sandbox.git(&fixture.work, arguments).ok();
    git(&fixture, &["switch", "--quiet", "--create", "x"]);
    fixture.sandbox.commit_all(&fixture.work, "Own");
    git(&fixture, &["push", "--quiet", "origin", "x"]);
    fixture.build("1");
    let own = |fixture: &Fixture| {
        let index = fixture.api.index(&fixture.user.index("x")).unwrap();
        index["custom_data"]["git-devpi"]["own_commits"].clone()
    };
    assert_eq!(own(&fixture), json!(true));
    // A build after the merge says nothing: the commit came from the branch.
    git(&fixture, &["switch", "--quiet", "main"]);
    git(&fixture, &["merge", "--quiet", "--no-ff", "-m", "Merge", "x"]);
    git(&fixture, &["push", "--quiet", "origin", "main"]);
    git(&fixture, &["switch", "--quiet", "x"]);
    fixture.build("2");
    assert_eq!(own(&fixture), json!(true));
    git(&fixture, &["push", "--quiet", "origin", ":x"]);
    git(&fixture, &["reset", "--quiet", "--hard", "main"]);
    git(&fixture, &["push", "--quiet", "origin", "x"]);
    fixture.build("3");
    assert_eq!(own(&fixture), json!(false));
}

#[cfg(unix)]
#[test]
fn the_record_names_the_remote_that_is_pushed_to() {
    let fixture = hosted();
    fixture.install_hook(&fixture.clone, "pre-push");
    let primary = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("push.example", "acme/primary.git"));
    let push = |branch: &str| {
        fixture.git(&["push", "--quiet", "origin", &format!("main:refs/heads/{branch}")]);
        remote_in_record(&fixture, branch)
    };
    assert_eq!(push("fetched"), Some(hash("git.example", "acme/shiny")));
    fixture.git(&["remote", "set-url", "--push", "origin", &primary]);
    assert_eq!(push("pushed"), Some(hash("push.example", "acme/primary")));
}
