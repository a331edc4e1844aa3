//! `demo`: the whole story played through, on a real server, with real git, real tox and a real build. Every chapter is told, played,
//! and checked by asking the server itself.
//!
//! It uses the local server, and on it a devpi user of its own; everything else lies in a temporary folder. Nothing of the person's is
//! read or changed: no settings, no log-ins, no repository. Afterwards everything is gone again, unless it is to be kept.

mod holdings;
mod machine;
mod sample;
mod story;
mod theatre;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::devpi::{Server, ServerOptions, Session};
use crate::model::names::UserName;
use crate::ops::Error;
use crate::ops::demo::story::{CHAPTERS, Story};
use crate::ops::demo::theatre::Theatre;
use crate::system::clock;
use crate::system::directories::Directories;
use crate::system::environment::Environment;
use crate::system::files::{self, Access, FileLock};
use crate::workspace::Progress;
use crate::workspace::local_server::{LocalServer, Start, random_text};

/// What the demonstration calls besides git, pinned; it lies in an environment of its own. The last ones for Python 3.9.
const TOOLS: [&str; 3] =
    ["tox==4.67.15; python_version >= '3.10'", "tox==4.30.3; python_version < '3.10'", "uv==0.13.9"];

/// How long the server may take for one request.
const DEADLINE: Duration = Duration::from_secs(30);

/// What becomes of it all in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// Everything is removed.
    Remove,
    /// Everything is left to be looked at.
    Keep,
}

/// What the demonstration needs.
pub struct DemoRequest<'a> {
    /// The environment of this run.
    pub environment: &'a Environment,
    /// This user's folders: the local server and the tools lie there.
    pub directories: &'a Directories,
    /// What becomes of it in the end.
    pub afterwards: Afterwards,
}

/// A chapter that was played, and held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What it was about.
    pub title: &'static str,
    /// What was checked.
    pub checks: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// What there is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The repositories.
    pub folder: PathBuf,
    /// The server.
    pub server: Url,
    /// The devpi user.
    pub user: UserName,
    /// The file (0600) with the user's password.
    pub password_file: PathBuf,
}

/// A demonstration that has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoOutcome {
    /// Every chapter.
    pub chapters: Vec<Played>,
    /// What was left; `None`: everything is removed.
    pub kept: Option<Kept>,
}

/// Plays it. The first check that does not hold ends it; what was made is removed all the same.
pub fn demo(request: &DemoRequest<'_>, progress: &dyn Progress) -> Result<DemoOutcome, Error> {
    let _alone = alone(&request.directories.data.join("demo.lock"), progress)?;
    let local = LocalServer::at(&LocalServer::usual_folder(request.directories), request.environment);
    let started = Instant::now();
    let running = local.start(progress)?;
    let outcome = on_server(request, &local, &running.url, progress);
    if request.afterwards == Afterwards::Remove && running.start == Start::Now {
        local.stop(progress)?;
    }
    let mut outcome = outcome?;
    let chapters: Duration = outcome.chapters.iter().map(|chapter| chapter.took).sum();
    let took = started.elapsed().saturating_sub(chapters);
    outcome.chapters.insert(0, Played { title: "Server and tools, and their end", checks: Vec::new(), took });
    Ok(outcome)
}

/// Of two demonstrations at once, the one that started the server would stop it under the other.
fn alone(path: &Path, progress: &dyn Progress) -> Result<FileLock, Error> {
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
    let tools = local.programs_beside(&request.directories.data.join("demo-tools"), &tools, progress)?;
    let folder = tempfile::Builder::new().prefix("git-devpi-demo-").tempdir();
    let folder = folder.map_err(crate::system::Error::file("create", Path::new("a temporary folder")))?;
    let account = Account::make(url)?;
    progress.note(&format!("A devpi-server runs at {url}; the user of this story is {}.", account.user));
    let result =
        Theatre::build(folder.path(), &tools, request, &account).and_then(|theatre| play(&theatre, &account, progress));
    let kept = match request.afterwards {
        Afterwards::Keep => {
            let password_file = folder.path().join("password");
            files::write_atomic(&password_file, account.password.expose_secret().as_bytes(), Access::Private)?;
            let folder = folder.keep();
            progress.note(&format!("everything is left in {}", folder.display()));
            let (server, user) = (account.session.root().clone(), account.user.clone());
            Ok(Some(Kept { folder, server, user, password_file }))
        }
        Afterwards::Remove => {
            progress.step("removing everything again");
            account.remove().map(|()| None)
        }
    };
    Ok(DemoOutcome { chapters: result?, kept: kept? })
}

fn play(theatre: &Theatre, account: &Account, progress: &dyn Progress) -> Result<Vec<Played>, Error> {
    let mut story = Story::new(theatre, account, progress);
    let mut played = Vec::new();
    for (number, chapter) in CHAPTERS.iter().enumerate() {
        progress.note(&format!("\n{}. {}\n{}", number + 1, chapter.title, indented(chapter.text)));
        let started = Instant::now();
        story.begin(chapter.title);
        (chapter.play)(&mut story)?;
        let took = started.elapsed();
        for line in story.holdings()? {
            progress.note(&format!("   server: {line}"));
        }
        played.push(Played { title: chapter.title, checks: story.checks(), took });
    }
    Ok(played)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("   {}", line.trim())).collect::<Vec<_>>().join("\n")
}

/// The devpi user of one demonstration.
pub(super) struct Account {
    user: UserName,
    password: SecretString,
    session: Session,
}

impl Account {
    fn make(url: &str) -> Result<Self, Error> {
        let no_url = |_| Error::Demo { step: "the start of the server".to_owned(), found: format!("its URL is {url}") };
        let url = Url::parse(url).map_err(no_url)?;
        let number = clock::now().as_second() & 0xff_ffff;
        let user = UserName::parse(&format!("demo-{number:06x}-{}", std::process::id()))?;
        let password = SecretString::from(random_text(18)?);
        let mut options = ServerOptions::new(url);
        options.deadline = DEADLINE;
        let server = Server::new(&options)?;
        server.create_user(&user, &password)?;
        let token = server.login(&user, &password)?;
        Ok(Self { session: Session::new(&server, user.clone(), &token), user, password })
    }

    /// A user goes when everything of his may go.
    fn remove(&self) -> Result<(), Error> {
        for name in crate::index::branch_index::indexes_of(&self.session, &self.user)?.keys() {
            let index = crate::model::names::IndexName::new(&self.user, name)?;
            self.session.modify_index(&index, &serde_json::json!({ "volatile": true }))?;
        }
        self.session.delete_user(&self.user)?;
        Ok(())
    }
}
