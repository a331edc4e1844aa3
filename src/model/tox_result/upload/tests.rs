use std::collections::BTreeMap;

use serde_json::json;

use super::super::samples::{commit, tested, tox3, tox4};
use super::super::{NotEvidence, Note, ToxReport};
use super::*;

fn upload(secrets: &[String]) -> UploadContext<'_> {
    let note = TestNote {
        commit: commit('c'),
        version: "1.4.57".into(),
        sha256: tested(),
        ci_url: None,
        tests: BTreeMap::new(),
    };
    UploadContext { note, host: "machine-7".into(), secrets }
}

/// What devpi-web says about one environment: a translation of `ToxResultEnv` in devpi_common/viewhelp.py and of
/// `get_toxresults_info` in devpi_web/views.py. It panics where those raise, which is an error page.
fn devpi_web_says(report: &Value, environment: &str) -> &'static str {
    assert!(report["host"].is_string() && report["platform"].is_string());
    let environment = report["testenvs"][environment].as_object().expect("env.get");
    if let Some(python) = environment.get("python") {
        python["version"].as_str().expect("split").split_whitespace().next().expect("IndexError");
    }
    let failed = |list: &str| {
        let codes: Vec<i64> = environment[list]
            .as_array()
            .expect("iterable")
            .iter()
            .map(|command| {
                assert!(command["command"].as_array().expect("join").iter().all(Value::is_string));
                assert!(command["output"].is_string());
                command["retcode"].as_i64().expect("an int")
            })
            .collect();
        codes.iter().any(|code| *code != 0)
    };
    match (failed("setup"), failed("test"), environment["test"].as_array().unwrap().is_empty()) {
        (false, false, false) => "passed",
        (false, false, true) => "unknown",
        _ => "failed",
    }
}

#[test]
fn devpi_web_says_what_tox_said() {
    for (report, name, expected) in [
        (tox4(), "unit", "passed"),
        (tox4(), "ign", "passed"),
        (tox4(), "bad", "failed"),
        (tox4(), "pre", "failed"),
        (tox3(), "unit", "passed"),
        (tox3(), "bad", "failed"),
    ] {
        let prepared = report_for_upload(&report, &upload(&[]));
        assert_eq!(devpi_web_says(&prepared.report, name), expected, "{name}");
    }
}

#[test]
fn only_what_tested_our_file_is_uploaded_and_the_rest_is_named() {
    let prepared = report_for_upload(&tox4(), &upload(&[]));
    assert_eq!(prepared.kept, ["bad", "ign", "igo", "pre", "unit"]);
    let listed: Vec<&String> = prepared.report["testenvs"].as_object().unwrap().keys().collect();
    assert_eq!(listed, ["bad", "ign", "igo", "pre", "unit"]);
    let reason =
        |name: &str| prepared.dropped.iter().find(|dropped| dropped.name == name).map(|dropped| &dropped.reason);
    assert_eq!(reason("lint"), Some(&NotEvidence::NoPackage));
    assert_eq!(reason("skipme"), Some(&NotEvidence::Skipped));
    assert_eq!(reason("notest"), Some(&NotEvidence::NothingTested));
    assert_eq!(reason("asked-not"), Some(&NotEvidence::DidNotRun));
    assert!(matches!(reason("built"), Some(NotEvidence::OtherPackage(_))));
    assert_eq!(reason(".pkg"), None);
}

#[test]
fn the_server_reads_back_what_was_judged_here() {
    let mut before = ToxReport::parse(&tox4());
    // A failure that tox ignores is uploaded as 0.
    let ignored = &mut before.environments.get_mut("ign").unwrap().commands[0].retcode;
    assert_eq!(ignored.replace(0), Some(4));
    let prepared = report_for_upload(&tox4(), &upload(&[]));
    let after = ToxReport::parse(&prepared.report);
    for name in &prepared.kept {
        assert_eq!(after.environments[name], before.environments[name], "{name}");
    }
    assert_eq!(after.host, "machine-7");
    assert_eq!(after.note, Some(Note::Test(upload(&[]).note)));
    assert_eq!(
        prepared.report["git-devpi"],
        json!({"schema": 1, "kind": "test", "commit": "c".repeat(40), "version": "1.4.57", "sha256": tested()})
    );
}

#[test]
fn a_forgiven_command_is_marked() {
    let prepared = report_for_upload(&tox4(), &upload(&[]));
    let command = &prepared.report["testenvs"]["ign"]["test"][0];
    assert_eq!(command["retcode"], json!(0));
    assert!(command["output"].as_str().unwrap().contains("ended with 4, which tox was told to ignore"));
}

