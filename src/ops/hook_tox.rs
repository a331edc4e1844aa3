//! `hook tox`: called by the project's `toxfile.py` after each environment; in CI it uploads the
//! result as evidence.
//!
//! A result counts only for the tested file on the server, and only in CI: outside of CI versions are local. A failure is only
//! a warning and does not change tox's result.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::build::version::build_number;
use crate::devpi::Server;
use crate::model::distribution::Distribution;
use crate::model::names::{IndexName, Sha256, escape_for_terminal};
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result as model;
use crate::model::tox_result::{NotEvidence, ToxReport};
use crate::ops::Error;
use crate::release::evidence::{TestedFile, post, prepare};
use crate::release::select::candidate_indexes;
use crate::settings::{KEYS, Key, Origin};
use crate::system::environment::{GIT_DEVPI_HOOKS, GIT_DEVPI_IN_TEST};
use crate::system::files::sha256_of_file;
use crate::workspace::Workspace;

/// The total time limit of the hook.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A finished tox environment.
#[derive(Debug, Clone)]
pub struct ToxRun {
    /// Its name.
    pub environment: String,
    /// tox's exit code for it. Only 0 is green, whatever the report says.
    pub exit_code: i32,
    /// The installed package.
    pub package: Option<PathBuf>,
    /// An entry of `testenvs` in tox's own report.
    pub report: Value,
}

/// The result of the hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There was nothing to do.
    Nothing,
    /// The evidence was uploaded.
    Uploaded {
        /// The file.
        file_name: String,
        /// Its index.
        index: IndexName,
        /// Whether it is green.
        success: bool,
    },
    /// The run is not evidence for a file on the server.
    NoEvidence(NoEvidenceReason),
}

/// Why a run is not evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoEvidenceReason {
    /// The package belongs to another repository.
    NotOurProject {
        /// Its file name.
        file_name: String,
    },
    /// The indexes do not have the release.
    NotPublished {
        /// Its file name.
        file_name: String,
        /// The indexes that were searched.
        indexes: Vec<IndexName>,
    },
    /// The release has the file with other bytes.
    DigestMismatch {
        /// Its file name.
        file_name: String,
        /// The index.
        index: IndexName,
    },
    /// The report contains no evidence.
    Report(NotEvidence),
}

impl std::fmt::Display for NoEvidenceReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |indexes: &[IndexName]| indexes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        match self {
            Self::NotOurProject { file_name } => {
                write!(f, "{} is not a package of this repository", escape_for_terminal(file_name))
            }
            Self::NotPublished { file_name, indexes } => {
                write!(f, "{} not found on {}", escape_for_terminal(file_name), list(indexes))
            }
            Self::DigestMismatch { file_name, index } => {
                write!(f, "{} differs from the file on {index}", escape_for_terminal(file_name))
            }
            Self::Report(reason) => write!(f, "it {reason}"),
        }
    }
}

/// Whether the plugin of tox hands out the file of `ensure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToxPlan {
    /// It does.
    Act,
    /// tox works as without the plugin; the reason as a clause.
    StepAside(&'static str),
}

/// Decides whether the plugin of tox acts: in CI, where a server is configured. Elsewhere it would break builds that it knows nothing of.
pub fn plan(workspace: &Workspace<'_>) -> Result<ToxPlan, Error> {
    let environment = &workspace.environment;
    if environment.get(GIT_DEVPI_HOOKS) == Some("0") {
        return Ok(ToxPlan::StepAside("GIT_DEVPI_HOOKS is 0"));
    }
    if environment.non_empty(GIT_DEVPI_IN_TEST).is_some() {
        return Ok(ToxPlan::StepAside("`git devpi test` hands the file to tox"));
    }
    if workspace.ci().is_none() {
        return Ok(ToxPlan::StepAside("this is no CI build"));
    }
    if !workspace.settings.is_set(Key::Server) {
        return Ok(ToxPlan::StepAside("no devpi server is configured"));
    }
    workspace.repository()?;
    match has_settings(workspace) {
        true => Ok(ToxPlan::Act),
        false => Ok(ToxPlan::StepAside("this repository has no settings of git-devpi")),
    }
}

/// Whether the repository itself uses git-devpi. A variable of the whole organisation names the server in other repositories too.
fn has_settings(workspace: &Workspace<'_>) -> bool {
    let of_repository = |key: Key| matches!(key, Key::User | Key::Repository | Key::ReleaseBranches);
    KEYS.iter().any(|spec| match workspace.settings.raw(spec.key).map(|set| set.origin) {
        Some(Origin::RepositoryFile { .. }) => true,
        Some(Origin::Flag(_) | Origin::Environment(_) | Origin::GitConfig { .. }) => of_repository(spec.key),
        _ => false,
    })
}

