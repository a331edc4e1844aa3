//! JUnit XML as evidence: the report of a test program that is not tox, turned into one of tox.
//!
//! JUnit XML names neither the tested file nor the exit code of the program, so the caller gives both.

mod document;
mod encoding;
mod error;

use serde_json::{Value, json};

use document::{Document, Outcome};

use crate::model::names::Sha256;
use crate::model::tox_result::TestCounts;
pub use error::JUnitError;

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
    /// Parses JUnit XML.
    ///
    /// A report without a test that ran is an error, except after an exit code other than 0, which is a red run whatever was
    /// reported.
    pub fn parse(bytes: &[u8], exit_code: Option<i32>) -> Result<Self, JUnitError> {
        let document = Document::read(&encoding::decode(bytes)?)?;
        let report = Self::of(&document);
        let TestCounts { tests, failures, errors, skipped } = report.counts;
        if failures + errors > 0 || exit_code.is_some_and(|code| code != 0) {
            return Ok(report);
        }
        match tests {
            0 => Err(JUnitError::NoTests { declared: most(&document, |level| level.tests) }),
            tests if tests == skipped => Err(JUnitError::AllSkipped { skipped }),
            _ => Ok(report),
        }
    }

    fn of(document: &Document) -> Self {
        let number = |outcome| document.cases.iter().filter(|case| case.outcome == outcome).count() as u64;
        let counts = TestCounts {
            tests: document.cases.len() as u64,
            // A suite can fail outside of its tests, for example in its set-up.
            failures: number(Outcome::Failed).max(most(document, |level| level.failures)),
            errors: number(Outcome::Error).max(most(document, |level| level.errors)),
            skipped: number(Outcome::Skipped),
        };
        let seconds = document.declared.iter().map(|level| level.seconds).find(|seconds| *seconds > 0.0);
        let failed = document.cases.iter().filter(|case| case.outcome > Outcome::Skipped);
        Self { counts, seconds: seconds.unwrap_or(0.0), failed: failed.map(|case| case.name.clone()).collect() }
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

/// The highest number that the suites of one depth declare together.
fn most(document: &Document, of: impl Fn(&document::Declared) -> u64) -> u64 {
    document.declared.iter().map(of).max().unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
