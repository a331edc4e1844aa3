//! Creates the report to upload from tox's report.
//!
//! The report is rebuilt from known fields. The server stores any JSON with 200, but devpi-web then permanently fails to render the page of a
//! release whose report has an unexpected shape. The rebuilt report also makes devpi-web show tox's result: devpi-web uses exit codes
//! only, shows `unknown` for packaging environments, and `failed` when a command with a leading dash failed (devpi issue 971;
//! `devpi_common/viewhelp.py`).

use serde_json::{Map, Value, json};

use super::note::{NOTE_KEY, Note, TestNote};
use super::redact::Redactor;
use super::report::{EnvironmentRun, NotEvidence, Outcome, ToxReport, commands, is_test_command, retcode};
use super::unreadable::MAX_REPORT_SIZE;

/// The maximum size of one output in bytes; the lower ones are for reports with many outputs. The end is kept, because it shows the failure.
const OUTPUT_LIMITS: [usize; 3] = [64 * 1024, 8 * 1024, 1024];

/// The data that the uploaded report adds to tox's report.
#[derive(Debug, Clone)]
pub struct UploadContext<'a> {
    /// The description of the test. Only environments that tested the file with this sha256 are uploaded.
    pub note: TestNote,
    /// The machine's name, unique and stable, because devpi-web keeps the newest result for each host, platform and environment
    /// (tox 4 itself always writes `localhost`).
    pub host: String,
    /// The passwords and tokens to remove.
    pub secrets: &'a [String],
}

/// A report to upload.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedReport {
    /// The report. Callers skip the upload when `kept` is empty.
    pub report: Value,
    /// The names of the environments that are evidence about the file.
    pub kept: Vec<String>,
    /// The environments that are no evidence, without tox's packaging environments.
    pub dropped: Vec<DroppedEnvironment>,
}

/// An environment that is no evidence about the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedEnvironment {
    /// Its name.
    pub name: String,
    /// The reason.
    pub reason: NotEvidence,
}

/// Creates the report to upload from tox's `report`.
pub fn report_for_upload(report: &Value, upload: &UploadContext<'_>) -> PreparedReport {
    let parsed = ToxReport::parse(report);
    let mut environments = Map::new();
    let mut dropped = Vec::new();
    for (name, run) in &parsed.environments {
        match run.judge(&upload.note.sha256) {
            Ok(outcome) => {
                environments.insert(name.clone(), sanitized_environment(&report["testenvs"][name], run, outcome));
            }
            Err(reason) => dropped.push(DroppedEnvironment { name: name.clone(), reason }),
        }
    }
    let kept = environments.keys().cloned().collect();
    let mut body = json!({
        "reportversion": "1",
        "toxversion": text_or(report, "toxversion", "0"),
        "platform": text_or(report, "platform", "unknown"),
        "host": if upload.host.is_empty() { "unknown" } else { &upload.host },
        "testenvs": environments,
    });
    let redactor = Redactor::new(upload.secrets);
    redactor.clean(&mut body);
    finish(&mut body, upload, &redactor);
    PreparedReport { report: body, kept, dropped }
}

/// Runs after the redaction: truncates outputs (a truncated secret would not be found), and adds fields that a short secret must not
/// alter.
fn finish(body: &mut Value, upload: &UploadContext<'_>, redactor: &Redactor) {
    for environment in body["testenvs"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        environment["installpkg"]["sha256"] = json!(upload.note.sha256);
    }
    let mut note = Note::Test(upload.note.clone()).to_value();
    if let Some(ci_url) = note.get_mut("ci_url") {
        redactor.clean(ci_url);
    }
    body[NOTE_KEY] = note;
    // A larger report would not be read again.
    let fits = |limit: &usize| serialized_size(&with_short_outputs(body, *limit)) <= MAX_REPORT_SIZE;
    let limit = OUTPUT_LIMITS.into_iter().find(fits).unwrap_or(0);
    *body = with_short_outputs(body, limit);
}

fn serialized_size(body: &Value) -> u64 {
    serde_json::to_vec(body).map_or(0, |bytes| bytes.len() as u64)
}