#[test]
fn secrets_do_not_get_out() {
    let secrets = ["hunter2".to_owned(), r#"["ci", []].tok"#.to_owned()];
    let mut report = tox4();
    let unit = &mut report["testenvs"]["unit"];
    unit["test"][0]["output"] = json!(r#"login hunter2, Looking in http://ci:pw@h:3141/x {"t": "[\"ci\", []].tok"}"#);
    unit["test"][0]["command"] = json!(["pip", "-i", "https://ci:%5B%22ci%22%2C%20%5B%5D%5D.tok@h/x", 7]);
    unit["test"][0]["err"] = json!("hunter2");
    unit["python"]["version"] = json!("3.11 hunter2");
    unit["installed_packages"] = json!(["demo @ https://u:hunter2@h/d.whl", {"hunter2": 1}]);
    unit["hunter2"] = json!("hunter2");
    report["hunter2"] = json!(1);
    let mut upload = upload(&secrets);
    upload.note.ci_url = Some("https://u:p@ci/57?token=hunter2".into());
    let prepared = report_for_upload(&report, &upload);
    let text = prepared.report.to_string();
    for leak in ["hunter2", "].tok", "pw@", "u:p@", "%5B"] {
        assert!(!text.contains(leak), "{leak} in {text}");
    }
    assert!(text.contains("http://h:3141/x"), "{text}");
    assert_eq!(prepared.report["git-devpi"]["ci_url"], json!("https://ci/57?token=***"));
    assert_eq!(devpi_web_says(&prepared.report, "unit"), "passed");
}

#[test]
fn a_short_secret_does_not_damage_the_evidence() {
    let secrets = ["4".to_owned(), "c".to_owned(), "commands".to_owned()];
    let prepared = report_for_upload(&tox4(), &upload(&secrets));
    let parsed = ToxReport::parse(&prepared.report);
    assert_eq!(parsed.environments["unit"].judge(&tested()), Ok(Outcome::Passed));
    assert_eq!(parsed.note, Some(Note::Test(upload(&[]).note)));
}

#[test]
fn of_a_long_output_the_end_is_kept() {
    let mut report = tox4();
    report["testenvs"]["bad"]["test"][0]["output"] = json!(format!("{}the end", "ä".repeat(OUTPUT_LIMITS[0])));
    let prepared = report_for_upload(&report, &upload(&[]));
    let output = prepared.report["testenvs"]["bad"]["test"][0]["output"].as_str().unwrap();
    assert!(output.len() < OUTPUT_LIMITS[0] + 100, "{}", output.len());
    assert!(output.ends_with("ääthe end") && output.starts_with("[git-devpi: the first 65"), "{}", &output[..60]);
}

#[test]
fn a_report_with_many_long_outputs_can_still_be_read() {
    for (count, output) in [(260, "x".repeat(70_000)), (50, "\u{1}".repeat(70_000)), (4_500, "x".repeat(5_000))] {
        let mut report = tox4();
        let command =
            json!({"command": ["pytest"], "output": output, "err": "", "retcode": 0, "run_id": "commands[0]"});
        report["testenvs"]["bad"]["test"] = json!(vec![command; count]);
        report["testenvs"]["bad"]["test"][count - 1]["retcode"] = json!(1);
        let prepared = report_for_upload(&report, &upload(&[]));
        let bytes = serde_json::to_vec(&prepared.report).unwrap();
        assert!(bytes.len() as u64 <= MAX_REPORT_SIZE, "{count}: {}", bytes.len());
        let parsed = ToxReport::from_bytes(&bytes).unwrap();
        assert_eq!(parsed.environments["bad"].judge(&tested()), Ok(Outcome::Failed));
        let kept = prepared.report["testenvs"]["bad"]["test"][0]["output"].as_str().unwrap();
        assert_eq!(kept.matches("[git-devpi: the first ").count(), 1, "{}", &kept[..80]);
    }
}

#[test]
fn a_failure_that_no_command_accounts_for_is_shown_as_one() {
    let mut report = tox4();
    report["testenvs"]["unit"]["result"] = json!({"success": false, "exit_code": -9, "skipped": false});
    let prepared = report_for_upload(&report, &upload(&[]));
    assert_eq!(devpi_web_says(&prepared.report, "unit"), "failed");
    assert_eq!(prepared.report["testenvs"]["unit"]["test"][1]["retcode"], json!(-9));
}

#[test]
fn what_would_break_the_servers_page_is_put_right() {
    let mut report = tox4();
    let unit = &mut report["testenvs"]["unit"];
    unit["python"] = json!({"version": "  "});
    unit["setup"] = json!([{"command": "pip install", "retcode": null}]);
    unit["test"] = json!([{"command": null, "output": ["x"], "retcode": "0"}]);
    report["platform"] = json!(null);
    let prepared = report_for_upload(&report, &upload(&[]));
    assert_eq!(devpi_web_says(&prepared.report, "unit"), "passed");
    for nonsense in [json!([]), json!("x"), json!(null), json!({"testenvs": [1]})] {
        let prepared = report_for_upload(&nonsense, &upload(&[]));
        assert!(prepared.kept.is_empty());
        assert_eq!(prepared.report["testenvs"], json!({}));
    }
}

#[test]
fn the_least_that_a_hook_can_report_is_enough() {
    let report = json!({"platform": "linux", "testenvs": {"unit": {
        "installpkg": {"basename": "demo.whl", "sha256": tested()},
        "result": {"success": true, "exit_code": 0, "skipped": false},
        "test": [{"command": ["pytest"], "retcode": 0}],
    }}});
    let prepared = report_for_upload(&report, &upload(&[]));
    assert_eq!(prepared.kept, ["unit"]);
    assert_eq!(devpi_web_says(&prepared.report, "unit"), "passed");
}
