//! JUnit XML as evidence: the report of a test program that is not tox, turned into one of tox.
//!
//! JUnit XML names neither the tested file nor the exit code of the program, so the caller gives both.

use junit_parser::{TestCase, TestStatus, TestSuite, TestSuites};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::model::names::Sha256;
use crate::model::tox_result::TestCounts;

/// The number of nested elements that a report may have.
const MAX_DEPTH: usize = 100;
/// The number of failed tests that a report names.
const NAMED_FAILURES: usize = 20;

/// The tests of a JUnit report.
#[derive(Debug, Clone, PartialEq)]
pub struct JUnitReport {
    /// Their numbers.
    pub counts: TestCounts,
    /// The duration in seconds.
    pub seconds: f64,
    /// The names of tests that failed.
    pub failed: Vec<String>,
}

/// A run of a test program.
#[derive(Debug, Clone, Copy)]
pub struct JUnitRun<'a> {
    /// The name of the environment.
    pub environment: &'a str,
    /// The exit code of the test program, if it is known. Only 0 is green, whatever the report says.
    pub exit_code: Option<i32>,
    /// The file name of the tested package.
    pub file_name: &'a str,
    /// Its sha256.
    pub sha256: &'a Sha256,
}

impl JUnitReport {
    /// Parses JUnit XML; the error is the reason why it is no evidence, as the rest of a sentence about the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        check_document(bytes)?;
        let suites = junit_parser::from_reader(bytes).map_err(|error| format!("it is not JUnit XML: {error}"))?;
        let mut report = Self { counts: TestCounts::default(), seconds: 0.0, failed: Vec::new() };
        suites.suites.iter().for_each(|suite| report.add(suite));
        report.seconds = if suites.time > 0.0 { suites.time } else { report.seconds };
        // A suite can fail outside of its tests, for example in its set-up.
        report.counts.failures = report.counts.failures.max(declared(&suites, |s| s.failures, suites.failures));
        report.counts.errors = report.counts.errors.max(declared(&suites, |s| s.errors, suites.errors));
        match report.counts {
            TestCounts { failures, errors, .. } if failures + errors > 0 => Ok(report),
            TestCounts { tests: 0, .. } => Err("it lists no test".to_owned()),
            TestCounts { tests, skipped, .. } if tests == skipped => Err("every test was skipped".to_owned()),
            _ => Ok(report),
        }
    }

    fn add(&mut self, suite: &TestSuite) {
        self.seconds += suite.time;
        suite.cases.iter().for_each(|case| self.count(case));
        suite.suites.iter().for_each(|inner| self.add(inner));
    }

    fn count(&mut self, case: &TestCase) {
        self.counts.tests += 1;
        let counter = match &case.status {
            TestStatus::Success => return,
            TestStatus::Skipped(_) => {
                self.counts.skipped += 1;
                return;
            }
            TestStatus::Failure(_) => &mut self.counts.failures,
            TestStatus::Error(_) => &mut self.counts.errors,
        };
        *counter += 1;
        self.failed.push(case.name.clone());
    }

    /// Whether no test failed.
    fn is_green(&self) -> bool {
        self.counts.failures + self.counts.errors == 0
    }

    /// Returns what tox would write into `--result-json` about this run.
    pub fn as_tox_report(&self, run: &JUnitRun<'_>) -> Value {
        let exit_code = match run.exit_code {
            Some(code) if code != 0 => code,
            _ => i32::from(!self.is_green()),
        };
        let TestCounts { tests, failures, errors, skipped } = self.counts;
        let mut output = format!("{tests} tests, {failures} failures, {errors} errors, {skipped} skipped\n");
        self.failed.iter().take(NAMED_FAILURES).for_each(|name| output.push_str(&format!("FAILED {name}\n")));
        if run.exit_code.is_some_and(|code| code != 0) {
            output.push_str(&format!("the test program ended with exit code {exit_code}\n"));
        }
        let environment = json!({
            "installpkg": { "basename": run.file_name, "sha256": run.sha256.as_str(), "type": "file" },
            "result": { "success": exit_code == 0, "exit_code": exit_code, "skipped": false, "duration": self.seconds },
            "setup": [],
            "test": [{ "command": ["junit"], "output": output, "err": "", "retcode": exit_code, "elapsed": self.seconds }],
        });
        json!({ "reportversion": "1", "toxversion": "0", "platform": std::env::consts::OS, "testenvs": { run.environment: environment } })
    }
}

