use std::time::Duration;

use serde_json::{Value, json};

use super::super::names::Sha256;
use super::samples::{sha, tested, tox3, tox4};
use super::*;

fn judged(report: &Value, environment: &str) -> Result<Outcome, NotEvidence> {
    ToxReport::parse(report).environments[environment].judge(&tested())
}

#[test]
fn a_report_of_tox_4_is_judged_by_its_results() {
    let built = "aea0d63ae09cf66c061a4480acb1f66308fc4c7dfd8190eb4b44f22cf677020f";
    for (environment, expected) in [
        ("unit", Ok(Outcome::Passed)),
        ("bad", Ok(Outcome::Failed)),
        ("ign", Ok(Outcome::Passed)),
        ("igo", Ok(Outcome::Failed)),
        ("pre", Ok(Outcome::Failed)),
        ("skipme", Err(NotEvidence::Skipped)),
        ("lint", Err(NotEvidence::NoPackage)),
        ("nocmd", Err(NotEvidence::NothingTested)),
        ("notest", Err(NotEvidence::NothingTested)),
        ("noinst", Err(NotEvidence::NoPackage)),
        ("broken", Err(NotEvidence::NoPackage)),
        ("built", Err(NotEvidence::OtherPackage(Sha256::parse(built).unwrap()))),
        ("asked-not", Err(NotEvidence::DidNotRun)),
    ] {
        assert_eq!(judged(&tox4(), environment), expected, "{environment}");
    }
}

#[test]
fn a_report_of_tox_3_is_judged_by_its_exit_codes() {
    for (environment, expected) in [
        ("unit", Ok(Outcome::Passed)),
        ("bad", Ok(Outcome::Failed)),
        // tox 3 does not say that the failing command was to be ignored; rather red than green.
        ("ign", Ok(Outcome::Failed)),
        ("lint", Err(NotEvidence::NoPackage)),
        ("skipme", Err(NotEvidence::DidNotRun)),
        ("noinst", Err(NotEvidence::NoPackage)),
        // Neither green nor red by its exit codes: setup went well, and there was nothing to test.
        ("nocmd", Err(NotEvidence::NothingTested)),
    ] {
        assert_eq!(judged(&tox3(), environment), expected, "{environment}");
    }
}

#[test]
fn what_is_read_of_an_environment() {
    let report = ToxReport::parse(&tox4());
    assert_eq!((report.host.as_str(), report.platform.as_str()), ("localhost", "linux"));
    assert_eq!(report.note, None);
    assert!(report.environments.keys().all(|name| !name.starts_with('.')), "{:?}", report.environments.keys());
    let bad = &report.environments["bad"];
    assert_eq!(bad.exit_code, Some(3));
    assert_eq!(bad.duration, Some(Duration::from_millis(1524)));
    let command = |retcode, millis| CommandRun { retcode: Some(retcode), elapsed: Some(Duration::from_millis(millis)) };
    assert_eq!(bad.commands, [command(3, 14)]);
    let pre = &report.environments["pre"];
    assert!(pre.commands.is_empty() && !pre.tested, "commands_pre are no tests");
    let old = ToxReport::parse(&tox3());
    let bad_of_tox_3 = &old.environments["bad"];
    assert_eq!((bad_of_tox_3.duration, bad_of_tox_3.commands.len()), (None, 1));
    assert_eq!(bad_of_tox_3.commands[0].elapsed, None);
    assert_eq!(bad.judge(&sha('0')), Err(NotEvidence::OtherPackage(tested())));
}

#[test]
fn success_that_contradicts_itself_is_none() {
    let mut report = tox4();
    report["testenvs"]["unit"]["result"]["exit_code"] = json!(1);
    assert_eq!(judged(&report, "unit"), Ok(Outcome::Failed));
    let mut report = tox4();
    report["testenvs"]["unit"]["result"] = json!("success");
    assert_eq!(judged(&report, "unit"), Ok(Outcome::Failed));
    let mut report = tox4();
    report["testenvs"]["unit"]["test"][0]["run_id"] = json!("commands_pre[0]");
    assert_eq!(judged(&report, "unit"), Err(NotEvidence::NothingTested));
}

#[test]
fn the_duration_is_toxs_or_the_sum_of_all_commands() {
    let duration = |environment: Value| {
        let report = ToxReport::parse(&json!({"testenvs": {"unit": environment}}));
        report.environments["unit"].duration
    };
    let commands =
        |elapsed: &[Value]| elapsed.iter().map(|one| json!({"retcode": 0, "elapsed": one})).collect::<Value>();
    let seconds = |seconds: f64| Some(Duration::from_secs_f64(seconds));
    let setup = commands(&[json!(1.5)]);
    assert_eq!(duration(json!({"setup": setup, "test": commands(&[json!(2), json!(0.25)])})), seconds(3.75));
    assert_eq!(duration(json!({"setup": setup, "result": {"duration": 9.5}})), seconds(9.5));
    assert_eq!(duration(json!({"setup": setup, "result": {"duration": -1}})), seconds(1.5));
    assert_eq!(duration(json!({"result": {}})), None);
    for bad in [json!(null), json!("1"), json!(-1.0), json!(1e300)] {
        assert_eq!(duration(json!({"setup": setup, "test": commands(&[json!(1), bad])})), None);
    }
    assert_eq!(duration(json!({"test": commands(&[json!(1.5e19), json!(1.5e19)])})), None);
}

#[test]
fn old_tox_wrote_exit_codes_as_text() {
    let mut report = tox3();
    report["testenvs"]["unit"]["test"][0]["retcode"] = json!("0");
    assert_eq!(judged(&report, "unit"), Ok(Outcome::Passed));
    report["testenvs"]["unit"]["test"][0]["retcode"] = json!("1");
    assert_eq!(judged(&report, "unit"), Ok(Outcome::Failed));
}

#[test]
fn nonsense_is_read_without_a_fault_and_proves_nothing() {
    for report in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"testenvs": []}),
        json!({"testenvs": {"": {"result": {"success": true}}}}),
        json!({"host": 1, "platform": null, "git-devpi": []}),
    ] {
        assert_eq!(ToxReport::parse(&report), ToxReport::default(), "{report}");
    }
    for environment in [
        json!(null),
        json!([1]),
        json!({"setup": 1, "test": "x", "result": {"success": "true", "duration": -1}, "installpkg": "x"}),
        json!({"result": {"success": true, "duration": 1e300}, "installpkg": {"sha256": "short"}, "test": [1, null]}),
    ] {
        let report = json!({"testenvs": {"unit": environment}});
        assert!(judged(&report, "unit").is_err(), "{report}");
    }
}
