//! `git devpi results`: the results of a release, their uploaders, and whether they count.

use serde_json::{Value, json};

use crate::fixture::{Fixture, report};
use crate::support::DevpiServer;

/// `(environment, verdict, who, standing)` of every line.
fn lines(answer: &Value) -> Vec<(String, String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |line: &Value| {
        (text(&line["environment"]), text(&line["verdict"]), text(&line["who"]), text(&line["standing"]))
    };
    answer["evidence"].as_array().unwrap().iter().map(line).collect()
}

fn line(environment: &str, verdict: &str, who: &str, standing: &str) -> (String, String, String, String) {
    (environment.to_owned(), verdict.to_owned(), who.to_owned(), standing.to_owned())
}

#[test]
fn untrusted_results_are_shown_and_marked() {
    let mut fixture = Fixture::new();
    let version = fixture.build("71");
    let mallory = DevpiServer::shared().user();
    let index = fixture.user.index("main");
    fixture.api.patch(&index, &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    let anybody = DevpiServer::shared().api();
    let stranger = DevpiServer::shared().api().logged_in(&mallory);
    fixture.report(&anybody, ("main", &version), ("unit", true));
    fixture.report(&stranger, ("main", &version), ("system", true));

    fixture.in_ci("71");
    let answer = fixture.devpi(&["results", "--json"]).ok().json();
    assert_eq!(answer["schema"], 1);
    assert_eq!((&answer["version"], &answer["index"]), (&json!("1.4.71"), &json!(index)));
    let head = fixture.sandbox.git(&fixture.work, &["rev-parse", "HEAD"]).ok();
    assert_eq!(answer["commit"], head.text());
    assert_eq!(answer["files"][0]["sha256"], fixture.file("main", &version).sha256.as_str());
    assert_eq!(
        lines(&answer),
        [
            line("unit", "no evidence", "-", "missing"),
            line("unit", "passed", "-", "untrusted"),
            line("system", "passed", &mallory.name, "untrusted"),
        ]
    );
    let table = fixture.devpi(&["results"]).ok();
    assert!(table.stdout.contains("(anonymous)") && table.stdout.contains("does not count"), "{table}");

    // The newest trusted result decides.
    fixture.report(&fixture.api, ("main", &version), ("unit", false));
    let verdict = |fixture: &Fixture| lines(&fixture.devpi(&["results", "--json"]).ok().json());
    assert!(verdict(&fixture).contains(&line("unit", "failed", &fixture.user.name, "decides")));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let now = verdict(&fixture);
    assert!(now.contains(&line("unit", "passed", &fixture.user.name, "decides")), "{now:?}");
    assert!(now.contains(&line("unit", "failed", &fixture.user.name, "superseded")), "{now:?}");
}

#[test]
fn a_release_is_named_by_version_by_commit_or_by_tag_build() {
    let mut fixture = Fixture::new();
    fixture.build("72");
    let answer = |fixture: &Fixture, words: &[&str]| {
        fixture.devpi(&[&["results", "--json"], words].concat()).ok().json()["version"].as_str().unwrap().to_owned()
    };
    assert_eq!(answer(&fixture, &["1.4.72"]), "1.4.72");
    assert_eq!(answer(&fixture, &["Demo_Pkg==1.4.72"]), "1.4.72");
    // Without a number: the release of the checked-out commit.
    assert_eq!(answer(&fixture, &[]), "1.4.72");
    fixture.sandbox.set("GITLAB_CI", "true").set("CI_COMMIT_TAG", "v1.4").set("CI_PIPELINE_IID", "900");
    assert_eq!(answer(&fixture, &[]), "1.4.72");
    fixture.sandbox.commit_all(&fixture.work, "Another commit");
    fixture.devpi(&["results"]).code(1).says("no release of demo-pkg was built from commit");
    fixture.sandbox.unset("GITLAB_CI").unset("CI_COMMIT_TAG").unset("CI_PIPELINE_IID");
    fixture.devpi(&["results"]).code(1).says("no release of demo-pkg was built from commit");
    fixture.devpi(&["results", "1.4.99"]).code(1).says("demo-pkg 1.4.99 not found on");
    fixture.devpi(&["results", "--branch", "feature/none", "1.4.72"]).code(1).says("feature/none has no index");
}

#[test]
fn a_valid_report_is_added_by_hand() {
    let mut fixture = Fixture::new();
    let version = fixture.build("73");
    let sha256 = fixture.file("main", &version).sha256;
    let add = |fixture: &Fixture, report: &str| {
        fixture.sandbox.write(&fixture.sandbox.path("home"), "report.json", report);
        fixture.devpi(&["results", "add", "../home/report.json", "1.4.73"])
    };
    for (bad, reason) in [
        ("not json".to_owned(), "it is not JSON"),
        ("[]".to_owned(), "it has no testenvs"),
        (json!({"testenvs": {"unit": {}}}).to_string(), "no environment has run"),
        (report(&"0".repeat(64), "unit", true).to_string(), "unit tested another file"),
    ] {
        add(&fixture, &bad).code(3).says("is not a tox report").says(reason).says("hint: ");
    }
    assert_eq!(fixture.verdicts("main", &version), []);

    let mut good = report(&sha256, "unit", true);
    good["testenvs"]["lint"] = report(&"0".repeat(64), "lint", true)["testenvs"]["lint"].clone();
    good["testenvs"][".pkg_external"] = json!({"test": [{"command": ["git"], "retcode": 0, "output": ""}]});
    good["testenvs"]["unit"]["test"][0]["output"] = json!(format!("https://ci:{}@host/", fixture.user.password));
    let added = add(&fixture, &good.to_string()).ok().says("no evidence from lint");
    assert!(added.stdout.contains("unit"), "{added}");
    assert_eq!(fixture.verdicts("main", &version), [("unit".to_owned(), true)]);
    let results = fixture.api.tox_results(&fixture.user.index("main"), crate::fixture::PROJECT, &version);
    let posted = results.iter().find(|(_, report)| report["git-devpi"]["kind"] == "test").unwrap();
    assert!(!posted.1.to_string().contains(&fixture.user.password), "{}", posted.1);
    assert_eq!(posted.1["testenvs"].as_object().unwrap().len(), 1);
}
