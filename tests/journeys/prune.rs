//! `prune`: deletes the indexes of merged and deleted branches only, independent of the clone's cache and settings.

use git_devpi::git::Prompts;
use git_devpi::index::kept_files::KeepFiles;
use git_devpi::model::staleness::{GracePeriod, ProbablyMerged};
use git_devpi::ops::prune::{PruneRequest, RunScope, carry_out, plan};
use git_devpi::system::environment::Environment;
use git_devpi::workspace::open::OpenRequest;
use git_devpi::workspace::{Silent, Workspace};
use serde_json::json;

use crate::prune_fixture::{PruneFixture, record, states};
use crate::support::DevpiServer;

const FUTURE: &str = "2999-01-01T00:00:00Z";
const PAST: &str = "2020-01-01T00:00:00Z";

/// A fixture with one index of every kind.
fn everything() -> PruneFixture {
    let fixture = PruneFixture::new().without_grace();
    // All branches start at the first commit, before any merge.
    for branch in ["ff", "feature/noff", "feature/live", "develop", "here", "feature/gone", "stacked"] {
        fixture.branch(branch);
    }
    fixture.git(&["merge", "--quiet", "--ff-only", "ff"]);
    fixture.merge(&["feature/noff", "develop", "here", "stacked"]);
    fixture.git(&["push", "--quiet", "origin", "main:refs/heads/fresh", ":feature/gone"]);
    fixture.git(&["worktree", "add", "--quiet", "../linked", "here"]);
    fixture.git(&["fetch", "--quiet"]);
    for (name, branch, own) in [
        ("ff", "ff", true),
        ("feature-noff", "feature/noff", true),
        ("develop", "develop", true),
        ("here", "here", true),
        ("feature-gone", "feature/gone", true),
        ("stacked", "stacked", true),
        ("fresh", "fresh", false),
    ] {
        fixture.index(name, branch, own);
    }
    fixture.index("feature-live", "feature/live", false);
    let bases = json!({ "bases": [fixture.user.index("stacked"), fixture.user.index("feature-live")] });
    fixture.api.patch(&fixture.user.index("feature-live"), &bases);
    let mut theirs = record("feature/gone", true);
    theirs["repository"] = json!("other");
    fixture.index_with("theirs", &theirs, &json!({}));
    fixture.api.put(&fixture.user.index("by-hand"), &json!({ "volatile": true }));
    let production = json!({ "schema": 1, "kind": "production", "repository": "shiny", "created": PAST });
    fixture.index_with("prod", &production, &json!({}));
    fixture.claim("ff.claim-0123456789ab-1", "ff", PAST);
    // A claim that inherits the branch's index does not protect it.
    fixture.claim("live.claim-0123456789ab-1", "feature/live", FUTURE);
    fixture.api.patch(
        &fixture.user.index("live.claim-0123456789ab-1"),
        &json!({ "bases": [fixture.user.index("feature-noff")] }),
    );
    fixture
}

#[test]
fn indexes_of_merged_and_deleted_branches_are_deleted_and_no_others() {
    let fixture = everything();
    let sha256 = fixture.upload("feature-noff");
    let before = fixture.indexes();

    let plan = fixture.prune(&["--dry-run", "--json"]).ok().json();
    let expected = [
        ("develop", "protected"),
        ("feature-gone", "gone"),
        ("feature-live", "protected"),
        ("feature-noff", "merged"),
        ("ff", "merged"),
        ("ff.claim-0123456789ab-1", "claim"),
        ("fresh", "fresh"),
        ("here", "protected"),
        ("live.claim-0123456789ab-1", "claim"),
        ("main", "protected"),
        ("prod", "protected"),
        ("stacked", "protected"),
    ];
    assert_eq!(states(&plan), expected.map(|(name, state)| (name.to_owned(), state.to_owned())).into());
    let shown = fixture.prune(&[]).ok().says("--yes");
    assert!(shown.stdout.contains("feature/noff") && shown.stdout.contains("merged"), "{shown}");
    assert_eq!(fixture.indexes(), before, "without a terminal nothing is deleted without --yes");
    assert!(fixture.logs().is_empty());

    let done = fixture.prune(&["--yes"]).ok();
    assert_eq!(
        fixture.indexes(),
        [
            "by-hand",
            "develop",
            "feature-live",
            "fresh",
            "here",
            "live.claim-0123456789ab-1",
            "main",
            "prod",
            "stacked",
            "theirs"
        ]
    );
    let noff = fixture.user.index("feature-noff");
    let log = fixture.logs().into_iter().find(|log| log["index"] == noff.as_str()).unwrap();
    assert_eq!((&log["files"][0]["sha256"], &log["files"][0]["project"]), (&json!(sha256), &json!("demo-pkg")));
    assert_eq!(log["config"]["custom_data"]["git-devpi"]["branch"], "feature/noff");
    assert!(done.stdout.contains(&format!("deleted {noff}")) && done.stdout.contains("deleted-indexes"), "{done}");
    let live = fixture.api.index(&fixture.user.index("feature-live")).unwrap();
    assert_eq!(live["custom_data"]["git-devpi"]["own_commits"], true, "prune records own commits");
    assert_eq!(live["volatile"], false);

    // Both are merged, and `here` is no longer protected; a build on `feature/live` is in progress.
    fixture.git(&["worktree", "remove", "../linked"]);
    fixture.merge(&["feature/live"]);
    fixture.prune(&["--yes"]).ok();
    assert!(fixture.indexes().contains(&"feature-live".to_owned()), "{:?}", fixture.indexes());
    fixture.api.delete(&fixture.user.index("live.claim-0123456789ab-1"));
    fixture.prune(&["--yes"]).ok();
    let left = ["by-hand", "develop", "fresh", "main", "prod", "stacked", "theirs"];
    assert_eq!(fixture.indexes(), left);
    fixture.prune(&["--yes"]).ok();
    let left = ["by-hand", "develop", "fresh", "main", "prod", "theirs"];
    assert_eq!(fixture.indexes(), left, "the deleted index is no base any more");
    assert!(fixture.prune(&["--yes"]).ok().says("no stale indexes").stdout.is_empty());
}

