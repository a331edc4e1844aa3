//! `prune --releases`: old releases go from the indexes of branches, and nothing that is in use; `index restore` brings them back.

use std::collections::BTreeSet;

use git_devpi::index::kept_files::KeepFiles;
use git_devpi::model::names::IndexName;
use git_devpi::ops::prune::releases::{ReleasesOutcome, delete_releases, plan_releases};
use git_devpi::system::environment::Environment;
use git_devpi::workspace::open::OpenRequest;
use git_devpi::workspace::{Silent, Workspace};
use serde_json::{Value, json};

use crate::prune_fixture::{PruneFixture, record};
use crate::support::{DevpiServer, Proxy};

impl PruneFixture {
    /// Uploads releases, oldest first.
    fn releases(&self, index: &str, versions: impl IntoIterator<Item = String>) {
        for version in versions {
            let file = format!("demo_pkg-{version}-py3-none-any.whl");
            let bytes = format!("{index} {version}");
            self.api.upload(&self.user.index(index), ("demo-pkg", &version), (&file, bytes.as_bytes()));
        }
    }

    fn versions(&self, index: &str) -> BTreeSet<String> {
        self.api.versions(&self.user.index(index), "demo-pkg").into_iter().collect()
    }

    /// Plans, lets `meanwhile` happen, and deletes.
    fn thin_after(&self, meanwhile: impl FnOnce()) -> ReleasesOutcome {
        let variables = self.sandbox.variables().iter();
        let environment = variables.fold(Environment::default(), |all, (name, value)| all.with(name, value));
        let request = OpenRequest { environment, flags: vec![], project: None, number: None, progress: &Silent };
        let workspace = Workspace::open_at(self.clone.clone(), request).unwrap();
        let plan = plan_releases(&workspace).unwrap();
        let all: BTreeSet<IndexName> = plan.indexes.iter().map(|thinned| thinned.index.clone()).collect();
        assert!(!all.is_empty());
        meanwhile();
        delete_releases(&workspace, &plan, (&all, KeepFiles::Cached)).unwrap()
    }
}

fn builds(numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    numbers.map(|number| format!("1.4.{number}")).collect()
}

fn set(versions: &[&str]) -> BTreeSet<String> {
    versions.iter().map(|version| (*version).to_owned()).collect()
}

/// `main` with three superfluous releases, `feature` with one; the indexes of production, another repository and another remote.
fn with_old_releases(server: &DevpiServer) -> PruneFixture {
    let fixture = PruneFixture::on(server);
    fixture.branch("feature");
    fixture.index("feature", "feature", true);
    let mut other = record("main", true);
    other["repository"] = json!("other");
    fixture.index_with("other", &other, &json!({}));
    fixture.index_with(
        "elsewhere",
        &{
            let mut record = record("elsewhere", true);
            record["remote"] = json!("0123456789abcdef");
            record
        },
        &json!({}),
    );
    let production =
        json!({"schema": 1, "kind": "production", "repository": "shiny", "created": "2020-01-02T03:04:05Z"});
    fixture.index_with("prod", &production, &json!({}));
    // The oldest one has its provenance.
    fixture.built("main", "1.4.1", &fixture.tip("main"));
    fixture.releases("main", ["1.2.9", "1.2.10"].map(str::to_owned));
    fixture.releases("main", builds(2..=52));
    for index in ["feature", "other", "prod"] {
        fixture.releases(index, builds(1..=51));
    }
    fixture
}

/// Index and version of every planned release.
fn planned(plan: &Value) -> Vec<String> {
    let indexes = plan["plan"].as_array().unwrap();
    let of = |index: &Value| {
        let releases = index["releases"].as_array().unwrap().clone();
        let name = index["index"].as_str().unwrap().split('/').nth(1).unwrap().to_owned();
        releases.into_iter().map(move |release| format!("{name} {}", release["version"].as_str().unwrap()))
    };
    let mut planned: Vec<String> = indexes.iter().flat_map(of).collect();
    planned.sort();
    planned
}

