use super::super::tox_result::samples::{commit, sha};
use super::super::tox_result::{EnvironmentRun, MAX_REPORT_SIZE, TestCounts, TestNote, Unreadable};
use super::samples::{Sample, minute, run, user};
use super::*;

const WHEEL: &str = "demo-1.4.57-py3-none-any.whl";

fn sample() -> Sample {
    Sample::new("acme/main", "1.4.57").file(WHEEL, sha('b'))
}

fn verdict(sample: &Sample, environment: &str) -> Verdict {
    verdict_of(&evidence(&sample.release, &sample.reports, &[user("ci")]), &sha('b'), environment)
}

#[test]
fn the_newest_evidence_decides_whatever_the_order() {
    let red_then_green = sample().tested(Some("ci"), 1, ("unit", run(false, &sha('b')))).tested(
        Some("ci"),
        2,
        ("unit", run(true, &sha('b'))),
    );
    assert_eq!(verdict(&red_then_green, "unit"), Verdict::Passed);
    let listed_backwards = sample().tested(Some("ci"), 2, ("unit", run(true, &sha('b')))).tested(
        Some("ci"),
        1,
        ("unit", run(false, &sha('b'))),
    );
    assert_eq!(verdict(&listed_backwards, "unit"), Verdict::Passed);
    let same_second = sample().tested(Some("ci"), 1, ("unit", run(true, &sha('b')))).tested(
        Some("ci"),
        1,
        ("unit", run(false, &sha('b'))),
    );
    assert_eq!(verdict(&same_second, "unit"), Verdict::Failed);
    assert_eq!(verdict(&same_second, "system"), Verdict::NoEvidence);
}

#[test]
fn reports_of_others_are_shown_and_never_counted() {
    let sample = sample()
        .tested(Some("ci"), 1, ("unit", run(false, &sha('b'))))
        .tested(None, 2, ("unit", run(true, &sha('b'))))
        .tested(Some("mallory"), 3, ("unit", run(true, &sha('b'))))
        .tested(Some("CI"), 4, ("unit", run(true, &sha('b'))));
    assert_eq!(verdict(&sample, "unit"), Verdict::Failed);
    let rows = evidence(&sample.release, &sample.reports, &[user("ci")]);
    let shown: Vec<_> = rows.iter().map(|row| (row.who.as_deref(), row.verdict, row.trusted)).collect();
    assert_eq!(
        shown,
        [
            (Some("ci"), Verdict::Failed, true),
            (None, Verdict::Passed, false),
            (Some("mallory"), Verdict::Passed, false),
            (Some("CI"), Verdict::Passed, false),
        ]
    );
    assert!(evidence(&sample.release, &sample.reports, &[]).iter().all(|row| !row.trusted));
}

#[test]
fn who_pushed_a_report_on_does_not_vouch_for_it() {
    // Every sample's report was pushed on by acme.
    let sample = sample().tested(Some("mallory"), 1, ("unit", run(true, &sha('b'))));
    let rows = evidence(&sample.release, &sample.reports, &[user("acme")]);
    assert_eq!((rows[0].who.as_deref(), rows[0].trusted, rows[0].when), (Some("mallory"), false, minute(1)));
}

#[test]
fn only_a_test_of_exactly_this_file_counts() {
    let other = run(true, &sha('c'));
    let none = EnvironmentRun { package_sha256: None, ..run(true, &sha('b')) };
    let skipped = EnvironmentRun { skipped: true, ..run(true, &sha('b')) };
    let not_run = EnvironmentRun { ran: false, ..run(true, &sha('b')) };
    for (run, reason) in [
        (other, Some(NotEvidence::OtherPackage(sha('c')))),
        (none, Some(NotEvidence::NoPackage)),
        (skipped, Some(NotEvidence::Skipped)),
        (not_run, None),
    ] {
        let sample = sample().tested(Some("ci"), 1, ("unit", run));
        assert_eq!(verdict(&sample, "unit"), Verdict::NoEvidence, "{reason:?}");
        let rows = evidence(&sample.release, &sample.reports, &[user("ci")]);
        assert_eq!(rows.first().and_then(|row| row.reason.clone()), reason);
    }
}

#[test]
fn what_says_nothing_does_not_hide_what_was_said_before() {
    let sample = sample().tested(Some("ci"), 1, ("unit", run(true, &sha('b')))).tested(
        Some("ci"),
        2,
        ("unit", EnvironmentRun { skipped: true, ..run(true, &sha('b')) }),
    );
    assert_eq!(verdict(&sample, "unit"), Verdict::Passed);
}

#[test]
fn evidence_of_one_file_is_none_of_another() {
    let sample = sample().tested(Some("ci"), 1, ("unit", run(true, &sha('b')))).file("demo-1.4.57.tar.gz", sha('d'));
    let rows = evidence(&sample.release, &sample.reports, &[user("ci")]);
    assert_eq!(verdict_of(&rows, &sha('b'), "unit"), Verdict::Passed);
    assert_eq!(verdict_of(&rows, &sha('d'), "unit"), Verdict::NoEvidence);
}

