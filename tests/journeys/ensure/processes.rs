//! Concurrent `ensure` processes of several machines.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use git_devpi::model::index_name::{self, ClaimSubject};
use git_devpi::model::names::ProjectName;
use serde_json::{Value, json};

use super::fixture::{Fixture, Machine, PROJECT};

/// `ensure` on one machine, in its own process group, with its own file that counts its builds.
pub struct EnsureProcess {
    child: Child,
    marks: PathBuf,
}

/// Starts `ensure` at once.
pub fn start(machine: &Machine<'_>, name: &str) -> EnsureProcess {
    let mut ensure = wait_at_barrier(machine, name);
    ensure.release();
    ensure
}

/// Starts a process that waits for [`EnsureProcess::release`], and then executes `ensure`.
pub fn wait_at_barrier(machine: &Machine<'_>, name: &str) -> EnsureProcess {
    let marks = machine.fixture.sandbox.path(&format!("marks-{name}"));
    let ensure = machine.command(&["ensure", "--json", "--dest", "dist"]);
    let mut command = machine.fixture.sandbox.command(&machine.clone, "sh");
    command.args(["-c", "read -r _; exec \"$@\" </dev/null", "sh"]).arg(ensure.get_program()).args(ensure.get_args());
    for (variable, value) in ensure.get_envs() {
        if let Some(value) = value {
            command.env(variable, value);
        }
    }
    command.env("BUILD_MARKS", &marks).process_group(0);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    EnsureProcess { child, marks }
}

impl EnsureProcess {
    pub fn release(&mut self) {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
    }

    /// The number of started builds.
    pub fn builds(&self) -> usize {
        lines(&self.marks)
    }

    /// Sends a signal to the process and its children.
    pub fn signal(&self, signal: &str) {
        signal_group(self.child.id(), signal);
    }

    /// The id of the process and of its process group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn finish(self) -> Output {
        self.child.wait_with_output().unwrap()
    }
}

/// Sends a signal to a process group; an ended group is no error.
pub fn signal_group(id: u32, signal: &str) {
    let group = format!("-{id}");
    Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status().unwrap();
}

pub fn machine_names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("machine{n}")).collect()
}

/// Waits until one of the processes builds; returns its position.
pub fn wait_for_builder(ensures: &[EnsureProcess]) -> usize {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        if let Some(position) = ensures.iter().position(|ensure| ensure.builds() > 0) {
            return position;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no process builds");
}

/// Waits for all processes; returns their outputs and the number of started builds.
pub fn finish_all(ensures: Vec<EnsureProcess>) -> (Vec<Output>, usize) {
    let marks: Vec<_> = ensures.iter().map(|ensure| ensure.marks.clone()).collect();
    let outputs = ensures.into_iter().map(EnsureProcess::finish).collect();
    (outputs, marks.iter().map(|marks| lines(marks)).sum())
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

#[track_caller]
pub fn sha256_of(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["sha256"].as_str().unwrap().to_owned()
}

/// The name of a claim on a platform-independent build of `version`.
pub fn claim_name(index: &str, version: &str, number: u32) -> String {
    let project = ProjectName::parse(PROJECT).unwrap();
    index_name::claim_name(index, &ClaimSubject { project: &project, version, slot: "any" }, number)
}

/// The configuration of a claim that expires at `until`.
pub fn claim_config((repository, branch): (&str, &str), commit: &str, until: &str) -> Value {
    let record = json!({"schema": 1, "kind": "claim", "repository": repository, "branch": branch, "holder": "0",
        "commit": commit, "until": until});
    json!({"volatile": true, "bases": [], "custom_data": {"git-devpi": record}})
}

pub fn claims(fixture: &Fixture) -> Vec<String> {
    fixture.api.index_names(&fixture.user.name).into_iter().filter(|name| name.contains(".claim-")).collect()
}

/// Asserts that all machines have the index's one wheel, beside `others` more files, and that every file has one provenance of the
/// same commit.
#[track_caller]
pub fn assert_one_release(fixture: &Fixture, (index, version): (&str, &str), (outputs, others): (&[Output], usize)) {
    let mut shas: Vec<_> = outputs.iter().map(sha256_of).collect();
    shas.dedup();
    assert_eq!(shas.len(), 1, "{shas:?}");
    let files = fixture.files(index, version);
    assert_eq!(files.len(), 1 + others, "{files:?}");
    let wheel = files.iter().find(|(name, _)| *name == Fixture::wheel(version));
    assert_eq!(wheel.map(|(_, sha256)| sha256), Some(&shas[0]), "{files:?}");
    let provenance = fixture.provenance(index, version);
    let mut proven: Vec<_> = provenance.iter().map(|note| note["sha256"].as_str().unwrap()).collect();
    let mut listed: Vec<_> = files.iter().map(|(_, sha256)| sha256.as_str()).collect();
    proven.sort_unstable();
    listed.sort_unstable();
    assert_eq!(proven, listed, "each file has one provenance");
    assert!(provenance.iter().all(|note| note["commit"] == provenance[0]["commit"]), "{provenance:?}");
}
