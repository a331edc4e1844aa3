//! The decision over random evidence, compared with the rule written a second time: naively, over the posts themselves, second by second.

use proptest::prelude::*;
use serde_json::json;

use crate::model::evidence::samples::{Sample, minute, user};
use crate::model::evidence::{evidence, provenance, unreadable_reports};
use crate::model::names::Sha256;
use crate::model::promotion::*;
use crate::model::tox_result::samples::{commit, sha};
use crate::model::tox_result::{ToxReport, Unreadable};

const FILES: [&str; 2] = ["demo-1.4.57-py3-none-any.whl", "demo-1.4.57.tar.gz"];
const ENVIRONMENTS: [&str; 3] = ["unit", "system", "lint"];
const SECONDS: i64 = 6;

/// What a post says about its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Green,
    Red,
    /// Green, and red in the next environment.
    Mixed,
    GreenForOtherBytes,
    RedForOtherBytes,
    Skipped,
    NothingTested,
    NoPackage,
    Malformed,
    DuplicateKeys,
    NotSentAsUploaded,
}

#[derive(Debug, Clone)]
struct Post {
    file: usize,
    who: Option<&'static str>,
    second: i64,
    environment: usize,
    content: Content,
}

#[derive(Debug, Clone)]
struct Case {
    digests: [Sha256; 2],
    posts: Vec<Post>,
    required: Vec<&'static str>,
    flaky: FlakyPolicy,
}

prop_compose! {
    fn posts()(
        file in 0usize..2,
        who in prop::sample::select(vec![Some("ci"), Some("ci"), Some("ci"), Some("bot"), Some("CI"), Some("mallory"), None]),
        second in 0..SECONDS,
        environment in 0usize..3,
        content in prop::sample::select(vec![
            Content::Green, Content::Green, Content::Green, Content::Green, Content::Red, Content::Mixed,
            Content::GreenForOtherBytes, Content::RedForOtherBytes, Content::Skipped, Content::NothingTested, Content::NoPackage,
            Content::Malformed, Content::DuplicateKeys, Content::NotSentAsUploaded,
        ]),
        repeats in 1usize..3,
    ) -> Vec<Post> {
        vec![Post { file, who, second, environment, content }; repeats]
    }
}

prop_compose! {
    fn cases()(
        // Two files may have the same bytes.
        digests in prop::sample::select(vec![[sha('b'), sha('d')], [sha('b'), sha('b')]]),
        posts in prop::collection::vec(posts(), 0..24),
        required in prop::sample::subsequence(ENVIRONMENTS.to_vec(), 1..=2),
        flaky in prop::sample::select(vec![FlakyPolicy::Allow, FlakyPolicy::Warn, FlakyPolicy::Refuse]),
    ) -> Case {
        Case { digests, posts: posts.concat(), required, flaky }
    }
}

impl Post {
    /// The post as the server would have it.
    fn report(&self, digest: &Sha256) -> Result<ToxReport, Unreadable> {
        let environment = |success: bool, sha256: &Sha256| {
            json!({
                "installpkg": {"sha256": sha256},
                "result": {"success": success, "exit_code": i32::from(!success), "skipped": self.content == Content::Skipped},
                "test": [{"command": ["x"], "retcode": i32::from(!success), "run_id": "commands[0]"}],
            })
        };
        let name = ENVIRONMENTS[self.environment];
        let mut report = json!({"testenvs": {name: environment(true, digest)}});
        let testenvs = &mut report["testenvs"];
        match self.content {
            Content::Green | Content::Skipped => {}
            Content::Red => testenvs[name] = environment(false, digest),
            Content::Mixed => testenvs[ENVIRONMENTS[(self.environment + 1) % 3]] = environment(false, digest),
            Content::GreenForOtherBytes => testenvs[name] = environment(true, &sha('7')),
            Content::RedForOtherBytes => testenvs[name] = environment(false, &sha('7')),
            Content::NothingTested => testenvs[name]["test"] = json!([]),
            Content::NoPackage => testenvs[name]["installpkg"] = json!({}),
            Content::Malformed => return ToxReport::from_bytes(report.to_string().replace("true", "NaN").as_bytes()),
            Content::DuplicateKeys => {
                let red = environment(false, digest);
                return ToxReport::from_bytes(
                    format!("{{\"testenvs\": {{{name:?}: {red}, {name:?}: {red}}}}}").as_bytes(),
                );
            }
            Content::NotSentAsUploaded => return Err(Unreadable::Missing),
        }
        ToxReport::from_bytes(report.to_string().as_bytes())
    }

    /// What the post says about an environment, if it counts: `true` for green.
    fn says(&self, environment: &str) -> Option<bool> {
        if self.who != Some("ci") && self.who != Some("bot") {
            return None;
        }
        let is_own = ENVIRONMENTS[self.environment] == environment;
        let is_next = ENVIRONMENTS[(self.environment + 1) % 3] == environment;
        match self.content {
            Content::Green if is_own => Some(true),
            Content::Red if is_own => Some(false),
            Content::Mixed if is_own => Some(true),
            Content::Mixed if is_next => Some(false),
            _ => None,
        }
    }
}

