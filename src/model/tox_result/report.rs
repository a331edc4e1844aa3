//! The contents of a report, and what one environment of it says about a file.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::super::names::Sha256;
use super::note::Note;

/// What a report says, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToxReport {
    /// The machine, as the report names it (tox 4 writes `localhost` everywhere).
    pub host: String,
    /// `linux`, `win32`, `darwin`.
    pub platform: String,
    /// The test environments by name. tox's own packaging environments (`.pkg`, `.pkg_external` …) are not among them.
    pub environments: BTreeMap<String, EnvironmentRun>,
    /// Our own object, if the report carries one of a schema that we know.
    pub note: Option<Note>,
}

/// One environment of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentRun {
    /// Whether it ran at all: tox lists every environment of its configuration, those that were not asked for as `{}`.
    pub ran: bool,
    /// Whether a test command was run. `tox --notest` and an environment without commands are a success to tox.
    pub tested: bool,
    /// tox's own judgement (tox 4), or what follows from the exit codes (tox 3).
    pub success: bool,
    /// Whether tox passed over it (other platform, interpreter missing): tox 4 calls that a success too.
    pub skipped: bool,
    /// tox 4's exit code of the environment.
    pub exit_code: Option<i64>,
    /// The sha256 of the package that was installed; `None` where none was (`skip_install`, `no_package`).
    pub package_sha256: Option<Sha256>,
    /// How long it took (tox 4).
    pub duration: Option<Duration>,
}

/// How a test of our file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every command that counts ended with 0.
    Passed,
    /// It did not.
    Failed,
}

/// Why a run says nothing about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotEvidence {
    /// It is listed, but was not run.
    DidNotRun,
    /// tox passed over it.
    Skipped,
    /// It installed no package.
    NoPackage,
    /// It tested another file.
    OtherPackage(Sha256),
    /// It was green without a single test command.
    NothingTested,
}

impl fmt::Display for NotEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DidNotRun => f.write_str("did not run"),
            Self::Skipped => f.write_str("was skipped"),
            Self::NoPackage => f.write_str("installed no package"),
            Self::OtherPackage(sha256) => write!(f, "tested another file (sha256 {}…)", sha256.short()),
            Self::NothingTested => f.write_str("ran no test command"),
        }
    }
}

impl EnvironmentRun {
    /// What this run says about the file with this sha256, or why it says nothing.
    pub fn judge(&self, file: &Sha256) -> Result<Outcome, NotEvidence> {
        if !self.ran {
            return Err(NotEvidence::DidNotRun);
        }
        if self.skipped {
            return Err(NotEvidence::Skipped);
        }
        match &self.package_sha256 {
            None => return Err(NotEvidence::NoPackage),
            Some(other) if other != file => return Err(NotEvidence::OtherPackage(other.clone())),
            Some(_) => {}
        }
        match (self.success, self.tested) {
            (true, false) => Err(NotEvidence::NothingTested),
            (true, true) => Ok(Outcome::Passed),
            (false, _) => Ok(Outcome::Failed),
        }
    }

    fn parse(environment: &Value) -> Self {
        let setup = commands(environment, "setup");
        let test = commands(environment, "test");
        let result = environment.get("result");
        let tested = test.iter().copied().any(is_test_command);
        let exit_code = result.and_then(|result| result.get("exit_code")).and_then(Value::as_i64);
        let success = match result {
            // tox 4 knows best: it has forgiven the commands with a leading dash, whose exit codes stand in the list all the same.
            Some(result) => flag(result, "success") && exit_code.unwrap_or(0) == 0,
            None => setup.iter().chain(&test).all(|command| retcode(command) == Some(0)),
        };
        Self {
            ran: result.is_some() || !setup.is_empty() || !test.is_empty(),
            tested,
            success,
            skipped: result.is_some_and(|result| flag(result, "skipped")),
            exit_code,
            package_sha256: package_sha256(environment),
            duration: result
                .and_then(|result| result.get("duration"))
                .and_then(Value::as_f64)
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        }
    }
}

impl ToxReport {
    /// Reads a report of tox 3 or 4, or one of ours. What cannot be read is left out.
    pub fn parse(report: &Value) -> Self {
        let listed = report.get("testenvs").and_then(Value::as_object);
        Self {
            host: text(report, "host"),
            platform: text(report, "platform"),
            environments: listed
                .into_iter()
                .flatten()
                .filter(|(name, _)| is_test_environment(name))
                .map(|(name, environment)| (name.clone(), EnvironmentRun::parse(environment)))
                .collect(),
            note: Note::from_report(report),
        }
    }
}

/// Environments whose names begin with a dot are tox's own, for building and fetching packages.
fn is_test_environment(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.')
}

/// tox 4 lists `commands_pre` and `commands_post` beside `commands`, told apart by `run_id` (`commands[0]`); tox 3 has no `run_id`.
pub(super) fn is_test_command(command: &Value) -> bool {
    command.get("run_id").and_then(Value::as_str).is_none_or(|id| id.starts_with("commands["))
}

/// The entries of `setup` or `test`.
pub(super) fn commands<'a>(environment: &'a Value, list: &str) -> Vec<&'a Value> {
    environment.get(list).and_then(Value::as_array).map(|entries| entries.iter().collect()).unwrap_or_default()
}

/// A command's exit code; older tox wrote it as text.
pub(super) fn retcode(command: &Value) -> Option<i64> {
    match command.get("retcode")? {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

fn package_sha256(environment: &Value) -> Option<Sha256> {
    let digest = environment.get("installpkg")?.get("sha256")?.as_str()?;
    Sha256::parse(digest).ok()
}

fn flag(object: &Value, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn text(object: &Value, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