#[test]
fn old_releases_go_from_branch_indexes_and_come_back() {
    let server = DevpiServer::backdated();
    let fixture = with_old_releases(&server);
    let oldest = fixture.api.files(&fixture.user.index("main"), "demo-pkg", "1.4.1").remove(0);
    let results = fixture.api.tox_results(&fixture.user.index("main"), "demo-pkg", "1.4.1");
    let before = fixture.versions("main");

    let plan = fixture.prune(&["--releases", "--dry-run", "--json"]).ok().says("elsewhere is left alone").json();
    let expected = ["feature 1.4.1", "main 1.2.9", "main 1.4.1", "main 1.4.2"];
    assert_eq!(planned(&plan), expected, "{plan}");
    let words = ["-c", "devpi.production=feature", "devpi", "prune", "--releases", "--dry-run", "--json"];
    assert_eq!(planned(&fixture.git(&words).json()), expected[1..], "production is never thinned");
    let shown = fixture.prune(&["--releases"]).ok().says("--releases --yes");
    assert!(shown.stdout.contains("3 (1.2.9 … 1.4.2)"), "{shown}");
    assert_eq!(fixture.versions("main"), before);
    fixture.prune(&["--releases", "--now"]).code(2);

    let done = fixture.prune(&["--releases", "--yes", "--keep-files", "--json"]).ok().json();
    assert_eq!(done["deleted"].as_array().unwrap().len(), 2, "{done}");
    let gone: BTreeSet<String> = before.difference(&fixture.versions("main")).cloned().collect();
    assert_eq!(gone, set(&["1.2.9", "1.4.1", "1.4.2"]));
    assert_eq!(fixture.versions("feature"), builds(2..=51).into_iter().collect());
    for index in ["other", "prod"] {
        assert_eq!(fixture.versions(index), builds(1..=51).into_iter().collect(), "{index}");
    }
    assert_eq!(fixture.api.index(&fixture.user.index("main")).unwrap()["volatile"], json!(false));
    fixture.prune(&["--releases", "--yes"]).ok().says("no old releases");

    // The way back.
    let of_main =
        done["deleted"].as_array().unwrap().iter().find(|one| one["index"] == fixture.user.index("main").as_str());
    let log = of_main.unwrap()["log"].as_str().unwrap();
    let trash = fixture.sandbox.devpi(&fixture.clone, &["index", "trash", "--json"]).ok().json();
    let kinds: Vec<&str> =
        trash["deletions"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["releases", "releases"], "{trash}");
    server.upload_days_ago(0);
    let restored = fixture.sandbox.devpi(&fixture.clone, &["index", "restore", log, "--json"]).ok().json();
    assert_eq!(
        (&restored["created"], restored["restored"].as_array().unwrap().len()),
        (&json!(false), 3),
        "{restored}"
    );
    assert_eq!(fixture.versions("main"), before);
    let back = fixture.api.files(&fixture.user.index("main"), "demo-pkg", "1.4.1").remove(0);
    assert_eq!((&back.sha256, fixture.api.bytes(&back.path).len()), (&oldest.sha256, 40));
    let again = fixture.api.tox_results(&fixture.user.index("main"), "demo-pkg", "1.4.1");
    assert_eq!(again[0].0.sha256, results[0].0.sha256);
    // They are the newest again: older ones go instead.
    fixture.prune(&["--releases", "--yes"]).ok();
    let gone: BTreeSet<String> = before.difference(&fixture.versions("main")).cloned().collect();
    assert_eq!(gone, set(&["1.4.3", "1.4.4", "1.4.5"]));
}

