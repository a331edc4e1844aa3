use super::super::evidence::samples::{Sample, minute, run, user};
use super::super::evidence::{evidence, provenance, unreadable_reports};
use super::super::names::Sha256;
use super::super::tox_result::samples::{commit, sha};
use super::super::tox_result::{EnvironmentRun, NotEvidence, Unreadable};
use super::*;

const WHEEL: &str = "demo-1.4.57-py3-none-any.whl";
const SDIST: &str = "demo-1.4.57.tar.gz";

fn source() -> Sample {
    Sample::new("acme/main", "1.4.57").file(WHEEL, sha('b')).built_from(Some("ci"), 0, commit('a'))
}

fn green() -> Sample {
    let source = source().tested(Some("ci"), 1, ("unit", run(true, &sha('b'))));
    source.tested(Some("ci"), 2, ("system", run(true, &sha('b'))))
}

/// What is asked for in a test; the rest is as it should be.
struct Case {
    source: Option<Sample>,
    production: Option<Sample>,
    versions: Vec<String>,
    on_release_branch: Containment,
    required: Vec<String>,
    missing_platforms: Vec<String>,
    flaky: FlakyPolicy,
    older: bool,
}

impl Case {
    fn of(source: Sample) -> Self {
        Self {
            source: Some(source),
            production: None,
            versions: Vec::new(),
            on_release_branch: Containment::Yes,
            required: vec!["unit".into(), "system".into()],
            missing_platforms: Vec::new(),
            flaky: FlakyPolicy::Warn,
            older: false,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn in_production(self, file_name: &str, sha256: Sha256) -> Self {
        self.with(|case| {
            let production = case.production.take().unwrap_or_else(|| Sample::new("acme/prod", "1.4.57"));
            case.production = Some(production.file(file_name, sha256));
            case.versions.push("1.4.57".to_owned());
        })
    }

    fn decide(&self) -> Promotion {
        let trusted = [user("ci")];
        let (rows, origins, unreadable) = match &self.source {
            None => Default::default(),
            Some(source) => (
                evidence(&source.release, &source.reports, &trusted),
                provenance(&source.release, &source.reports, &trusted),
                unreadable_reports(&source.release, &source.reports, &trusted),
            ),
        };
        let candidate = Candidate {
            project: &ProjectName::parse("demo").unwrap(),
            version: "1.4.57",
            index: &IndexName::parse("acme/main").unwrap(),
            release: self.source.as_ref().map(|source| &source.release),
            provenance: &origins,
            on_release_branch: self.on_release_branch,
            evidence: &rows,
            unreadable: &unreadable,
            withdrawal: None,
        };
        let production = Production {
            index: &IndexName::parse("acme/prod").unwrap(),
            release: self.production.as_ref().map(|production| &production.release),
            versions: &self.versions,
        };
        let Self { required, missing_platforms, flaky, older, .. } = self;
        decide(&candidate, &production, &Gate { required, missing_platforms, flaky: *flaky, older: *older })
    }

    fn blockers(&self) -> Vec<Blocker> {
        match self.decide().decision {
            PromotionDecision::Blocked(blockers) => blockers,
            other => unreachable!("not blocked: {other:?}"),
        }
    }

    fn sentences(&self) -> Vec<String> {
        self.blockers().iter().map(Blocker::to_string).collect()
    }

    fn missing(&self) -> Vec<String> {
        match self.decide().decision {
            PromotionDecision::Ready { missing } => missing.into_iter().map(|file| file.file_name).collect(),
            other => unreachable!("not ready: {other:?}"),
        }
    }
}

#[test]
fn what_is_green_everywhere_may_go_and_the_grounds_are_named() {
    let case = Case::of(green());
    assert_eq!(case.missing(), vec![WHEEL.to_owned()]);
    let evidence: Vec<_> = case
        .decide()
        .evidence
        .iter()
        .map(|file| {
            let row = file.row.clone().unwrap();
            (file.file_name.clone(), file.environment.clone(), row.who.unwrap(), row.when)
        })
        .collect();
    assert_eq!(
        evidence,
        [
            (WHEEL.to_owned(), "unit".to_owned(), "ci".to_owned(), minute(1)),
            (WHEEL.to_owned(), "system".to_owned(), "ci".to_owned(), minute(2)),
        ]
    );
}

#[test]
fn each_thing_that_is_missing_stands_in_the_way() {
    let unit_only = || source().tested(Some("ci"), 1, ("unit", run(true, &sha('b'))));
    let not_built_by_us = Sample::new("acme/main", "1.4.57")
        .file(WHEEL, sha('b'))
        .built_from(Some("mallory"), 0, commit('a'))
        .tested(Some("ci"), 1, ("unit", run(true, &sha('b'))))
        .tested(Some("ci"), 1, ("system", run(true, &sha('b'))));
    for (what, case, sentence) in [
        ("no release", Case::of(green()).with(|c| c.source = None), "demo 1.4.57 not found on acme/main"),
        ("no files", Case::of(Sample::new("acme/main", "1.4.57")), "demo 1.4.57 not found on acme/main"),
        ("no evidence", Case::of(unit_only()), "no evidence for demo-1.4.57-py3-none-any.whl in system"),
        (
            "red",
            Case::of(unit_only().tested(Some("ci"), 3, ("system", run(false, &sha('b'))))),
            "demo-1.4.57-py3-none-any.whl failed in system (by ci, at 2026-01-02T00:03:00Z)",
        ),
        (
            "red again",
            Case::of(green().tested(Some("ci"), 3, ("unit", run(false, &sha('b'))))),
            "demo-1.4.57-py3-none-any.whl failed in unit (by ci, at 2026-01-02T00:03:00Z)",
        ),
        (
            "of a feature branch",
            Case::of(green()).with(|c| c.on_release_branch = Containment::No),
            "commit aaaaaaa is not in the release branch on the remote",
        ),
        (
            "of a shallow clone",
            Case::of(green()).with(|c| c.on_release_branch = Containment::Unknown),
            "this clone cannot determine whether commit aaaaaaa is in the release branch",
        ),
        ("nothing required", Case::of(green()).with(|c| c.required.clear()), {
            "no required environments are configured"
        }),
        (
            "a platform",
            Case::of(green()).with(|c| c.missing_platforms = vec!["win*".into()]),
            "no wheel for platform win*",
        ),
        ("no provenance", Case::of(not_built_by_us), "no trusted provenance for demo-1.4.57-py3-none-any.whl"),
        (
            "older",
            Case::of(green()).with(|c| c.versions = vec!["1.4.60".into(), "1.5.1".into()]),
            "acme/prod has 1.4.60, which is higher than 1.4.57",
        ),
    ] {
        assert_eq!(case.sentences(), [sentence], "{what}");
        assert!(!case.decide().decision.is_conflict(), "{what}");
    }
}

#[test]
fn what_is_there_and_does_not_count_is_said() {
    let system = |who: Option<&str>, run: EnvironmentRun| {
        let sample = source().tested(Some("ci"), 1, ("unit", run_of_unit()));
        match Case::of(sample.tested(who, 2, ("system", run))).blockers().as_slice() {
            [Blocker::MissingEvidence { environment, ignored, .. }] if environment == "system" => ignored.clone(),
            other => unreachable!("{other:?}"),
        }
    };
    fn run_of_unit() -> EnvironmentRun {
        run(true, &sha('b'))
    }
    assert_eq!(system(None, run(true, &sha('b'))), Some(IgnoredResult::Untrusted { who: None }));
    let mallory = IgnoredResult::Untrusted { who: Some("mallory".into()) };
    assert_eq!(system(Some("mallory"), run(true, &sha('b'))), Some(mallory.clone()));
    assert_eq!(
        system(Some("ci"), run(true, &sha('c'))),
        Some(IgnoredResult::NotEvidence(NotEvidence::OtherPackage(sha('c'))))
    );
    assert_eq!(mallory.to_string(), "a result by mallory does not count: not in evidence-users");
}

#[test]
fn every_file_needs_its_own_evidence() {
    let with_sdist = green().file(SDIST, sha('d')).built_from(Some("ci"), 0, commit('a'));
    assert_eq!(
        Case::of(with_sdist).sentences(),
        ["no evidence for demo-1.4.57.tar.gz in unit", "no evidence for demo-1.4.57.tar.gz in system"]
    );
}

#[test]
fn everything_that_stands_in_the_way_is_named_at_once() {
    let source = source().file(SDIST, sha('d')).built_from(Some("ci"), 0, commit('e'));
    let case = Case::of(source).with(|c| {
        c.versions = vec!["1.4.60".into()];
        c.required = vec!["unit".into()];
    });
    assert_eq!(
        case.sentences(),
        [
            "files were built from several commits: aaaaaaa, eeeeeee",
            "no evidence for demo-1.4.57-py3-none-any.whl in unit",
            "no evidence for demo-1.4.57.tar.gz in unit",
            "acme/prod has 1.4.60, which is higher than 1.4.57",
        ]
    );
}

#[test]
fn the_same_bytes_are_there_already_whatever_else_is_asked() {
    let case = Case::of(source()).in_production(WHEEL, sha('b')).with(|c| {
        c.on_release_branch = Containment::No;
        c.versions.push("1.4.60".into());
    });
    assert_eq!(case.decide().decision, PromotionDecision::AlreadyThere);
}

#[test]
fn other_bytes_in_production_beat_everything() {
    let green_conflict = Case::of(green()).in_production(WHEEL, sha('c'));
    assert!(green_conflict.decide().decision.is_conflict());
    assert_eq!(
        green_conflict.sentences(),
        [
            "acme/prod has demo-1.4.57-py3-none-any.whl with other content (sha256 cccccccccccc…, in the release bbbbbbbbbbbb…)"
        ]
    );
    let red_conflict =
        Case::of(source().file(SDIST, sha('d'))).in_production(SDIST, sha('c')).in_production(WHEEL, sha('b'));
    assert!(red_conflict.decide().decision.is_conflict());
    let blockers = red_conflict.blockers();
    assert!(matches!(&blockers[0], Blocker::FileConflict { file_name, .. } if file_name == SDIST), "{blockers:?}");
    assert!(blockers.len() > 1);
}

#[test]
fn a_wheel_that_came_late_goes_alone() {
    let late = green()
        .file(SDIST, sha('d'))
        .built_from(Some("ci"), 5, commit('a'))
        .tested(Some("ci"), 6, ("unit", run(true, &sha('d'))))
        .tested(Some("ci"), 6, ("system", run(true, &sha('d'))));
    let case = Case::of(late).in_production(WHEEL, sha('b'));
    assert_eq!(case.missing(), vec![SDIST.to_owned()]);
}

#[test]
fn an_older_version_goes_when_it_is_asked_for_and_another_base_is_no_hindrance() {
    let versions = vec!["1.4.60".to_owned(), "1.4.9".to_owned(), "1.5.1".to_owned()];
    let older = Case::of(green()).with(|c| c.versions = versions);
    assert_eq!(older.blockers().len(), 1);
    assert_eq!(older.with(|c| c.older = true).missing(), vec![WHEEL.to_owned()]);
    let hotfix = Case::of(green()).with(|c| c.versions = vec!["1.5.1".into(), "1.4.56".into(), "junk".into()]);
    assert_eq!(hotfix.missing(), vec![WHEEL.to_owned()]);
}

#[test]
fn a_release_that_is_only_in_production_is_named_as_such() {
    let case = Case::of(green()).in_production(WHEEL, sha('b')).with(|c| c.source = None);
    assert_eq!(case.sentences(), ["demo 1.4.57 not found on acme/main, but it exists in production"]);
}

#[test]
fn passed_after_failures_is_refused_where_the_settings_say_so() {
    let red = || run(false, &sha('b'));
    // Red by trusted users, by another one, for other bytes, and in an environment that is not required.
    let flaky = source()
        .tested(Some("ci"), 1, ("unit", red()))
        .tested(None, 2, ("unit", red()))
        .tested(Some("ci"), 2, ("unit", run(false, &sha('c'))))
        .tested(Some("ci"), 3, ("unit", red()))
        .tested(Some("ci"), 3, ("lint", red()))
        .tested(Some("ci"), 4, ("unit", run(true, &sha('b'))))
        .tested(Some("ci"), 4, ("system", run(true, &sha('b'))))
        .tested(Some("ci"), 5, ("lint", run(true, &sha('b'))));
    let case = Case::of(flaky);
    assert_eq!(case.missing(), [WHEEL]);
    let failures = |case: &Case| {
        let evidence = case.decide().evidence;
        evidence.iter().map(|known| known.failed_before.iter().map(|row| row.when).collect()).collect::<Vec<Vec<_>>>()
    };
    assert_eq!(failures(&case), [vec![minute(1), minute(3)], vec![]]);
    assert_eq!(case.with(|c| c.flaky = FlakyPolicy::Allow).missing(), [WHEEL]);
    let refusing = |source: Sample| Case::of(source).with(|c| c.flaky = FlakyPolicy::Refuse);
    assert_eq!(refusing(green()).missing(), [WHEEL]);
    let case = refusing(green().tested(Some("ci"), 0, ("unit", red())));
    assert_eq!(
        case.sentences(),
        [format!("{WHEEL} in unit passed after 1 failure (last by ci, at 2026-01-02T00:00:00Z)")]
    );
    // Red now is red, not flaky.
    let case = refusing(green().tested(Some("ci"), 0, ("unit", red())).tested(Some("ci"), 9, ("unit", red())));
    assert!(matches!(case.blockers()[..], [Blocker::Failed { .. }]));
    assert_eq!(failures(&case), [vec![], vec![]] as [Vec<jiff::Timestamp>; 2]);
}

#[test]
fn a_report_that_says_nothing_blocks_no_promotion_and_is_shown() {
    let nothing = [
        Unreadable::TooLarge { limit: 1 },
        Unreadable::Malformed("expected value at line 1 column 7".into()),
        Unreadable::NotAToxReport,
    ];
    let withheld = [Unreadable::NotRead, Unreadable::Missing, Unreadable::NotSent("status 500".into())];
    for (who, reason) in [Some("ci"), Some("mallory"), None]
        .into_iter()
        .flat_map(|who| nothing.clone().map(|reason| (who, reason)))
        .chain(withheld.map(|reason| (Some("mallory"), reason)))
    {
        let case = Case::of(green().posted(who, minute(9), Err(reason.clone())));
        assert_eq!(case.missing(), vec![WHEEL.to_owned()], "{reason:?}");
        let unreadable = case.decide().unreadable;
        assert_eq!(unreadable.iter().map(|report| &report.reason).collect::<Vec<_>>(), [&reason]);
    }
}

#[test]
fn a_trusted_report_that_is_withheld_blocks_until_all_is_tested_again() {
    let mismatch = Unreadable::ChecksumMismatch { expected: sha('1'), found: sha('2') };
    for reason in [mismatch, Unreadable::Missing] {
        // `system` was green before it came, and in the same second.
        for at in [2, 3] {
            let case = Case::of(green().posted(Some("ci"), minute(at), Err(reason.clone())));
            let [Blocker::WithheldReport { report }] = &case.blockers()[..] else { unreachable!() };
            assert_eq!((&report.reason, report.when), (&reason, minute(at)));
        }
        let tested_again = source()
            .posted(Some("ci"), minute(0), Err(reason.clone()))
            .tested(Some("ci"), 1, ("unit", run(true, &sha('b'))))
            .tested(Some("ci"), 2, ("system", run(true, &sha('b'))));
        assert_eq!(Case::of(tested_again).missing(), vec![WHEEL.to_owned()]);
        // It was posted to another file.
        let other = green().file(SDIST, sha('d')).posted(Some("ci"), minute(9), Err(reason));
        assert!(Case::of(other).blockers().iter().all(|blocker| !matches!(blocker, Blocker::WithheldReport { .. })));
    }
}

#[test]
fn names_from_reports_cannot_steer_a_terminal() {
    let blocker = Blocker::Failed {
        file_name: "a\u{1b}".into(),
        environment: "b\u{202e}".into(),
        who: Some("c\n".into()),
        when: minute(0),
    };
    let text = blocker.to_string();
    assert!(text.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{text}");
}