#[test]
fn recently_used_indexes_are_kept_for_a_while() {
    let fixture = PruneFixture::new();
    for branch in ["used", "empty", "removed"] {
        fixture.merged(branch, branch);
    }
    fixture.git(&["push", "--quiet", "origin", ":removed"]);
    let _ = (fixture.upload("used"), fixture.upload("removed"));
    let plan = fixture.prune(&["--dry-run", "--json"]).ok().says("is not deleted yet").json();
    let state = |name: &str| states(&plan)[name].clone();
    assert_eq!((state("used"), state("removed"), state("empty")), ("ending".into(), "ending".into(), "merged".into()));
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main", "removed", "used"], "an empty index of a merged branch is deleted at once");
    fixture.prune(&["--yes", "--now"]).ok();
    assert_eq!(fixture.indexes(), ["main"], "--now skips keep-for for merged and deleted branches");
}

#[test]
fn an_active_claim_keeps_the_index() {
    let fixture = PruneFixture::new();
    fixture.merged("x", "x");
    fixture.index("gone", "gone", true);
    for branch in ["x", "gone"] {
        fixture.claim(&format!("{branch}.claim-0123456789ab-1"), branch, FUTURE);
    }
    let before = fixture.indexes();
    for options in [["--yes"].as_slice(), &["--yes", "--now"]] {
        fixture.prune(options).ok();
        assert_eq!(fixture.indexes(), before);
    }
    for branch in ["x", "gone"] {
        fixture.api.delete(&fixture.user.index(&format!("{branch}.claim-0123456789ab-1")));
    }
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn more_indexes_than_the_limit_need_force() {
    let fixture = PruneFixture::new().without_grace();
    for n in 1..=6 {
        fixture.index(&format!("gone{n}"), &format!("gone/{n}"), true);
    }
    fixture.prune(&["--dry-run"]).ok().says("--force");
    fixture.prune(&["--yes"]).code(1).says("6 indexes would be deleted, more than the limit of 5");
    assert_eq!(fixture.indexes().len(), 7);
    fixture.git(&["config", "devpi.pruneLimit", "6"]);
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
    fixture.index("again", "again", true);
    fixture.git(&["config", "devpi.pruneLimit", "0"]);
    fixture.prune(&["--yes", "--force"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn a_shallow_clone_reports_unknown_instead_of_merged() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("x", "x");
    fixture.branch("y");
    fixture.git(&["push", "--quiet", "origin", "main:z"]);
    for name in ["y", "gone"] {
        fixture.index(name, name, true);
    }
    let url = format!("file://{}", fixture.remote.display());
    fixture.sandbox.git(&fixture.sandbox.path("."), &["clone", "--quiet", "--depth=1", &url, "shallow"]).ok();
    let prune = fixture.sandbox.devpi(&fixture.sandbox.path("shallow"), &["prune", "--yes", "--json"]);
    let answer = prune.ok().says("this clone cannot determine whether its branch").json();
    assert_eq!(states(&answer)["x"], "unknown");
    assert_eq!(fixture.indexes(), ["main", "x", "y"], "deleted branches need no history");
}

#[test]
fn a_fork_with_the_repositorys_settings_deletes_nothing() {
    let fixture = PruneFixture::new().without_grace();
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", "release-branches = [\"main\"]\nrepository = \"shiny\"\n");
    fixture.sandbox.commit_all(&fixture.clone, "Name the repository");
    fixture.merged("merged", "merged");
    fixture.index("gone", "gone", true);
    fixture.sandbox.bare_remote("fork.git");
    fixture.git(&["remote", "set-url", "origin", "../fork.git"]);
    fixture.git(&["push", "--quiet", "origin", "main"]);
    let answer = fixture.prune(&["--yes", "--json"]).ok().says("not known to be the repository").json();
    assert_eq!((states(&answer)["merged"].as_str(), states(&answer)["gone"].as_str()), ("unknown", "unknown"));
    assert_eq!(fixture.indexes(), ["gone", "main", "merged"]);
    // The user confirms that the fork is the repository.
    fixture.git(&["config", "devpi.repository", "shiny"]);
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn a_branch_cannot_change_the_rules_for_itself() {
    let fixture = PruneFixture::new().without_grace();
    fixture.branch("victim");
    fixture.index("victim", "victim", true);
    fixture.git(&["switch", "--quiet", "--create", "evil", "victim"]);
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", "release-branches = [\"evil\"]\n");
    fixture.sandbox.commit_all(&fixture.clone, "Evil");
    fixture.git(&["push", "--quiet", "origin", "evil"]);
    let answer = fixture.prune(&["--yes", "--json"]).ok().json();
    assert_eq!(states(&answer)["victim"], "live", "main's settings apply");
    assert_eq!(fixture.indexes(), ["main", "victim"]);
}

#[test]
fn a_branch_cannot_choose_the_remote_that_is_read() {
    let fixture = PruneFixture::new().without_grace();
    fixture.branch("x");
    fixture.index("x", "x", true);
    fixture.git(&["config", "devpi.repository", "shiny"]);
    fixture.sandbox.bare_remote("fork.git");
    fixture.git(&["remote", "add", "fork", "../fork.git"]);
    fixture.git(&["push", "--quiet", "fork", "main"]);
    fixture.git(&["switch", "--quiet", "--create", "evil"]);
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", "release-branches = [\"main\"]\nremote = \"fork\"\n");
    let answer = fixture.prune(&["--yes", "--json"]).ok().json();
    assert_eq!(states(&answer)["x"], "unknown", "the fork lacks the branch, which decides nothing");
    assert_eq!(fixture.indexes(), ["main", "x"]);
}

#[test]
fn a_clone_without_the_merge_commit_fetches_it() {
    let fixture = PruneFixture::new().without_grace();
    fixture.branch("x");
    fixture.index("x", "x", true);
    let colleague = fixture.colleague();
    fixture.sandbox.git(&colleague, &["merge", "--quiet", "--no-ff", "-m", "Merge", "origin/x"]).ok();
    fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
    assert_eq!(fixture.git(&["rev-list", "--count", "HEAD"]).text(), "1", "the checked-out branch does not move");
}

#[test]
fn an_interrupted_deletion_is_finished_or_undone() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("merged", "merged");
    fixture.branch("live");
    fixture.index("live", "live", true);
    for name in ["merged", "live"] {
        fixture.api.patch(&fixture.user.index(name), &json!({ "volatile": true }));
    }
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["live", "main"]);
    assert_eq!(fixture.api.index(&fixture.user.index("live")).unwrap()["volatile"], false);
}

#[test]
fn indexes_that_change_between_plan_and_deletion_are_kept() {
    let fixture = PruneFixture::new().without_grace();
    for name in ["used", "anew", "foreign", "x"] {
        fixture.index(name, name, true);
    }
    let environment =
        fixture.sandbox.variables().iter().fold(Environment::default(), |all, (name, value)| all.with(name, value));
    let request = OpenRequest { environment, flags: Vec::new(), project: None, number: None, progress: &Silent };
    let workspace = Workspace::open_at(fixture.clone.clone(), request).unwrap();
    let (grace, probably_merged) = (GracePeriod::Applies, ProbablyMerged::Kept);
    let (prompts, keep) = (Prompts::Denied, KeepFiles::CachedOnly);
    let request = PruneRequest { grace, probably_merged, prompts, keep, scope: RunScope::Limited };
    let plan = plan(&workspace, &request).unwrap();
    assert_eq!(plan.all().len(), 4);

    fixture.upload("used");
    let anew = fixture.user.index("anew");
    fixture.api.patch(&anew, &json!({ "volatile": true }));
    fixture.api.delete(&anew);
    let mut newer = record("anew", true);
    newer["created"] = json!("2021-01-02T03:04:05Z");
    fixture.index_with("anew", &newer, &json!({}));
    fixture.api.patch(&fixture.user.index("foreign"), &json!({ "custom_data": {} }));
    let done = carry_out(&workspace, workspace.session().unwrap(), &plan, &plan.all());
    assert!(done.failure.is_none(), "{done:?}");
    assert_eq!(done.left_alone.len(), 3);
    assert_eq!(fixture.indexes(), ["anew", "foreign", "main", "used"]);
    for index in fixture.indexes() {
        assert_eq!(fixture.api.index(&fixture.user.index(&index)).unwrap()["volatile"], false, "{index}");
    }
}

#[test]
fn an_unreachable_remote_is_an_error_and_deletes_nothing() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("x", "x");
    fixture.claim("x.claim-0123456789ab-1", "x", PAST);
    std::fs::rename(&fixture.remote, fixture.sandbox.path("away")).unwrap();
    fixture.prune(&["--yes"]).code(7).says("origin");
    assert_eq!(fixture.indexes(), ["main", "x"], "the deletion of the deletion of an expired claim needs no remote");
}

#[test]
fn a_server_without_indexes_of_the_repository_costs_one_request() {
    let server = DevpiServer::own();
    let fixture = PruneFixture::on(&server);
    fixture.api.patch(&fixture.user.index("main"), &json!({ "volatile": true }));
    fixture.api.delete(&fixture.user.index("main"));
    std::fs::rename(&fixture.remote, fixture.sandbox.path("away")).unwrap();
    let before = server.requests_answered();
    fixture.prune(&["--yes"]).ok().says("shiny has no indexes on the server");
    assert_eq!(server.requests_answered() - before, 1);
}

#[test]
fn a_deletion_needs_a_login_and_a_dry_run_does_not() {
    let fixture = PruneFixture::new().without_grace();
    fixture.index("gone", "gone", true);
    fixture.sandbox.devpi(&fixture.clone, &["logout"]).ok();
    let plan = fixture.prune(&["--dry-run", "--json"]).ok().json();
    assert_eq!(states(&plan)["gone"], "gone");
    fixture.prune(&["--yes"]).code(4).says("git devpi login");
    assert_eq!(fixture.indexes(), ["gone", "main"]);
}

/// Runs a command in a pseudo-terminal and types space and Enter at the question; prints the terminal's output.
#[cfg(unix)]
const CHOOSE_ON_TERMINAL: &str = r#"
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
typed = False
while True:
    try:
        some = os.read(terminal, 4096)
    except OSError:
        break
    if not some:
        break
    shown += some
    # Once in the plan, once in the question.
    if not typed and shown.count(b"gone/2") > 1:
        typed = True
        os.write(terminal, b" \r")
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

#[cfg(unix)]
#[test]
fn the_user_chooses_single_indexes() {
    let fixture = PruneFixture::new().without_grace();
    for n in 1..=2 {
        fixture.index(&format!("gone{n}"), &format!("gone/{n}"), true);
    }
    let shown = fixture.sandbox.run(&fixture.clone, "python3", &["-c", CHOOSE_ON_TERMINAL, "git-devpi", "prune"]).ok();
    assert_eq!(fixture.indexes(), ["gone1", "main"], "{shown}");
    assert!(shown.stdout.contains("Delete these indexes?"), "{shown}");
}

#[test]
fn an_index_with_a_claims_record_only_is_not_a_claim() {
    let fixture = PruneFixture::new().without_grace();
    let expired = json!({ "schema": 1, "kind": "claim", "repository": "shiny", "branch": "live", "holder": "h",
        "commit": "1".repeat(40), "until": PAST });
    fixture.branch("live");
    // Claim records, written by hand: on a branch's index, on a volatile index, and on a non-volatile one with a claim's name.
    fixture.index_with("live", &expired, &json!({}));
    fixture.index_with("scratch", &expired, &json!({ "volatile": true }));
    fixture.index_with("live.claim-0123456789ab-1", &expired, &json!({}));
    let sha256 = fixture.upload("live");
    let answer = fixture.prune(&["--yes", "--json"]).ok().json();
    let states = states(&answer);
    for name in ["live", "scratch", "live.claim-0123456789ab-1"] {
        assert!(!states.contains_key(name), "{name} is foreign: {states:?}");
    }
    assert_eq!(fixture.indexes(), ["live", "live.claim-0123456789ab-1", "main", "scratch"]);
    assert_eq!(fixture.api.files(&fixture.user.index("live"), "demo-pkg", "1.0")[0].sha256, sha256);
}
