//! User names and passwords from git's credential helpers. Nothing here ever asks a person.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::batch_mode::{NEVER_INTERACTIVE, never_prompting};
use super::error::Error;
use super::executable::Executable;
use super::repository::Repository;
use crate::system;
use crate::system::environment::Environment;

/// A log-in that a helper knows.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Who.
    pub username: String,
    /// Never printed: `Debug` shows it as redacted.
    pub password: SecretString,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct CredentialRequest<'a> {
    /// The server's URL, without user and password.
    pub url: &'a str,
    /// Whose password; `None`: whichever the helper has for this URL.
    pub username: Option<&'a str>,
    /// A helper that takes longer (one that opens a window) is given up.
    pub deadline: Duration,
}

impl Repository {
    /// What the helpers that are configured for this repository know (`git credential fill`); `None` where they know nothing.
    pub fn credential(&self, request: CredentialRequest<'_>) -> Result<Option<Credential>, Error> {
        fill(self.git(), request)
    }
}

/// The same outside a repository.
pub fn fill_credential(environment: &Environment, request: CredentialRequest<'_>) -> Result<Option<Credential>, Error> {
    fill(&outside(environment), request)
}

/// Tells the helpers that the credential worked, so that they keep it.
pub fn approve_credential(environment: &Environment, url: &str, credential: &Credential) -> Result<(), Error> {
    tell(environment, "approve", (url, credential))
}

/// Tells the helpers that the credential was refused, so that they forget it.
pub fn reject_credential(environment: &Environment, url: &str, credential: &Credential) -> Result<(), Error> {
    tell(environment, "reject", (url, credential))
}

fn outside(environment: &Environment) -> Executable {
    Executable::here(environment, &std::path::PathBuf::from("."))
}

fn fill(git: &Executable, request: CredentialRequest<'_>) -> Result<Option<Credential>, Error> {
    let Some(question) = question(request.url, request.username) else {
        return Ok(None);
    };
    let tool = never_prompting(git.tool()).args(NEVER_INTERACTIVE).args(["credential", "fill"]);
    match tool.stdin_bytes(question + "\n").deadline(request.deadline).output() {
        Ok(output) if output.success() => Ok(parse(&output.text())),
        // No helper knows, and git was not allowed to ask; or the helper waited for somebody.
        Ok(_) | Err(system::Error::ToolTimedOut { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn tell(environment: &Environment, verb: &str, (url, credential): (&str, &Credential)) -> Result<(), Error> {
    let password = credential.password.expose_secret();
    let (Some(mut text), false) = (question(url, Some(&credential.username)), breaks_lines(password)) else {
        return Ok(());
    };
    text.push_str(&format!("password={password}\n\n"));
    let tool = never_prompting(outside(environment).tool()).args(NEVER_INTERACTIVE).args(["credential", verb]);
    tool.stdin_bytes(text).deadline(Duration::from_secs(10)).checked()?;
    Ok(())
}

/// git-credential(1)'s `key=value` lines; `None` where a line end in a value would forge another line.
fn question(url: &str, username: Option<&str>) -> Option<String> {
    if url.is_empty() || breaks_lines(url) || username.is_some_and(breaks_lines) {
        return None;
    }
    let username = username.map(|name| format!("username={name}\n")).unwrap_or_default();
    Some(format!("url={url}\n{username}"))
}

fn breaks_lines(text: &str) -> bool {
    text.contains(['\n', '\r', '\0'])
}

fn parse(answer: &str) -> Option<Credential> {
    let value = |key: &str| answer.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let password = value("password").filter(|password| !password.is_empty())?;
    Some(Credential { username: value("username")?.to_owned(), password: SecretString::from(password) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn ask<'a>(url: &'a str, username: Option<&'a str>) -> CredentialRequest<'a> {
        CredentialRequest { url, username, deadline: Duration::from_secs(10) }
    }

    #[test]
    fn a_helper_is_asked_told_and_made_to_forget() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open(&sandbox.repository("r"));
        let environment = sandbox.environment();
        let url = "https://devpi.example:8443/root";
        assert!(repository.credential(ask(url, None)).unwrap().is_none(), "no helper, and no question either");
        let store = format!("store --file {}", sandbox.path().join("store").display());
        sandbox.git(repository.top(), &["config", "--global", "credential.helper", &store]);
        let known = Credential { username: "bob".into(), password: SecretString::from("p=ss word") };
        approve_credential(&environment, url, &known).unwrap();
        let found = fill_credential(&environment, ask(url, Some("bob"))).unwrap().unwrap();
        assert_eq!((found.username.as_str(), found.password.expose_secret()), ("bob", "p=ss word"));
        assert!(!format!("{found:?}").contains("ss word"));
        assert!(repository.credential(ask(url, Some("alice"))).unwrap().is_none());
        assert!(repository.credential(ask("https://other.example/", None)).unwrap().is_none());
        reject_credential(&environment, url, &known).unwrap();
        assert!(repository.credential(ask(url, Some("bob"))).unwrap().is_none());
    }

    #[test]
    fn line_ends_cannot_forge_another_host() {
        assert!(question("https://a\nhost=b", None).is_none());
        assert!(question("https://a", Some("x\nhost=b")).is_none());
    }

    #[test]
    fn a_helper_that_waits_for_somebody_is_given_up() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open(&sandbox.repository("r"));
        sandbox.git(repository.top(), &["config", "--global", "credential.helper", "!sleep 4;:"]);
        let request = CredentialRequest { deadline: Duration::from_millis(300), ..ask("https://a.example", None) };
        let started = std::time::Instant::now();
        assert!(repository.credential(request).unwrap().is_none());
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}