/// Uploads the result of an environment, if it is evidence.
pub fn hook_tox(workspace: &mut Workspace<'_>, run: &ToxRun) -> Result<Outcome, Error> {
    workspace.limit(TIME_LIMIT);
    let environment = &workspace.environment;
    if environment.get(GIT_DEVPI_HOOKS) == Some("0") || environment.non_empty(GIT_DEVPI_IN_TEST).is_some() {
        return Ok(Outcome::Nothing);
    }
    let Some(package) = &run.package else { return Ok(Outcome::Nothing) };
    if build_number(workspace)?.is_none() {
        return Ok(Outcome::Nothing);
    }
    if workspace.build_is_unpublished()?.is_some() {
        return Ok(Outcome::Nothing);
    }
    let file_name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(distribution) = project_distribution(workspace, &file_name)? else {
        return Ok(Outcome::NoEvidence(NoEvidenceReason::NotOurProject { file_name }));
    };
    let sha256 = sha256_of_file(package)?;
    let report = complete_report(run)?;
    let parsed = ToxReport::parse(&report);
    let judged = parsed.environments.get(&run.environment).map(|environment| environment.judge(&sha256));
    let success = match judged {
        Some(Ok(outcome)) => outcome == model::Outcome::Passed,
        Some(Err(reason)) => return Ok(Outcome::NoEvidence(NoEvidenceReason::Report(reason))),
        None => return Ok(Outcome::NoEvidence(NoEvidenceReason::Report(NotEvidence::DidNotRun))),
    };
    let server: &Server = workspace.session()?;
    let (release, file) = match find(workspace, server, (&distribution, &file_name, &sha256))? {
        Ok(found) => found,
        Err(why) => return Ok(Outcome::NoEvidence(why)),
    };
    let tested = TestedFile { version: &release.version, file: &file, commit: &workspace.commit()? };
    let prepared = prepare(workspace, &tested, &report)?;
    post(workspace, &tested, &prepared)?;
    Ok(Outcome::Uploaded { file_name, index: release.index, success })
}

/// Parses the file name; returns `None` unless it names a project of this repository.
fn project_distribution(workspace: &Workspace<'_>, file_name: &str) -> Result<Option<Distribution>, Error> {
    let Ok(distribution) = Distribution::parse(file_name) else { return Ok(None) };
    let is_project = workspace.projects()?.iter().any(|project| *project.name() == distribution.name);
    Ok(is_project.then_some(distribution))
}

/// Returns a tox report with this environment only.
fn complete_report(run: &ToxRun) -> Result<Value, Error> {
    if !run.report.is_object() {
        let place = format!("the report of {}", escape_for_terminal(&run.environment));
        return Err(Error::BadReport { place, reason: "it is not a JSON object".to_owned() });
    }
    let mut environment = run.report.clone();
    if run.exit_code != 0 {
        environment["result"] = json!({ "success": false, "exit_code": run.exit_code, "skipped": false });
    }
    Ok(json!({
        "reportversion": "1",
        "toxversion": run.report.get("toxversion").cloned().unwrap_or_else(|| json!("4")),
        "platform": run.report.get("platform").cloned().unwrap_or_else(|| json!(platform())),
        "testenvs": { &run.environment: environment },
    }))
}

/// Returns the platform as Python names it.
fn platform() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    }
}

type FileSearch = Result<(Release, ReleaseFile), NoEvidenceReason>;

/// Returns the file on this build's indexes that has the package's bytes.
fn find(
    workspace: &Workspace<'_>,
    server: &Server,
    (distribution, file_name, sha256): (&Distribution, &str, &Sha256),
) -> Result<FileSearch, Error> {
    let indexes = candidate_indexes(workspace, server)?.indexes;
    let mut mismatch = None;
    for index in &indexes {
        let Some(release) = server.release(index, &distribution.name, &distribution.version)? else { continue };
        if let Some(file) = release.files.iter().find(|file| file.sha256 == *sha256).cloned() {
            return Ok(Ok((release, file)));
        }
        if release.files.iter().any(|file| file.file_name == file_name) {
            mismatch = Some(index.clone());
        }
    }
    let file_name = file_name.to_owned();
    Ok(Err(match mismatch {
        Some(index) => NoEvidenceReason::DigestMismatch { file_name, index },
        None => NoEvidenceReason::NotPublished { file_name, indexes },
    }))
}
