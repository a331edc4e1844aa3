//! `demo`: runs the complete workflow on a real server, with real git, real tox and a real build.
//!
//! Each step is announced, run, and checked by queries to the server. The demonstration uses the local server, a devpi user of its own
//! on it, and a temporary folder. It neither reads nor changes the settings, logins and repositories of the caller. It removes
//! everything at the end, unless [`Afterwards::Keep`] is requested.

mod account;
mod actor;
mod fixture;
mod request;
mod sample;
mod scenario;

pub use crate::ops::demo::request::{Afterwards, DemoRequest};

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use url::Url;

use crate::model::names::UserName;
use crate::ops::Error;
use crate::ops::demo::account::Account;
use crate::ops::demo::fixture::Fixture;
use crate::ops::demo::scenario::{STEPS, Scenario};
use crate::system::files::{self, Access, FileLock};
use crate::workspace::Progress;
use crate::workspace::local_server::{LocalServer, Start};

/// The tools that the demonstration runs besides git, pinned, in a virtual environment. Two of them are the last for Python 3.9.
const TOOLS: [&str; 3] =
    ["tox==4.67.15; python_version >= '3.10'", "tox==4.30.3; python_version < '3.10'", "uv==0.13.9"];

/// A step whose checks all passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepResult {
    /// Its title.
    pub title: &'static str,
    /// What was checked.
    pub checks: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// What remains after the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptResources {
    /// The repositories.
    pub folder: PathBuf,
    /// The server.
    pub server: Url,
    /// The devpi user.
    pub user: UserName,
    /// The file (0600) with the user's password.
    pub password_file: PathBuf,
}

/// The result of a demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoOutcome {
    /// Every step, in order.
    pub steps: Vec<StepResult>,
    /// What remains; `None` when everything was removed.
    pub kept: Option<KeptResources>,
}

/// Runs every step. The first failed check ends the demonstration; the clean-up runs in any case.
pub fn demo(request: &DemoRequest<'_>, progress: &dyn Progress) -> Result<DemoOutcome, Error> {
    let _alone = lock_out_others(&request.directories.data.join("demo.lock"), progress)?;
    let local = LocalServer::at(&LocalServer::usual_folder(request.directories), request.environment);
    let started = Instant::now();
    let running = local.start(progress)?;
    let outcome = on_server(request, &local, &running.url, progress);
    if request.afterwards == Afterwards::Remove && running.start == Start::Now {
        local.stop(progress)?;
    }
    let mut outcome = outcome?;
    let steps: Duration = outcome.steps.iter().map(|step| step.took).sum();
    let took = started.elapsed().saturating_sub(steps);
    outcome.steps.insert(0, StepResult { title: "Server and tools, and their end", checks: Vec::new(), took });
    Ok(outcome)
}

/// Locks out other demonstrations: the one that started the server stops it, also under a concurrent one.
fn lock_out_others(path: &Path, progress: &dyn Progress) -> Result<FileLock, Error> {
    if let Some(lock) = FileLock::try_acquire(path)? {
        return Ok(lock);
    }
    progress.step("waiting for another demonstration to end");
    Ok(FileLock::acquire(path)?)
}

fn on_server(
    request: &DemoRequest<'_>,
    local: &LocalServer,
    url: &str,
    progress: &dyn Progress,
) -> Result<DemoOutcome, Error> {
    let tools = TOOLS.map(str::to_owned);
    let tools = local.install_programs(&request.directories.data.join("demo-tools"), &tools, progress)?;
    let folder = tempfile::Builder::new().prefix("git-devpi-demo-").tempdir();
    let folder = folder.map_err(crate::system::Error::file("create", Path::new("a temporary folder")))?;
    let account = Account::create(url)?;
    progress.note(&format!("devpi-server runs at {url}; this demonstration uses the devpi user {}.", account.user));
    let result = Fixture::build(folder.path(), &tools, request, &account)
        .and_then(|fixture| run_steps(&fixture, &account, progress));
    let kept = match request.afterwards {
        Afterwards::Keep => {
            let password_file = folder.path().join("password");
            files::write_atomic(&password_file, account.password.expose_secret().as_bytes(), Access::Private)?;
            let folder = folder.keep();
            progress.note(&format!("kept everything in {}", folder.display()));
            let (server, user) = (account.session.root().clone(), account.user.clone());
            Ok(Some(KeptResources { folder, server, user, password_file }))
        }
        Afterwards::Remove => {
            progress.step("removing the server's data and the folders of the demonstration");
            account.remove().map(|()| None)
        }
    };
    Ok(DemoOutcome { steps: result?, kept: kept? })
}

fn run_steps(fixture: &Fixture, account: &Account, progress: &dyn Progress) -> Result<Vec<StepResult>, Error> {
    let mut scenario = Scenario::new(fixture, account, progress);
    let mut results = Vec::new();
    for (number, step) in STEPS.iter().enumerate() {
        progress.note(&format!("\n{}. {}\n{}", number + 1, step.title, indented(step.text)));
        let started = Instant::now();
        scenario.begin(step.title);
        (step.run)(&mut scenario)?;
        let took = started.elapsed();
        for line in scenario.contents()? {
            progress.note(&format!("   server: {line}"));
        }
        results.push(StepResult { title: step.title, checks: scenario.checks(), took });
    }
    Ok(results)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("   {}", line.trim())).collect::<Vec<_>>().join("\n")
}