#[test]
fn a_result_without_a_log_or_without_a_readable_report_counts_for_nothing() {
    let mut sample = sample().tested(Some("ci"), 1, ("unit", run(true, &sha('b'))));
    sample.release.tox_results[0].log.clear();
    let rows = evidence(&sample.release, &sample.reports, &[user("ci")]);
    assert_eq!((rows[0].trusted, rows[0].who.clone()), (false, None));
    sample.reports = Reports::default();
    assert!(evidence(&sample.release, &sample.reports, &[user("ci")]).is_empty());
}

#[test]
fn a_row_leads_to_the_log_of_its_test() {
    let environments = BTreeMap::from([("unit".to_owned(), run(true, &sha('b')))]);
    let note = TestNote {
        commit: commit('a'),
        version: "1.4.57".into(),
        sha256: sha('b'),
        ci_url: Some("https://ci.example/57".into()),
        tests: BTreeMap::from([("unit".to_owned(), TestCounts { tests: 7, failures: 1, ..TestCounts::default() })]),
    };
    let report = ToxReport { environments, note: Some(Note::Test(note)), ..ToxReport::default() };
    let sample = sample().report(Some("ci"), minute(1), report);
    let rows = evidence(&sample.release, &sample.reports, &[]);
    assert_eq!(rows[0].ci_url.as_deref(), Some("https://ci.example/57"));
    assert_eq!(rows[0].commit, Some(commit('a')));
    assert_eq!(rows[0].tests.map(|counts| (counts.tests, counts.failures)), Some((7, 1)));
}

#[test]
fn provenance_is_believed_from_trusted_users_and_the_first_one_counts() {
    let sample = sample()
        .built_from(None, 0, commit('1'))
        .built_from(Some("mallory"), 1, commit('2'))
        .built_from(Some("ci"), 3, commit('4'))
        .built_from(Some("ci"), 2, commit('3'));
    let known = provenance(&sample.release, &sample.reports, &[user("ci")]);
    assert_eq!(known[WHEEL].commit, commit('3'));
    assert!(provenance(&sample.release, &sample.reports, &[user("acme")]).is_empty());
}

#[test]
fn provenance_of_other_bytes_or_another_version_is_none() {
    let note = |version: &str, sha256| {
        let version = version.to_owned();
        Note::Provenance(Provenance { commit: commit('1'), version, sha256, builder: None, ci_url: None })
    };
    for (note, believed) in
        [(note("1.4.57", sha('b')), true), (note("1.4.58", sha('b')), false), (note("1.4.57", sha('c')), false)]
    {
        let sample = sample().noted(Some("ci"), 0, note);
        assert_eq!(!provenance(&sample.release, &sample.reports, &[user("ci")]).is_empty(), believed);
    }
}

#[test]
fn a_release_is_from_one_commit_or_it_is_said_what_is_wrong() {
    let origin_of =
        |sample: &Sample| origin(&sample.release, &provenance(&sample.release, &sample.reports, &[user("ci")]));
    let one = sample().built_from(Some("ci"), 0, commit('1'));
    assert_eq!(origin_of(&one), Origin::Commit(commit('1')));
    let late_wheel = one.file("demo-1.4.57.tar.gz", sha('d'));
    assert_eq!(origin_of(&late_wheel), Origin::Unproven { files: vec!["demo-1.4.57.tar.gz".into()] });
    let mixed = late_wheel.built_from(Some("ci"), 0, commit('0'));
    assert_eq!(origin_of(&mixed), Origin::Mixed { commits: vec![commit('0'), commit('1')] });
    assert_eq!(origin_of(&Sample::new("acme/main", "1")), Origin::Unproven { files: vec![] });
}

#[test]
fn a_report_that_cannot_be_read_counts_for_nothing_and_is_named() {
    let sample = sample()
        .tested(Some("ci"), 1, ("unit", run(true, &sha('b'))))
        .posted(Some("ci"), minute(2), Err(Unreadable::NotAToxReport))
        .posted(None, minute(3), Err(Unreadable::TooLarge { limit: MAX_REPORT_SIZE }));
    assert_eq!(verdict(&sample, "unit"), Verdict::Passed);
    assert_eq!(evidence(&sample.release, &sample.reports, &[user("ci")]).len(), 1);
    let unreadable = unreadable_reports(&sample.release, &sample.reports, &[user("ci")]);
    let named: Vec<String> = unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(
        named,
        [
            format!(
                "a tox result for {WHEEL} on acme/main (by ci, at 2026-01-02T00:02:00Z) is not a tox report: it has no testenvs"
            ),
            format!(
                "a tox result for {WHEEL} on acme/main (by anonymous, at 2026-01-02T00:03:00Z) is larger than 16 MB"
            ),
        ]
    );
    assert_eq!(unreadable.iter().map(|report| report.trusted).collect::<Vec<_>>(), [true, false]);
    assert_eq!(unreadable[0].report_name, format!("{WHEEL}.toxresult-1"));
}
