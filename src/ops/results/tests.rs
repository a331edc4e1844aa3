use crate::model::evidence::samples::{Sample, run, user};
use crate::model::tox_result::EnvironmentRun;
use crate::model::tox_result::samples::{sha, tested, tox4};
use crate::ops::results::*;

#[test]
fn every_line_says_whether_it_counts() {
    let sample = Sample::new("acme/main", "1.4.57")
        .file("demo-1.4.57-py3-none-any.whl", sha('b'))
        .tested(Some("ci"), 2, ("unit", run(true, &sha('b'))))
        .tested(Some("ci"), 1, ("unit", run(false, &sha('b'))))
        .tested(None, 3, ("unit", run(false, &sha('b'))))
        .tested(Some("ci"), 4, ("lint", EnvironmentRun { ran: true, ..EnvironmentRun::default() }));
    let rows = evidence::evidence(&sample.release, &sample.reports, &[user("ci")]);
    let lines = lines(&sample.release, &rows, &["system".to_owned(), "unit".to_owned()]);
    let shown: Vec<_> =
        lines.iter().map(|line| (line.environment.as_str(), line.verdict, line.status.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("system", Verdict::NoEvidence, "missing"),
            ("unit", Verdict::Failed, "superseded"),
            ("unit", Verdict::Passed, "decides"),
            ("unit", Verdict::Failed, "untrusted"),
            ("lint", Verdict::NoEvidence, "no evidence"),
        ]
    );
    let failures: Vec<_> = lines.iter().map(|line| line.failed_before.len()).collect();
    assert_eq!(failures, [0, 0, 1, 0, 0], "the stranger's failure is none");
}

#[test]
fn what_is_no_report_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        match read_report(&path) {
            Err(Error::BadReport { reason, .. }) => reason,
            other => unreachable!("{text}: {other:?}"),
        }
    };
    assert!(refused("{").starts_with("it is not JSON"));
    assert_eq!(refused("[]"), "it has no testenvs");
    assert_eq!(refused("{\"testenvs\": []}"), "it has no testenvs");
    assert_eq!(refused("{\"testenvs\": {\"unit\": {}, \".pkg\": {\"result\": {}}}}"), "no environment has run");
    let nowhere = read_report(&folder.path().join("none.json"));
    assert!(matches!(nowhere, Err(Error::BadReport { reason, .. }) if reason == "there is no such file"));
}

#[test]
fn environments_that_say_nothing_are_named_with_the_reason() {
    let release = Sample::new("acme/main", "1.4.57").file("demo-1.4.57-py3-none-any.whl", tested()).release;
    let parsed = ToxReport::parse(&tox4());
    let added =
        Added { release, files: vec![("demo".into(), vec!["unit".into()])], dropped: Vec::new(), unknown: None };
    let dropped = dropped(&added, &parsed);
    assert!(dropped.iter().any(|one| one.name == "lint" && one.reason.to_string() == "installed no package"));
    assert!(dropped.iter().all(|one| one.name != "unit"));
}
