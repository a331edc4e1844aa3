//! The parsed report, and the result of one environment for a file.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::super::names::Sha256;
use super::note::Note;
use super::strict_json::parse_report;
use super::unreadable::Unreadable;

/// The readable contents of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToxReport {
    /// The host name in the report (tox 4 always writes `localhost`).
    pub host: String,
    /// `linux`, `win32`, `darwin`.
    pub platform: String,
    /// The test environments by name, without tox's packaging environments (`.pkg`, `.pkg_external` …).
    pub environments: BTreeMap<String, EnvironmentRun>,
    /// The git-devpi object, if the report has one of a known schema.
    pub note: Option<Note>,
}

/// One environment of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentRun {
    /// Whether it ran. tox lists each configured environment; one that was not requested is `{}`.
    pub ran: bool,
    /// Whether a test command ran. tox reports success also for `--notest` and for an environment without commands.
    pub tested: bool,
    /// The success flag of tox 4, or the result of the exit codes of tox 3.
    pub success: bool,
    /// Whether tox skipped it (other platform, missing interpreter). tox 4 reports success for it.
    pub skipped: bool,
    /// tox 4's exit code of the environment.
    pub exit_code: Option<i64>,
    /// The sha256 of the installed package; `None` when none was installed (`skip_install`, `no_package`).
    pub package_sha256: Option<Sha256>,
    /// The test commands, in their order.
    pub commands: Vec<CommandRun>,
    /// The duration: that of tox 4, else the sum of the commands' times if the report has them.
    pub duration: Option<Duration>,
}

/// A test command of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRun {
    /// The exit code.
    pub retcode: Option<i64>,
    /// The duration.
    pub elapsed: Option<Duration>,
}

/// The outcome of a test of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All commands succeeded, except those whose failure tox ignores.
    Passed,
    /// A command failed.
    Failed,
}

/// The reason why a run is no evidence about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotEvidence {
    /// The environment is listed, but did not run.
    DidNotRun,
    /// tox skipped the environment.
    Skipped,
    /// No package was installed.
    NoPackage,
    /// Another file was tested.
    OtherPackage(Sha256),
    /// The environment succeeded without running a test command.
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
    /// The outcome of this run for the file with this sha256, or the reason why it is no evidence.
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
        let commands: Vec<CommandRun> =
            test.iter().copied().filter(|command| is_test_command(command)).map(CommandRun::parse).collect();
        let exit_code = result.and_then(|result| result.get("exit_code")).and_then(Value::as_i64);
        let success = match result {
            // tox 4 ignores failures of commands with a leading dash, but lists their exit codes. So its own flag is used.
            Some(result) => flag(result, "success") && exit_code.unwrap_or(0) == 0,
            None => setup.iter().chain(&test).all(|command| retcode(command) == Some(0)),
        };
        Self {
            ran: result.is_some() || !setup.is_empty() || !test.is_empty(),
            tested: !commands.is_empty(),
            success,
            skipped: result.is_some_and(|result| flag(result, "skipped")),
            exit_code,
            package_sha256: package_sha256(environment),
            commands,
            duration: result
                .and_then(|result| seconds(result, "duration"))
                .or_else(|| total(setup.iter().chain(&test).map(|command| seconds(command, "elapsed")))),
        }
    }
}

impl CommandRun {
    fn parse(command: &Value) -> Self {
        Self { retcode: retcode(command), elapsed: seconds(command, "elapsed") }
    }
}

/// The sum, if there is something to add and nothing is missing.
fn total(times: impl Iterator<Item = Option<Duration>>) -> Option<Duration> {
    let times: Vec<Duration> = times.collect::<Option<_>>()?;
    let first = times.first().copied()?;
    times[1..].iter().try_fold(first, |sum, time| sum.checked_add(*time))
}

fn seconds(object: &Value, key: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(object.get(key)?.as_f64()?).ok()
}

impl ToxReport {
    /// Parses a report from the server.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let report = parse_report(bytes).map_err(Unreadable::Malformed)?;
        if !report.get("testenvs").is_some_and(Value::is_object) {
            return Err(Unreadable::NotAToxReport);
        }
        Ok(Self::parse(&report))
    }

    /// Parses a report of tox 3, tox 4 or git-devpi. Unreadable parts are left out.
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

/// Whether the environment is not one of tox's packaging environments, whose names begin with a dot.
fn is_test_environment(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.')
}

/// Whether the command is one of `commands`. tox 4 lists `commands_pre` and `commands_post` in the same array, with a different `run_id` (`commands[0]`); tox 3 has no `run_id`.
pub(super) fn is_test_command(command: &Value) -> bool {
    command.get("run_id").and_then(Value::as_str).is_none_or(|id| id.starts_with("commands["))
}

/// The entries of `setup` or `test`.
pub(super) fn commands<'a>(environment: &'a Value, list: &str) -> Vec<&'a Value> {
    environment.get(list).and_then(Value::as_array).map(|entries| entries.iter().collect()).unwrap_or_default()
}

/// A command's exit code; older versions of tox write it as text.
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
