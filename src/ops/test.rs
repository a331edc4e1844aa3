//! `test`: runs tox on the published package, and uploads its results as evidence.
//!
//! tox's configuration needs no change: variables pass package, report, index and constraints. tox's result for an environment
//! counts only for the file that it installed.

use serde_json::Value;

use crate::model::names::IndexName;
use crate::model::tox_result::{NotEvidence, Outcome, ToxReport, parse_report};
use crate::ops::Error;
use crate::ops::ensure::{EnsureRequest, Ensured, ensure_project};
use crate::python::installer::installer_variables;
use crate::python::tox::{TestRun, Tox};
use crate::release;
use crate::release::evidence::{TestedFile, post, prepare};
use crate::settings::Key;
use crate::system;
use crate::system::environment::GIT_DEVPI_IN_TEST;
use crate::system::files::read_optional;
use crate::workspace::Workspace;

/// The options of `test`.
#[derive(Debug, Clone, Default)]
pub struct TestRequest {
    /// The environments; empty for tox's default ones.
    pub environments: Vec<String>,
    /// Further arguments of tox.
    pub tox_arguments: Vec<String>,
}

/// The result of `test`.
#[derive(Debug)]
pub struct TestOutcome {
    /// tox's exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// The package that was tested.
    pub package: Ensured,
    /// The result of each environment that ran.
    pub environments: Vec<(String, Result<Outcome, NotEvidence>)>,
    /// The result of the upload.
    pub upload: Upload,
}

/// The result of the upload.
#[derive(Debug)]
pub enum Upload {
    /// The evidence was posted to the file on this index.
    Done(IndexName),
    /// The report contains no evidence.
    NoEvidence,
    /// The package is not published.
    NotPublished,
    /// The upload failed. The test result stays valid.
    Failed(Error),
}

/// Makes the package available, runs tox on it with this process's stdin, stdout and stderr, and
/// uploads the results.
pub fn test(workspace: &Workspace<'_>, request: &TestRequest) -> Result<TestOutcome, Error> {
    let tox = Tox::find(&workspace.environment)?;
    let project = workspace.selected_project()?;
    let dir = workspace.tox_folder(&project)?.unwrap_or_else(|| project.source.dir.clone());
    let package = ensure_project(workspace, project, &EnsureRequest::default())?;
    let scratch = tempfile::tempdir().map_err(system::Error::file("create", &std::env::temp_dir()))?;
    let report = scratch.path().join("report.json");
    let run = TestRun {
        dir: &dir,
        package: &package.path,
        report: &report,
        environments: &request.environments,
        arguments: &request.tox_arguments,
        variables: &variables(workspace, &package)?,
    };
    workspace.progress.pause();
    let status = tox.run(&run, &workspace.environment)?;
    // An unreadable report does not change tox's exit code, which is passed on.
    let report = read_optional(&report)?.and_then(|bytes| parse_report(&bytes).ok()).unwrap_or(Value::Null);
    let environments = judge(&report, &package);
    let upload = upload(workspace, &package, (&report, &environments)).unwrap_or_else(Upload::Failed);
    Ok(TestOutcome { status, package, environments, upload })
}

/// Returns the variables for pip and uv with index and constraints, if the package is on the
/// server.
fn variables(workspace: &Workspace<'_>, package: &Ensured) -> Result<Vec<(String, String)>, Error> {
    let mut variables = vec![(GIT_DEVPI_IN_TEST.to_owned(), "1".to_owned())];
    let Some(index) = &package.index else { return Ok(variables) };
    let server = workspace.server()?;
    let url = server.index_url(index);
    let simple = url.join("+simple/").unwrap_or(url);
    let bundle = workspace.settings.file(Key::CaBundle)?;
    let constraints = super::ensure::constraints(workspace, package)?;
    variables.extend(installer_variables(&simple, bundle.as_deref(), constraints.as_deref()));
    Ok(variables)
}

/// Returns what each environment that ran or was skipped says about the package.
fn judge(report: &Value, package: &Ensured) -> Vec<(String, Result<Outcome, NotEvidence>)> {
    let parsed = ToxReport::parse(report);
    let ran = parsed.environments.into_iter().filter(|(_, run)| run.ran);
    ran.map(|(name, run)| (name, run.judge(&package.sha256))).collect()
}

type Judged<'a> = (&'a Value, &'a [(String, Result<Outcome, NotEvidence>)]);

fn upload(workspace: &Workspace<'_>, package: &Ensured, (report, judged): Judged<'_>) -> Result<Upload, Error> {
    if judged.iter().all(|(_, judgement)| judgement.is_err()) {
        return Ok(Upload::NoEvidence);
    }
    let Some(index) = &package.index else { return Ok(Upload::NotPublished) };
    let (project, version) = (package.project.clone(), package.version.clone());
    let release = workspace.session()?.release(index, &project, &version)?;
    let file = release.and_then(|release| release.files.into_iter().find(|file| file.sha256 == package.sha256));
    let Some(file) = file else {
        return Err(release::Error::NoRelease { project, version, index: index.clone() }.into());
    };
    let tested = TestedFile { version: &package.version, file: &file, commit: &package.commit };
    post(workspace, &tested, &prepare(workspace, &tested, report)?)?;
    Ok(Upload::Done(index.clone()))
}