/// Refuses what the parser does not see: more than one document, and elements too deep for its recursion.
fn check_document(bytes: &[u8]) -> Result<(), String> {
    let mut reader = Reader::from_reader(bytes);
    let (mut depth, mut documents) = (0_usize, 0_usize);
    let mut buffer = Vec::new();
    loop {
        let event = reader.read_event_into(&mut buffer).map_err(|error| format!("it is not XML: {error}"))?;
        if depth == 0 && matches!(event, Event::Start(_) | Event::Empty(_)) {
            documents += 1;
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Text(text) if depth == 0 && documents > 0 && !text.trim_ascii().is_empty() => documents += 1,
            Event::Eof => return Ok(()),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(format!("its elements are nested more than {MAX_DEPTH} deep"));
        }
        if documents > 1 {
            return Err("it goes on after its last element: it must be one XML document".to_owned());
        }
        buffer.clear();
    }
}

/// The highest number that the suites and their list declare.
fn declared(suites: &TestSuites, of: impl Fn(&TestSuite) -> u64, of_all: u64) -> u64 {
    suites.suites.iter().map(of).sum::<u64>().max(of_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<JUnitReport, String> {
        JUnitReport::parse(text.as_bytes())
    }

    const CASE: &str = "<testcase classname='a' name='b' time='0.5'/>";

    #[test]
    fn a_report_is_one_document_of_bounded_depth() {
        let green = r#"<testsuite name="a" tests="1"><testcase name="x"/></testsuite>"#;
        let red = r#"<testsuite name="b" tests="1"><testcase name="y"><failure/></testcase></testsuite>"#;
        let parse = |text: &str| JUnitReport::parse(text.as_bytes());
        assert!(parse(green).is_ok());
        assert!(parse(&format!("<?xml version=\"1.0\"?>\n<!-- a -->\n{green}\n<!-- z -->\n")).is_ok());
        for text in [
            format!("{green}{red}"),
            format!("{green}\n<?xml version=\"1.0\"?>{red}"),
            format!("{green} rest"),
            format!("{green}<b/>"),
        ] {
            assert!(parse(&text).unwrap_err().contains("one XML document"), "{text}");
        }
        let deep = |depth: usize| format!("{}{green}{}", "<testsuite>".repeat(depth), "</testsuite>".repeat(depth));
        assert!(parse(&deep(50)).is_ok());
        for depth in [200, 100_000] {
            assert!(parse(&deep(depth)).unwrap_err().contains("nested more than"), "{depth}");
        }
        assert!(parse(r#"<testsuite name="a"><testcase name="x"/>"#).is_err());
    }

    #[test]
    fn tests_are_counted_in_every_shape_of_the_format() {
        let nested = format!(
            "<?xml version='1.0'?><testsuites><testsuite name='x' time='2'>{CASE}<testsuite>{CASE}<testcase name='c'>\
             <failure message='m'>text &lt;</failure></testcase></testsuite></testsuite><testsuite>\
             <testcase name='d'><skipped/></testcase><testcase name='e'><error/></testcase></testsuite></testsuites>"
        );
        let report = parse(&nested).unwrap();
        assert_eq!(report.counts, TestCounts { tests: 5, failures: 1, errors: 1, skipped: 1 });
        assert_eq!(report.failed, ["c", "e"]);
        let single = parse(&format!("<testsuite time='1.5'>{CASE}</testsuite>")).unwrap();
        assert_eq!((single.counts.tests, single.seconds), (1, 1.5));
        // The program says that a set-up failed.
        let declared =
            parse(&format!("<testsuites><testsuite errors='1' tests='1'>{CASE}</testsuite></testsuites>")).unwrap();
        assert!(!declared.is_green());
    }

    #[test]
    fn what_is_no_evidence_has_a_reason() {
        for (text, reason) in [
            ("", "it is not JUnit XML"),
            ("{}", "it is not JUnit XML"),
            ("<html><body/></html>", "it is not JUnit XML"),
            ("<testsuites><testsuite>", "it is not JUnit XML"),
            ("<testsuites></testsuites>", "it lists no test"),
            ("<testsuite tests='3'/>", "it lists no test"),
            ("<testsuite><testcase name='a'><skipped/></testcase></testsuite>", "every test was skipped"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn only_exit_code_0_without_failures_is_green() {
        let sha256 = Sha256::parse(&"a".repeat(64)).unwrap();
        let code = |text: &str, exit_code| {
            let run = JUnitRun { environment: "unit", exit_code, file_name: "x.whl", sha256: &sha256 };
            parse(text).unwrap().as_tox_report(&run)["testenvs"]["unit"]["result"]["exit_code"].clone()
        };
        let green = format!("<testsuite>{CASE}</testsuite>");
        let red = "<testsuite><testcase name='a'><failure/></testcase></testsuite>";
        assert_eq!((code(&green, None), code(&green, Some(0)), code(&green, Some(3))), (json!(0), json!(0), json!(3)));
        assert_eq!((code(red, None), code(red, Some(0)), code(red, Some(2))), (json!(1), json!(1), json!(2)));
    }
}