impl Case {
    fn decide(&self) -> Promotion {
        let mut sample = Sample::new("acme/main", "1.4.57");
        for (file, name) in FILES.iter().enumerate() {
            sample = sample.file(name, self.digests[file].clone()).built_from(Some("ci"), -1, commit('a'));
            for post in self.posts.iter().filter(|post| post.file == file) {
                let when = minute(0) + jiff::SignedDuration::from_secs(post.second);
                sample = sample.posted(post.who, when, post.report(&self.digests[file]));
            }
        }
        let trusted = [user("ci"), user("bot")];
        let rows = evidence(&sample.release, &sample.reports, &trusted);
        let candidate = Candidate {
            project: &ProjectName::parse("demo").unwrap(),
            version: "1.4.57",
            index: &IndexName::parse("acme/main").unwrap(),
            release: Some(&sample.release),
            provenance: &provenance(&sample.release, &sample.reports, &trusted),
            on_release_branch: Containment::Yes,
            evidence: &rows,
            unreadable: &unreadable_reports(&sample.release, &sample.reports, &trusted),
            withdrawal: None,
        };
        let production = Production { index: &IndexName::parse("acme/prod").unwrap(), release: None, versions: &[] };
        let required: Vec<String> = self.required.iter().map(|&name| name.to_owned()).collect();
        decide(
            &candidate,
            &production,
            &Gate { required: &required, missing_platforms: &[], flaky: self.flaky, older: false },
        )
    }

    /// What must stand in the way, naively: goes through the seconds and remembers what was said last.
    fn expected(&self) -> Vec<String> {
        let mut expected = Vec::new();
        for (file, name) in FILES.iter().enumerate() {
            for environment in &self.required {
                let (mut last, mut reds, _) = self.history(file, environment);
                if last == Some(false) {
                    reds = 0;
                }
                let place = format!("{name} {environment}");
                match last.take() {
                    None => expected.push(format!("missing {place}")),
                    Some(false) => expected.push(format!("failed {place}")),
                    Some(true) if reds > 0 && self.flaky == FlakyPolicy::Refuse => {
                        expected.push(format!("flaky {place} {reds}"));
                    }
                    Some(true) => {}
                }
            }
        }
        for post in &self.posts {
            let counts = post.who == Some("ci") || post.who == Some("bot");
            if !counts || post.content != Content::NotSentAsUploaded {
                continue;
            }
            let is_newer = |environment: &&str| {
                let (last, _, at) = self.history(post.file, environment);
                last == Some(true) && post.second >= at
            };
            if self.required.iter().any(is_newer) {
                expected.push(format!("withheld {}", FILES[post.file]));
            }
        }
        expected.sort();
        expected
    }

    /// What was said last about the bytes of `file` in `environment`, how often it was red, and in which second it was said last.
    fn history(&self, file: usize, environment: &str) -> (Option<bool>, usize, i64) {
        let (mut last, mut reds, mut at) = (None, 0, -1);
        for second in 0..SECONDS {
            // devpi lists the results file by file, in the order in which they came.
            for listed in 0..2 {
                for post in &self.posts {
                    let is_about = post.file == listed && self.digests[listed] == self.digests[file];
                    if let Some(green) = post.says(environment).filter(|_| is_about && post.second == second) {
                        last = Some(green);
                        reds += usize::from(!green);
                        at = second;
                    }
                }
            }
        }
        (last, reds, at)
    }
}

fn found(promotion: &Promotion) -> Vec<String> {
    let PromotionDecision::Blocked(blockers) = &promotion.decision else { return Vec::new() };
    let name = |blocker: &Blocker| match blocker {
        Blocker::MissingEvidence { file_name, environment, .. } => format!("missing {file_name} {environment}"),
        Blocker::Failed { file_name, environment, .. } => format!("failed {file_name} {environment}"),
        Blocker::Flaky { file_name, environment, failures, .. } => {
            format!("flaky {file_name} {environment} {failures}")
        }
        Blocker::WithheldReport { report } => format!("withheld {}", report.file_name),
        other => format!("{other:?}"),
    };
    let mut found: Vec<String> = blockers.iter().map(name).collect();
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_gate_opens_when_the_naive_rule_says_so(case in cases()) {
        let promotion = case.decide();
        prop_assert_eq!(found(&promotion), case.expected());
        let is_ready = matches!(promotion.decision, PromotionDecision::Ready { .. });
        prop_assert_eq!(is_ready, case.expected().is_empty());
        for known in &promotion.evidence {
            let file = FILES.iter().position(|name| *name == known.file_name).unwrap();
            let (last, reds, _) = case.history(file, &known.environment);
            let verdict = last.map_or(Verdict::NoEvidence, |green| if green { Verdict::Passed } else { Verdict::Failed });
            prop_assert_eq!(known.verdict(), verdict);
            prop_assert_eq!(known.failed_before.len(), if last == Some(true) { reds } else { 0 });
        }
    }
}

/// The random cases must open the gate often enough to say something.
#[test]
fn random_evidence_opens_and_closes_the_gate() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut cases = (0..2000).map(|_| cases().new_tree(&mut runner).unwrap().current());
    let (mut ready, mut flaky, mut withheld) = (0, 0, 0);
    cases.by_ref().for_each(|case| {
        let expected = case.expected();
        ready += usize::from(expected.is_empty());
        flaky += usize::from(expected.iter().any(|blocker| blocker.starts_with("flaky")));
        withheld += usize::from(expected.iter().any(|blocker| blocker.starts_with("withheld")));
    });
    assert!(ready > 50 && flaky > 50 && withheld > 50, "{ready} ready, {flaky} flaky, {withheld} withheld");
}