#[test]
fn what_is_in_use_stays() {
    let server = DevpiServer::backdated();
    let fixture = PruneFixture::on(&server);
    let main = fixture.user.index("main");
    fixture.releases("main", builds(1..=52));
    let all = fixture.versions("main");
    let claim = "main.claim-0123456789ab-1";
    let end_claim = || fixture.api.delete(&fixture.user.index(claim));

    // A running build of the branch, before and after the decision; one of another branch does not count.
    fixture.claim("x.claim-0123456789ab-1", "x", "2999-01-01T00:00:00Z");
    fixture.claim(claim, "main", "2999-01-01T00:00:00Z");
    fixture.prune(&["--releases", "--yes"]).ok().says("a build of its branch is running").says(claim);
    end_claim();
    let outcome = fixture.thin_after(|| fixture.claim(claim, "main", "2999-01-01T00:00:00Z"));
    assert!(outcome.left_alone[0].1.contains("began in the meantime"), "{outcome:?}");
    end_claim();
    // Another index under the name.
    let data = fixture.api.index(&main).unwrap()["custom_data"].clone();
    let mut anew = data.clone();
    anew["git-devpi"]["created"] = json!("2026-01-02T03:04:05Z");
    let outcome = fixture.thin_after(|| drop(fixture.api.patch(&main, &json!({"custom_data": anew}))));
    assert!(outcome.left_alone[0].1.contains("record changed"), "{outcome:?}");
    fixture.api.patch(&main, &json!({"custom_data": data}));
    // An interrupted deletion of the index.
    fixture.api.patch(&main, &json!({"volatile": true}));
    fixture.prune(&["--releases", "--yes"]).ok().says("its deletion was interrupted");
    fixture.api.patch(&main, &json!({"volatile": false}));
    assert_eq!(fixture.versions("main"), all);
    assert!(!fixture.sandbox.path("home/git-devpi/state/deleted-releases").join("x").exists());
    let logs =
        || std::fs::read_dir(fixture.sandbox.path("home/git-devpi/state/deleted-releases")).map_or(0, Iterator::count);
    assert_eq!(logs(), 0, "nothing was deleted");

    // A file and a result that came in the meantime keep their releases; 1.4.2 has more files than were decided on.
    let outcome = fixture.thin_after(|| {
        fixture.api.upload(&main, ("demo-pkg", "1.4.2"), ("demo_pkg-1.4.2-cp311-none-any.whl", b"another platform"));
    });
    assert_eq!(outcome.deleted[0].releases, [("demo-pkg".to_owned(), "1.4.1".to_owned())], "{outcome:?}");
    assert!(outcome.left_alone[0].0.contains("1.4.2"), "{outcome:?}");
    assert_eq!(fixture.api.files(&main, "demo-pkg", "1.4.2").len(), 2);
    assert_eq!(logs(), 1);
    fixture.releases("main", ["1.4.53".to_owned()]);
    let outcome = fixture.thin_after(|| {
        let file = fixture.api.files(&main, "demo-pkg", "1.4.3").remove(0);
        fixture.api.post(&file.path, &crate::fixture::report(&file.sha256, "unit", true));
    });
    assert!(outcome.left_alone.iter().any(|(what, _)| what.contains("1.4.3")), "{outcome:?}");
    assert!(fixture.versions("main").contains("1.4.3"));
}

#[test]
fn a_doubtful_clock_and_a_remote_that_the_record_does_not_name_thin_nothing() {
    let proxy = Proxy::start(DevpiServer::shared().url());
    let fixture = PruneFixture::new();
    fixture.releases("main", builds(1..=52));
    fixture.git(&["config", "--global", "devpi.server", proxy.url()]);
    let words = ["git", "devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, format!("{}\n", fixture.user.password).as_bytes()).ok();
    for (date, said) in
        [("Fri, 01 Jan 2100 00:00:00 GMT", "the server's clock says 2100-01-01"), ("tomorrow", "no readable date")]
    {
        proxy.set_date(date);
        fixture.prune(&["--releases", "--yes"]).ok().says(said);
        assert_eq!(fixture.versions("main").len(), 52, "{date}");
    }
    fixture.git(&["config", "--global", "devpi.server", DevpiServer::shared().url()]);
    let mut record = record("main", true);
    record["remote"] = json!("0123456789abcdef");
    fixture.api.patch(&fixture.user.index("main"), &json!({"custom_data": {"git-devpi": record}}));
    fixture.prune(&["--releases", "--yes"]).code(3).says("names another remote");
}

#[test]
fn doctor_and_status_say_when_it_is_time() {
    let fixture = PruneFixture::new();
    fixture.branch("feature");
    fixture.index("feature", "feature", true);
    fixture.releases("main", builds(1..=299));
    let doctor = || fixture.sandbox.devpi(&fixture.clone, &["doctor", "--json"]).json();
    let finding = |answer: &Value| {
        let checks = answer["checks"].as_array().unwrap();
        checks.iter().find(|check| check["check"] == "releases").unwrap_or_else(|| panic!("{answer}")).clone()
    };
    let status = || fixture.sandbox.devpi(&fixture.clone, &["status", "--all", "--json"]).ok().json();
    assert!(!finding(&doctor()).to_string().contains("prune --releases"));
    assert_eq!(status()["many_releases"], json!([]));
    fixture.releases("main", builds(300..=300));
    let found = finding(&doctor()).to_string();
    assert!(
        found.contains("main has 300 releases of demo-pkg") && found.contains("git devpi prune --releases"),
        "{found}"
    );
    let main = fixture.user.index("main");
    assert_eq!(status()["many_releases"], json!([{"index": main, "project": "demo-pkg", "releases": 300}]));
    fixture.sandbox.devpi(&fixture.clone, &["status", "--all"]).ok().says("git devpi prune --releases");
    // All are young.
    fixture.prune(&["--releases", "--yes"]).ok().says("no old releases");
}
