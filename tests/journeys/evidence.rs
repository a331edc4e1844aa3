//! Tox results that cannot be read, were changed, or contradict each other: what `results`, `status` and `promote` make of them.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT, report};
use crate::support::{Api, DevpiServer};

/// devpi's log has a resolution of one second.
fn next_second() {
    std::thread::sleep(Duration::from_millis(1100));
}

/// The names and reasons of the unreadable reports in an answer.
fn unreadable(answer: &Value) -> Vec<(Option<String>, String)> {
    let reports = answer["unreadable"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    reports.iter().map(|report| (text(&report["who"]), text(&report["reason"]).unwrap())).collect()
}

/// A report with so many bytes that it is valid JSON, and red.
fn padded(sha256: &str, size: usize) -> Vec<u8> {
    let mut body = report(sha256, "unit", false).to_string().into_bytes();
    body.resize(size, b' ');
    body
}

/// Bodies that devpi-server stores, each with its content type and a part of the reason why it is not counted.
fn bodies(sha256: &str) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let json = "application/json";
    let red = report(sha256, "unit", false);
    let twice = format!("{{\"testenvs\": {}, \"testenvs\": {{}}}}", red["testenvs"]);
    let utf_16 = red.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        (json, b"{\"x\": NaN}".to_vec(), "is not valid JSON"),
        (json, ["[".repeat(900), "]".repeat(900)].concat().into_bytes(), "recursion limit"),
        (json, twice.into_bytes(), "duplicate key \"testenvs\""),
        (json, b"{\"testenvs\": 1e999}".to_vec(), "number out of range"),
        (json, b"[]".to_vec(), "is not a tox report"),
        (json, b"{\"testenvs\": []}".to_vec(), "is not a tox report"),
        (json, b"\"passed\"".to_vec(), "is not a tox report"),
        (json, format!("[{}0]", "[],".repeat(200_000)).into_bytes(), "more than 100000 values"),
        ("application/json; charset=latin-1", b"{\"testenvs\": {\"\xe4\": {}}}".to_vec(), "is not valid JSON"),
        ("application/json; charset=utf-16-le", utf_16, "is not valid JSON"),
        (json, padded(sha256, 50_000_000), "is larger than"),
    ]
}

