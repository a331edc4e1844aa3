//! `prune` where something speaks against a deletion that the branch alone does not tell: other users, clocks, hidden branches.

use serde_json::json;

use crate::prune_fixture::{PruneFixture, states};
use crate::support::{DevpiServer, Proxy};

#[test]
fn a_base_of_another_users_index_stays() {
    let fixture = PruneFixture::new().without_grace();
    for branch in ["base", "claimed", "free"] {
        fixture.merged(branch, branch);
    }
    let other = DevpiServer::shared().user();
    let api = DevpiServer::shared().api().logged_in(&other);
    api.put(&other.index("dev"), &json!({ "volatile": true, "bases": [fixture.user.index("base")] }));
    let claim = json!({ "schema": 1, "kind": "claim", "repository": "shiny", "branch": "claimed", "holder": "h",
        "commit": "1".repeat(40), "until": "2999-01-01T00:00:00Z" });
    let config =
        json!({ "volatile": true, "bases": [fixture.user.index("claimed")], "custom_data": { "git-devpi": claim } });
    api.put(&other.index("claimed.claim-0123456789ab-1"), &config);
    let plan = fixture.prune(&["--dry-run", "--json"]).ok().json();
    assert_eq!(states(&plan)["base"], "protected");
    let reason = format!("{} has it as a base", other.index("dev"));
    assert!(plan["staying"].as_array().unwrap().iter().any(|entry| entry["reason"] == reason.as_str()), "{plan}");
    fixture.prune(&["--yes", "--now"]).ok();
    assert_eq!(fixture.indexes(), ["base", "main"], "a claim's base is not in use");
    let refused = fixture.sandbox.devpi(&fixture.clone, &["index", "delete", "base", "--yes"]).code(1);
    assert!(refused.stderr.contains(&reason), "{refused}");
    api.patch(&other.index("dev"), &json!({ "bases": [] }));
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn all_users_are_listed_only_when_an_index_may_go() {
    let proxy = Proxy::start(DevpiServer::shared().url());
    let fixture = PruneFixture::new().without_grace();
    fixture.git(&["config", "--global", "devpi.server", proxy.url()]);
    fixture.branch("live");
    fixture.index("live", "live", true);
    let listings = || proxy.requests().iter().filter(|request| request.as_str() == "GET /?no_projects=").count();
    fixture.prune(&["--dry-run"]).ok();
    assert_eq!(listings(), 0, "{:?}", proxy.requests());
    fixture.merge(&["live"]);
    fixture.prune(&["--dry-run"]).ok();
    assert_eq!(listings(), 1, "{:?}", proxy.requests());
}

#[test]
fn a_servers_clock_that_is_a_day_off_or_unreadable_deletes_nothing_and_is_said_once() {
    let proxy = Proxy::start(DevpiServer::shared().url());
    let fixture = PruneFixture::new().without_grace();
    fixture.git(&["config", "--global", "devpi.server", proxy.url()]);
    let words = ["git", "devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, format!("{}\n", fixture.user.password).as_bytes()).ok();
    for branch in ["merged", "empty"] {
        fixture.merged(branch, branch);
    }
    fixture.upload("merged");
    fixture.index("gone", "gone", true);
    fixture.claim("merged.claim-0123456789ab-1", "merged", "2020-01-01T00:00:00Z");
    let before = fixture.indexes();
    for (date, said) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", "the server's clock says 1970-01-01"),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "the server's clock says 2100-01-01"),
        ("yesterday", "no readable date"),
    ] {
        proxy.set_date(date);
        for arguments in [&["--yes"][..], &["--yes", "--now"]] {
            let run = fixture.prune(arguments).ok();
            assert_eq!(run.stderr.matches(said).count(), 1, "{date}: {run}");
            assert_eq!(fixture.indexes(), before, "{date}");
        }
    }
    fixture.git(&["config", "--global", "devpi.server", DevpiServer::shared().url()]);
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn a_branch_that_the_remote_hides_is_not_gone() {
    let fixture = PruneFixture::new().without_grace();
    for branch in ["hidden", "team/hidden", "deleted"] {
        fixture.branch(branch);
        fixture.index(&branch.replace('/', "-"), branch, true);
        fixture.upload(&branch.replace('/', "-"));
    }
    fixture.sandbox.git(&fixture.remote, &["update-ref", "-d", "refs/heads/deleted"]).ok();
    for hidden in ["refs/heads/hidden", "refs/heads/team"] {
        fixture.sandbox.git(&fixture.remote, &["config", "--add", "transfer.hideRefs", hidden]).ok();
    }
    let run = fixture.prune(&["--yes"]).ok().says("does not list all of its branches");
    assert_eq!(fixture.indexes(), ["hidden", "main", "team-hidden"], "{run}");
    fixture.sandbox.git(&fixture.remote, &["config", "--unset-all", "transfer.hideRefs"]).ok();
    let plan = fixture.prune(&["--dry-run", "--json"]).ok().json();
    assert_eq!(states(&plan)["hidden"], "live");
    // The release branch is listed, the default branch is not.
    fixture.git(&["push", "--quiet", "origin", "main:trunk", ":hidden"]);
    fixture.sandbox.git(&fixture.remote, &["symbolic-ref", "HEAD", "refs/heads/trunk"]).ok();
    fixture.sandbox.git(&fixture.remote, &["config", "uploadpack.hideRefs", "refs/heads/trunk"]).ok();
    fixture.prune(&["--yes"]).ok().says("does not list all of its branches");
    assert_eq!(fixture.indexes(), ["hidden", "main", "team-hidden"]);
    fixture.sandbox.git(&fixture.remote, &["config", "--unset", "uploadpack.hideRefs"]).ok();
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main", "team-hidden"]);
}

#[test]
fn a_checked_out_branch_shortens_nobodys_grace() {
    let fixture = PruneFixture::new();
    fixture.merged("used", "used");
    fixture.upload("used");
    let settings = "release-branches = [\"main\"]\nkeep-for = \"0s\"\n";
    fixture.git(&["switch", "--quiet", "--create", "hasty"]);
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", settings);
    fixture.sandbox.commit_all(&fixture.clone, "Keep nothing");
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main", "used"]);
    fixture.git(&["push", "--quiet", "origin", "HEAD:main"]);
    fixture.git(&["switch", "--quiet", "--detach", "origin/used"]);
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"], "on the release branch it counts");
}

#[test]
fn a_branch_that_was_reset_to_the_release_branch_is_fresh_again() {
    let fixture = PruneFixture::new().without_grace();
    for branch in ["reset", "rewound", "ff", "no-ff", "unbuilt"] {
        fixture.branch(branch);
        fixture.index(branch, branch, true);
    }
    for branch in ["reset", "rewound", "ff", "no-ff"] {
        fixture.built(branch, "1.0.dev0", &fixture.tip(branch));
    }
    fixture.git(&["merge", "--quiet", "--ff-only", "ff"]);
    fixture.merge(&["no-ff"]);
    fixture.git(&["push", "--quiet", "--force", "origin", "main:reset", "main~1:rewound"]);
    let run = fixture.prune(&["--yes", "--now", "--json"]).ok();
    let found = states(&run.json());
    let of = |branch: &str| found[branch].as_str();
    assert_eq!([of("reset"), of("rewound"), of("ff"), of("no-ff")], ["fresh", "fresh", "merged", "merged"], "{run}");
    assert_eq!(fixture.indexes(), ["main", "reset", "rewound", "unbuilt"]);
    // It goes like any other when what is built from it is merged, or when it is deleted.
    fixture.git(&["branch", "--quiet", "--force", "reset", "main"]);
    fixture.git(&["switch", "--quiet", "reset"]);
    let tip = fixture.sandbox.commit_all(&fixture.clone, "More");
    fixture.git(&["push", "--quiet", "origin", "reset", "HEAD:main", ":rewound"]);
    fixture.built("reset", "1.1.dev0", &tip);
    fixture.git(&["switch", "--quiet", "main"]);
    fixture.prune(&["--yes", "--now"]).ok();
    assert_eq!(fixture.indexes(), ["main", "unbuilt"]);
}