fn with_short_outputs(body: &Value, limit: usize) -> Value {
    let mut body = body.clone();
    for environment in body["testenvs"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for list in ["setup", "test"] {
            for command in environment[list].as_array_mut().into_iter().flatten() {
                for stream in ["output", "err"] {
                    if let Some(Value::String(text)) = command.get_mut(stream) {
                        keep_tail(text, limit);
                    }
                }
            }
        }
    }
    body
}

/// Rebuilds an environment from known fields, so that devpi-web shows `outcome`.
fn sanitized_environment(raw: &Value, run: &EnvironmentRun, outcome: Outcome) -> Value {
    let setup: Vec<Value> = commands(raw, "setup").into_iter().map(|entry| sanitized_command(entry, outcome)).collect();
    let mut test: Vec<Value> =
        commands(raw, "test").into_iter().map(|entry| sanitized_command(entry, outcome)).collect();
    if outcome == Outcome::Failed && setup.iter().chain(&test).all(|entry| entry["retcode"] == json!(0)) {
        test.push(synthetic_failure(run.exit_code));
    }
    let mut environment = json!({
        "installpkg": kept_fields(&raw["installpkg"], &["basename", "type"]),
        "result": {"success": run.success, "exit_code": run.exit_code.unwrap_or(i64::from(!run.success)), "skipped": false},
        "setup": setup,
        "test": test,
    });
    if let Some(duration) = run.duration {
        environment["result"]["duration"] = json!(duration.as_secs_f64());
    }
    // An empty or non-string version also makes devpi-web fail.
    if let Some(version) = raw["python"]["version"].as_str().filter(|version| !version.trim().is_empty()) {
        environment["python"] =
            kept_fields(&raw["python"], &["implementation", "version_info", "machine", "sysplatform"]);
        environment["python"]["version"] = json!(version);
    }
    if let Some(packages) = raw["installed_packages"].as_array() {
        environment["installed_packages"] = packages.iter().filter(|package| package.is_string()).cloned().collect();
    }
    environment
}

/// Rebuilds a command. In a successful environment a failure that tox ignored gets exit code 0 and a mark in its output.
fn sanitized_command(raw: &Value, outcome: Outcome) -> Value {
    let words: Vec<&str> = match &raw["command"] {
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        Value::String(line) => vec![line],
        _ => Vec::new(),
    };
    let code = retcode(raw).unwrap_or(0);
    let mut output = text_or(raw, "output", "").to_owned();
    let ignored = outcome == Outcome::Passed && code != 0;
    if ignored {
        output.push_str(&format!("\n[git-devpi: ended with {code}, which tox was told to ignore]\n"));
    }
    let mut command = kept_fields(raw, &["err", "elapsed"]);
    // A command without `run_id` counts as a test. So only other commands keep theirs, and the redaction cannot alter that of a test.
    if !is_test_command(raw) {
        command["run_id"] = raw["run_id"].clone();
    }
    command["command"] = json!(words);
    command["output"] = json!(output);
    command["retcode"] = json!(if ignored { 0 } else { code });
    command
}

/// A command for a failure outside all commands, such as a package that could not be unpacked, or a signal.
fn synthetic_failure(exit_code: Option<i64>) -> Value {
    let code = exit_code.filter(|code| *code != 0).unwrap_or(1);
    json!({"command": ["tox"], "output": "the environment failed outside its commands", "retcode": code})
}

/// The named fields of `raw` that are strings, numbers, or lists of both.
fn kept_fields(raw: &Value, names: &[&str]) -> Value {
    let plain = |value: &Value| value.is_string() || value.is_number();
    let kept = names.iter().filter_map(|name| {
        let value = raw.get(name)?;
        let fits = plain(value) || value.as_array().is_some_and(|items| items.iter().all(plain));
        fits.then(|| ((*name).to_owned(), value.clone()))
    });
    Value::Object(kept.collect())
}

fn text_or<'a>(object: &'a Value, key: &str, default: &'a str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or(default)
}

fn keep_tail(text: &mut String, limit: usize) {
    if text.len() <= limit {
        return;
    }
    let start = (text.len() - limit..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    *text = format!("[git-devpi: the first {start} bytes are cut off]\n{}", &text[start..]);
}

#[cfg(test)]
mod tests;