#[test]
fn results_that_cannot_be_read_are_named_and_block_nothing() {
    let mut fixture = Fixture::new();
    let version = fixture.build("101");
    let index = fixture.user.index("main");
    fixture.api.patch(&index, &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    next_second();
    let mallory = DevpiServer::shared().user();
    let anybody = DevpiServer::shared().api();
    let stranger = DevpiServer::shared().api().logged_in(&mallory);
    let file = fixture.file("main", &version);
    let mut expected = Vec::new();
    for (who, api) in [(Some(&fixture.user.name), &fixture.api), (Some(&mallory.name), &stranger), (None, &anybody)] {
        for (content_type, body, reason) in bodies(&file.sha256) {
            assert_eq!(api.post_bytes(&file.path, content_type, body), 200, "{reason}");
            expected.push((who, reason));
        }
        for (status, refused) in [(400, &b""[..]), (400, b"\x1f\x8b\x08\0\0"), (500, "[".repeat(200_000).as_bytes())] {
            assert_eq!(api.post_bytes(&file.path, "application/json", refused.to_vec()), status);
        }
    }
    // Of others less is read than of those who count.
    assert_eq!(anybody.post_bytes(&file.path, "application/json", padded(&file.sha256, 2_000_000)), 200);
    expected.push((None, "is larger than 1 MB"));

    let check = |answer: &Value| {
        let found = unreadable(answer);
        assert_eq!(found.len(), expected.len(), "{answer}");
        for ((who, reason), (expected_who, part)) in found.iter().zip(&expected) {
            assert_eq!(who.as_ref(), *expected_who);
            assert!(reason.contains(part), "{reason}: {part}");
        }
    };
    let results = fixture.devpi(&["results", &version, "--json"]).ok().json();
    check(&results);
    assert_eq!(results["unreadable"][0]["index"], index.as_str());
    assert_eq!(results["unreadable"][0]["file"], file.name.as_str());
    assert_eq!(
        (&results["unreadable"][0]["trusted"], &results["unreadable"][11]["trusted"]),
        (&json!(true), &json!(false))
    );
    let passed = &results["evidence"][0];
    assert_eq!(
        (&passed["verdict"], &passed["standing"], &passed["failed_before"]),
        (&json!("passed"), &json!("decides"), &json!([]))
    );
    let text = fixture.devpi(&["results", &version]).ok();
    text.says(&format!("a tox result for {} on {index} (by {}", file.name, mallory.name))
        .says("(by anonymous")
        .says("does not count");
    let status = fixture.devpi(&["status", "--json"]).ok().json();
    check(&status["projects"][0]["releases"][0]);
    assert!(fixture.devpi(&["status"]).ok().stdout.contains("34 tox results cannot be read and do not count"));
    let promoted = fixture.devpi(&["promote", &version, "--json"]).ok().json();
    assert_eq!(promoted["decision"], "promoted");
    check(&promoted);
    assert_eq!(fixture.file("prod", &version).sha256, file.sha256);
}

#[test]
fn only_the_newest_of_many_results_by_strangers_are_read() {
    let mut fixture = Fixture::new();
    let version = fixture.build("102");
    fixture.api.patch(&fixture.user.index("main"), &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    let file = fixture.file("main", &version);
    let anybody = DevpiServer::shared().api();
    for _ in 0..60 {
        anybody.post(&file.path, &report(&file.sha256, "unit", true));
    }
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let results = fixture.devpi(&["results", &version, "--json"]).ok().json();
    assert_eq!(results["evidence"].as_array().unwrap().len(), 51);
    assert_eq!(unreadable(&results).len(), 10);
    fixture.devpi(&["promote", &version]).ok().says("10 more tox results on");
}

/// Where the reports of the tests' machine are cached.
fn cached_reports(fixture: &Fixture) -> Vec<(PathBuf, String)> {
    let folder = fixture.sandbox.path("home/git-devpi/cache/reports");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn a_report_that_was_edited_in_the_cache_is_fetched_again() {
    let mut fixture = Fixture::new();
    let version = fixture.build("103");
    fixture.report(&fixture.api, ("main", &version), ("unit", false));
    let failed = || {
        let answer = fixture.devpi(&["promote", &version, "--json"]).code(1).json();
        assert!(answer["blockers"][0].as_str().unwrap().contains("failed in unit"), "{answer}");
        let answer = fixture.devpi(&["results", &version, "--json"]).ok().json();
        assert_eq!((&answer["evidence"][0]["verdict"], &answer["unreadable"]), (&json!("failed"), &json!([])));
        assert_eq!(answer["commit"], fixture.sandbox.git(&fixture.work, &["rev-parse", "HEAD"]).ok().text());
    };
    failed();
    let cached = cached_reports(&fixture);
    assert_eq!(cached.len(), 2, "the provenance and the result");
    let green = |text: &str| {
        text.replace("false", "true")
            .replace("\"exit_code\":1", "\"exit_code\":0")
            .replace("\"retcode\":1", "\"retcode\":0")
    };
    let edits: [&dyn Fn(&str) -> String; 5] = [
        &green,
        // As long as it was, so that no size tells.
        &|text| text.replace("false", "true ").replace(":1", ":0"),
        &|text| text.replace("\"commit\":\"", "\"commit\":\"0"),
        &|_| String::new(),
        &|text| text.repeat(100_000),
    ];
    for edit in edits {
        for (path, text) in &cached {
            std::fs::write(path, edit(text)).unwrap();
        }
        failed();
        assert_eq!(cached_reports(&fixture), cached, "the cache is mended");
    }
    // A hit asks the server for nothing.
    let own = format!("{}/+f/", fixture.user.index("main"));
    let asked = || {
        let log = DevpiServer::shared().log();
        log.lines().filter(|line| line.contains("GET") && line.contains(&own) && line.contains("toxresult")).count()
    };
    let before = asked();
    failed();
    assert!(before > 2);
    assert_eq!(asked(), before);
}

#[test]
fn a_report_that_was_changed_on_the_server_counts_for_nothing() {
    let mut fixture = Fixture::new();
    let version = fixture.build("104");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    next_second();
    fixture.report(&fixture.api, ("main", &version), ("unit", false));
    let on_disk = |fixture: &Fixture| {
        let results = fixture.api.tox_results(&fixture.user.index("main"), PROJECT, &version);
        let (red, _) =
            results.iter().find(|(_, report)| report["testenvs"]["unit"]["result"]["success"] == false).unwrap();
        DevpiServer::shared().data_folder().join("+files").join(&red.path)
    };
    let path = on_disk(&fixture);
    let red = std::fs::read_to_string(&path).unwrap();
    for changed in [red.replace("false", "true ").replace(":1", ":0"), "\u{1f}\u{8b}\u{8}".to_owned() + &red[4..]] {
        std::fs::write(&path, changed).unwrap();
        let results = fixture.devpi(&["results", &version, "--json"]).ok().json();
        let [(Some(who), reason)] = &unreadable(&results)[..] else { panic!("{results}") };
        assert!(*who == fixture.user.name && reason.contains("but the server lists"), "{reason}");
        assert_eq!(results["evidence"][0]["verdict"], "passed");
        // It may have been red, as it was: only a newer result makes it unimportant.
        let answer = fixture.devpi(&["promote", &version, "--json"]).code(1).json();
        assert!(answer["blockers"][0].as_str().unwrap().contains("but the server lists"), "{answer}");
        fixture.devpi(&["promote", &version]).code(1).says("hint: test the file again");
    }
    std::fs::remove_file(&path).unwrap();
    next_second();
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let promoted = fixture.devpi(&["promote", &version, "--dry-run", "--json"]).ok().json();
    assert_eq!((&promoted["decision"], unreadable(&promoted).len()), (&json!("ready"), 1), "{promoted}");
}

#[test]
fn what_was_red_before_it_was_green_is_told_and_may_be_refused() {
    let mut fixture = Fixture::new();
    let version = fixture.build("105");
    let mallory = DevpiServer::shared().user();
    fixture.api.patch(&fixture.user.index("main"), &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    let post = |fixture: &Fixture, api: &Api, green: bool| {
        fixture.report(api, ("main", &version), ("unit", green));
        next_second();
    };
    post(&fixture, &fixture.api, false);
    post(&fixture, &DevpiServer::shared().api().logged_in(&mallory), false);
    post(&fixture, &fixture.api, false);
    post(&fixture, &fixture.api, true);

    let results = fixture.devpi(&["results", &version, "--json"]).ok().json();
    let decides = results["evidence"].as_array().unwrap().iter().find(|line| line["standing"] == "decides").unwrap();
    let failed = decides["failed_before"].as_array().unwrap();
    assert_eq!(failed.iter().map(|row| &row["who"]).collect::<Vec<_>>(), [&json!(fixture.user.name); 2]);
    assert!(failed[0]["when"].as_str().unwrap() < failed[1]["when"].as_str().unwrap());
    assert!(fixture.devpi(&["results", &version]).ok().stdout.contains("passed after 2 failures (user"));
    let dry = ["promote", &version, "--dry-run"];
    let run = fixture.devpi(&dry).ok().says("is flaky: passed after 2 failures (user");
    assert!(run.stdout.contains("passed after 2 failures"), "{run}");
    let json = fixture.devpi(&["promote", &version, "--dry-run", "--json"]).ok().json();
    assert_eq!(json["evidence"][0]["failed_before"].as_array().unwrap().len(), 2);

    // A branch neither closes nor opens the gate; the release branch does.
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let set = |fixture: &Fixture, flaky: &str, target: &str| {
        fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &format!("{own}flaky = \"{flaky}\"\n"));
        fixture.sandbox.commit_all(&fixture.work, flaky);
        fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", &format!("HEAD:{target}")]).ok();
    };
    set(&fixture, "refuse", "elsewhere");
    fixture.devpi(&dry).ok();
    set(&fixture, "refuse", "main");
    set(&fixture, "allow", "elsewhere");
    let refused = fixture.devpi(&["promote", &version, "--json"]).code(1).json();
    assert!(refused["blockers"][0].as_str().unwrap().contains("in unit passed after 2 failures"), "{refused}");
    fixture.devpi(&["promote", &version]).code(1).says("hint: ").says("build number");
    assert!(fixture.api.files(&fixture.user.index("prod"), PROJECT, &version).is_empty());
    set(&fixture, "sometimes", "main");
    fixture.devpi(&dry).code(3).says("flaky").says("sometimes");
    set(&fixture, "allow", "main");
    let run = fixture.devpi(&["promote", &version]).ok();
    assert!(run.stdout.contains("passed after 2 failures") && !run.stderr.contains("flaky"), "{run}");
}

#[test]
fn results_show_counts_durations_and_where_a_test_ran() {
    let mut fixture = Fixture::new();
    // tox writes output that is not UTF-8 as lone surrogates, which are no valid JSON strings.
    let script = "import sys, unittest\nsys.stdout.buffer.write(b'caf\\xe9 \\xff\\n')\nsys.stdout.flush()\n\n\
        class Unit(unittest.TestCase):\n    def test(self):\n        self.fail()\n";
    fixture.sandbox.write(&fixture.work, "tests/unit/test_unit.py", script);
    let commit = fixture.sandbox.commit_all(&fixture.work, "Break it");
    fixture.in_ci("106");
    fixture.sandbox.set("GITHUB_ACTIONS", "true").set("GITHUB_RUN_NUMBER", "106").set("GITHUB_REF_NAME", "main");
    fixture
        .sandbox
        .set("GITHUB_SERVER_URL", "https://ci.example")
        .set("GITHUB_REPOSITORY", "acme/demo")
        .set("GITHUB_RUN_ID", "7");
    for arguments in [&["-e", "unit"][..], &["-e", "system"]] {
        let tox = fixture.sandbox.run(&fixture.work, "tox", arguments);
        assert!(tox.stderr.contains("evidence for demo_pkg-1.4.106"), "{tox}");
    }
    fixture.devpi(&["test", "-e", "unit"]).says("unit: failed");
    let json = fixture.devpi(&["results", "1.4.106", "--json"]).ok().json();
    let lines: Vec<&Value> = json["evidence"].as_array().unwrap().iter().collect();
    assert_eq!((lines.len(), &json["unreadable"]), (3, &json!([])), "{json}");
    for line in &lines {
        let is_unit = line["environment"] == "unit";
        assert_eq!(line["verdict"], if is_unit { "failed" } else { "passed" });
        let [command] = &line["commands"].as_array().unwrap()[..] else { panic!("{line}") };
        assert_eq!(command["retcode"] == 0, !is_unit);
        let (elapsed, duration) = (command["elapsed"].as_f64().unwrap(), line["duration"].as_f64().unwrap());
        assert!(0.0 < elapsed && elapsed <= duration && duration < 300.0, "{line}");
        assert_eq!((&line["commit"], &line["tests"]), (&json!(commit), &json!(null)));
        assert_eq!(line["ci_url"], "https://ci.example/acme/demo/actions/runs/7");
    }
    let table = fixture.devpi(&["results", "1.4.106"]).ok().stdout;
    assert!(
        table.contains("1 of 1 command failed") && table.contains("1 command ") && table.contains(" s  "),
        "{table}"
    );

    // What a JUnit report told is part of git-devpi's object in the report.
    fixture.by_hand();
    let file = fixture.file("main", "1.4.106");
    let mut counted = report(&file.sha256, "docs", true);
    let tests = json!({"docs": {"tests": 212, "failures": 0, "errors": 0, "skipped": 3}});
    counted["git-devpi"] = json!({"schema": 1, "kind": "test", "commit": commit, "version": "1.4.106", "sha256": file.sha256, "tests": tests});
    fixture.api.post(&file.path, &counted);
    let json = fixture.devpi(&["results", "1.4.106", "--json"]).ok().json();
    let docs = json["evidence"].as_array().unwrap().iter().find(|line| line["environment"] == "docs").unwrap();
    assert_eq!((&docs["tests"], &docs["duration"]), (&tests["docs"], &json!(1.0)));
    let table = fixture.devpi(&["results", "1.4.106"]).ok().stdout;
    assert!(table.contains("212 tests, 3 skipped") && table.contains("1.0 s"), "{table}");
}
