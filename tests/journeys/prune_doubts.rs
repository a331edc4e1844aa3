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
    let listings = || proxy.requests().iter().filter(|request| request.as_str() == "GET /").count();
    fixture.prune(&["--dry-run"]).ok();
    assert_eq!(listings(), 0, "{:?}", proxy.requests());
    fixture.merge(&["live"]);
    fixture.prune(&["--dry-run"]).ok();
    assert_eq!(listings(), 1, "{:?}", proxy.requests());
}
