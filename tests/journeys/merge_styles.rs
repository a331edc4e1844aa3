//! `prune` against every style of merging: which branches are merged, probably merged, or neither.

use serde_json::{Value, json};

use crate::prune_fixture::{PruneFixture, record, states};
use crate::support::Run;

/// A branch with two commits of its own on other files, and main with a commit that the branch lacks.
fn branches(fixture: &PruneFixture, names: &[&str]) {
    for name in names {
        fixture.git(&["switch", "--quiet", "--create", name, "main"]);
        for part in ["first", "second"] {
            fixture.sandbox.write(&fixture.clone, &format!("{name}-{part}.txt"), part);
            fixture.sandbox.commit_all(&fixture.clone, &format!("{name}: {part}"));
        }
        fixture.git(&["push", "--quiet", "origin", name]);
        fixture.git(&["switch", "--quiet", "main"]);
    }
    for name in names {
        fixture.index(name, name, true);
    }
    fixture.sandbox.write(&fixture.clone, "main.txt", "main");
    fixture.sandbox.commit_all(&fixture.clone, "On main");
}

fn squash(fixture: &PruneFixture, name: &str) -> String {
    fixture.git(&["merge", "--quiet", "--squash", name]);
    fixture.git(&["commit", "--quiet", "-m", &format!("Squashed {name}")]);
    fixture.tip("HEAD")
}

fn commit_on(fixture: &PruneFixture, name: &str) {
    fixture.git(&["switch", "--quiet", name]);
    fixture.sandbox.write(&fixture.clone, &format!("{name}-more.txt"), "more");
    fixture.sandbox.commit_all(&fixture.clone, "More");
    fixture.git(&["push", "--quiet", "origin", name]);
    fixture.git(&["switch", "--quiet", "main"]);
}

fn state_of(answer: &Value, name: &str) -> String {
    states(answer).remove(name).unwrap_or_else(|| panic!("no {name} in {answer}"))
}

fn dry_run(fixture: &PruneFixture) -> Value {
    fixture.prune(&["--dry-run", "--json"]).ok().json()
}

#[test]
fn every_style_of_merging_has_its_state() {
    let fixture = PruneFixture::new().without_grace();
    let names = [
        "ff",
        "no-ff",
        "octopus-1",
        "octopus-2",
        "squashed",
        "rebased",
        "picked",
        "squashed-went-on",
        "half-picked",
        "reverted",
        "reset",
        "edited",
        "nothing",
    ];
    branches(&fixture, &names);
    fixture.git(&["switch", "--quiet", "ff"]);
    fixture.git(&["rebase", "--quiet", "main"]);
    fixture.git(&["push", "--quiet", "--force", "origin", "ff"]);
    fixture.git(&["switch", "--quiet", "main"]);
    fixture.git(&["merge", "--quiet", "--ff-only", "ff"]);
    fixture.git(&["merge", "--quiet", "--no-ff", "--no-edit", "no-ff"]);
    fixture.git(&["merge", "--quiet", "--no-edit", "octopus-1", "octopus-2"]);
    squash(&fixture, "squashed");
    fixture.git(&["cherry-pick", "main..rebased"]);
    fixture.git(&["cherry-pick", "picked~1"]);
    fixture.sandbox.commit_all(&fixture.clone, "In between");
    fixture.git(&["cherry-pick", "picked"]);
    squash(&fixture, "squashed-went-on");
    commit_on(&fixture, "squashed-went-on");
    fixture.git(&["cherry-pick", "half-picked"]);
    squash(&fixture, "reverted");
    fixture.git(&["revert", "--no-edit", "HEAD"]);
    fixture.git(&["merge", "--quiet", "--squash", "edited"]);
    fixture.sandbox.write(&fixture.clone, "edited-first.txt", "edited in the web interface");
    fixture.sandbox.commit_all(&fixture.clone, "Squashed edited");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.git(&["push", "--quiet", "--force", "origin", "main~3:refs/heads/reset"]);
    fixture.git(&["push", "--quiet", "origin", ":nothing"]);

    let answer = dry_run(&fixture);
    for (name, state) in [
        ("ff", "merged"),
        ("no-ff", "merged"),
        ("octopus-1", "merged"),
        ("octopus-2", "merged"),
        ("squashed", "probably merged"),
        ("rebased", "probably merged"),
        ("picked", "probably merged"),
        ("squashed-went-on", "live"),
        ("half-picked", "live"),
        ("reverted", "live"),
        ("edited", "live"),
        ("nothing", "gone"),
    ] {
        assert_eq!(state_of(&answer, name), state, "{name}");
    }
}

fn shown(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

#[test]
fn a_probably_merged_branch_is_shown_and_deleted_when_that_is_asked_for() {
    let fixture = PruneFixture::new().without_grace();
    branches(&fixture, &["squashed", "open"]);
    let commit = squash(&fixture, "squashed");
    fixture.git(&["push", "--quiet", "origin", "main"]);

    let plain = fixture.prune(&["--yes"]).ok();
    let reason = format!("a release branch has the same changes as {}", &commit[..7]);
    assert!(shown(&plain).contains(&reason), "{plain}");
    plain.says("git devpi prune --include probably-merged");
    assert!(fixture.indexes().contains(&"squashed".to_owned()));

    let asked = fixture.prune(&["--yes", "--include", "probably-merged", "--json"]).ok().json();
    assert_eq!(asked["deleted"].as_array().unwrap().len(), 1, "{asked}");
    assert_eq!(fixture.indexes(), ["main", "open"]);
    fixture.prune(&["--include", "squashed"]).code(2).says("probably-merged");
}

#[test]
fn with_squash_merges_on_the_release_branch_an_old_branch_is_deleted() {
    let fixture = PruneFixture::new().without_grace();
    branches(&fixture, &["old", "young"]);
    let mut young = record("young", true);
    young["created"] = json!(git_devpi::system::clock::now().to_string());
    let index = fixture.user.index("young");
    fixture.api.patch(&index, &json!({ "custom_data": { "git-devpi": young } }));
    squash(&fixture, "old");
    squash(&fixture, "young");
    fixture.git(&["push", "--quiet", "origin", "main"]);

    // What is set in a checked-out branch, and not on the release branch, counts for nothing.
    let settings = "release-branches = [\"main\"]\nsquash-merges = true\n";
    fixture.git(&["switch", "--quiet", "--create", "elsewhere"]);
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", settings);
    fixture.sandbox.commit_all(&fixture.clone, "Settings");
    assert_eq!(dry_run(&fixture)["plan"], json!([]));

    fixture.git(&["switch", "--quiet", "main"]);
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", settings);
    fixture.sandbox.commit_all(&fixture.clone, "Settings");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main", "young"]);
}
