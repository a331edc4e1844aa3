//! Tests of the rules about the repositories of an owner.

use super::super::evidence::evidence;
use super::super::evidence::samples::{Sample, minute, run, user};
use super::super::names::{CommitId, IndexName, ProjectName, Sha256};
use super::super::record::{BranchRecord, ClaimRecord, ProductionRecord, Record};
use super::super::remote_url::RemoteUrl;
use super::super::tox_result::ToxReport;
use super::*;

fn index(name: &str) -> IndexName {
    IndexName::parse(&format!("acme/{name}")).unwrap()
}

fn branch(repository: &str, url: &str) -> Record {
    Record::Branch(BranchRecord {
        repository: repository.into(),
        branch: "x".into(),
        own_commits: true,
        created: minute(0),
        remote: RemoteUrl::parse(url).hash(&[]),
    })
}

fn claim(until: i64) -> ClaimRecord {
    ClaimRecord {
        repository: "acme/shiny".into(),
        branch: "x".into(),
        holder: "h".into(),
        commit: CommitId::parse(&"1".repeat(40)).unwrap(),
        project: Some("demo".into()),
        version: Some("1.4.57".into()),
        until: minute(until),
        failed: None,
        abandoned: false,
        ci_url: None,
    }
}

fn grouped(indexes: &[(&str, bool, Option<Record>)]) -> (Vec<FleetRepository>, usize) {
    let named: Vec<_> = indexes.iter().map(|(name, volatile, record)| (index(name), *volatile, record)).collect();
    let entries =
        named.iter().map(|(name, volatile, record)| FleetIndex { name, volatile: *volatile, record: record.as_ref() });
    group(entries, minute(10))
}

#[test]
fn indexes_are_grouped_by_the_repository_of_their_records() {
    let production =
        Record::Production(ProductionRecord { repository: "acme/shiny".into(), created: minute(0), remote: None });
    let (found, others) = grouped(&[
        ("a", false, Some(branch("acme/shiny", "git@host:acme/shiny"))),
        ("b", false, Some(branch("acme/shiny", "https://host/acme/shiny"))),
        ("c", false, Some(branch("acme/other", "https://host/acme/other"))),
        ("prod", false, Some(production)),
        ("by-hand", false, None),
        // The record of a claim on an index that is none.
        ("d", true, Some(Record::Claim(claim(99)))),
    ]);
    let shown: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.branches.len(), one.remotes.len())).collect();
    assert_eq!((shown, others), (vec![("acme/other", 1, 1), ("acme/shiny", 2, 1)], 2));
    assert_eq!(found[1].production, [index("prod")]);
    assert_eq!((&found[0].concerns[..], &found[1].concerns[..]), (&[][..], &[][..]));
}

#[test]
fn what_needs_attention_comes_first_the_most_severe_before() {
    let failed = ClaimRecord { failed: Some("no module\u{1b}".into()), ..claim(99) };
    let (mut found, _) = grouped(&[
        ("a", false, Some(branch("a-quiet-one", "https://host/q"))),
        ("b", true, Some(branch("acme/deleted", "https://host/b"))),
        ("c", false, Some(branch("acme/forked", "https://host/c"))),
        ("d", false, Some(branch("acme/forked", "https://fork/c"))),
        ("e.claim-0123456789ab-1", true, Some(Record::Claim(failed))),
        ("e.claim-0123456789ab-2", true, Some(Record::Claim(claim(11)))),
        ("e.claim-0123456789ab-3", true, Some(Record::Claim(claim(10)))),
    ]);
    sort_by_attention(&mut found);
    let shown: Vec<_> =
        found.iter().map(|one| (one.name.as_str(), one.concerns.iter().map(ToString::to_string).collect())).collect();
    let expected: Vec<(&str, Vec<String>)> = vec![
        (
            "acme/shiny",
            vec!["the build of demo 1.4.57 failed: no module\\u{1b}".into(), "a build ended without a release".into()],
        ),
        ("acme/deleted", vec!["the deletion of acme/b was interrupted".into()]),
        ("acme/forked", vec!["its records name 2 remotes".into()]),
        ("a-quiet-one", vec![]),
    ];
    assert_eq!(shown, expected);
    assert_eq!(found[0].builds, 1);
}

#[test]
fn the_order_of_severity_is_that_of_the_variants() {
    let project = || ProjectName::parse("demo").unwrap();
    let all = [
        Concern::FailedBuild { what: String::new(), reason: String::new() },
        Concern::InterruptedDeletion(index("a")),
        Concern::SeveralRemotes(2),
        Concern::LostBuilds(1),
        Concern::NotInProduction { project: project(), green: "1".into(), production: None },
        Concern::ManyReleases { index: index("a"), project: project(), releases: 300 },
        Concern::Idle(1),
    ];
    assert!(all.is_sorted());
    assert!(all.iter().enumerate().all(|(place, concern)| usize::from(concern.rank()) == place));
}

#[test]
fn only_final_versions_are_candidates_for_production() {
    let versions = ["1.4.9", "1.4.100.dev0", "1.4.60", "2.0rc1", "1.4+g1", "no version", "1.4.60"];
    assert_eq!(newest_final(versions), ["1.4.60", "1.4.9"]);
}

#[test]
fn a_release_passed_when_each_file_passed_in_each_environment_that_reported() {
    let (one, two) = (Sha256::parse(&"a".repeat(64)).unwrap(), Sha256::parse(&"b".repeat(64)).unwrap());
    let report = |file: &Sha256, environment: &str, success| {
        let mut report = ToxReport::default();
        report.environments.insert(environment.into(), run(success, file));
        report
    };
    let passed = |sample: Sample| {
        let rows = evidence(&sample.release, &sample.reports, &[user("ci")]);
        passed_all(&sample.release, &rows)
    };
    let sample = || Sample::new("acme/main", "1.4.57").file("one.whl", one.clone());
    assert!(!passed(sample()), "no report");
    assert!(!passed(sample().report(Some("guest"), minute(1), report(&one, "unit", true))), "not trusted");
    assert!(passed(sample().report(Some("ci"), minute(1), report(&one, "unit", true))));
    let half = || sample().report(Some("ci"), minute(1), report(&one, "unit", true)).file("two.whl", two.clone());
    assert!(!passed(half()), "the second file was not tested");
    assert!(passed(half().report(Some("ci"), minute(2), report(&two, "unit", true))));
    let red = half().report(Some("ci"), minute(2), report(&two, "unit", true));
    assert!(!passed(red.report(Some("ci"), minute(3), report(&two, "system", false))));
}
