//! Reads and updates logins in git's credential helpers (gitcredentials(7)), without prompting.

use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::batch_mode::{NON_INTERACTIVE, without_prompts};
use super::config_entry::{ConfigEntry, ConfigScope};
use super::error::Error;
use super::executable::Executable;
use super::repository::Repository;
use crate::system;
use crate::system::environment::Environment;

/// A login from a credential helper.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The user name.
    pub username: String,
    /// The password; `Debug` redacts it.
    pub password: SecretString,
}

/// A query to the credential helpers.
#[derive(Debug, Clone, Copy)]
pub struct CredentialRequest<'a> {
    /// The server's URL, without user and password.
    pub url: &'a str,
    /// The user name; `None` accepts any login for this URL.
    pub username: Option<&'a str>,
    /// The time limit: a helper may open a window and wait.
    pub deadline: Duration,
}

impl Repository {
    /// Asks the helpers configured for this repository (`git credential fill`).
    ///
    /// Returns `None` if no helper has the login, or if none answers within the deadline.
    pub fn credential(&self, request: CredentialRequest<'_>) -> Result<Option<Credential>, Error> {
        fill(self.git(), request)
    }
}

/// Asks the helpers of the configuration that applies in `folder`, as [`Repository::credential`] does.
pub fn fill_credential(
    environment: &Environment,
    folder: &Path,
    request: CredentialRequest<'_>,
) -> Result<Option<Credential>, Error> {
    fill(&Executable::new(environment, folder), request)
}

/// Reports a login that the server accepted, so that the helpers store it (`git credential approve`).
pub fn approve_credential(environment: &Environment, url: &str, credential: &Credential) -> Result<(), Error> {
    report(environment, "approve", (url, credential))
}

/// Reports a login that the server rejected, so that the helpers delete it (`git credential reject`).
pub fn reject_credential(environment: &Environment, url: &str, credential: &Credential) -> Result<(), Error> {
    report(environment, "reject", (url, credential))
}

/// Returns the credential helper that git uses last for `url`, as the configuration that applies in `folder` names it; `None` without one.
///
/// Cost: two git processes, because `--get-urlmatch` does not tell the file.
pub fn credential_helper(environment: &Environment, folder: &Path, url: &str) -> Result<Option<ConfigEntry>, Error> {
    let git = Executable::new(environment, folder);
    let effective = git.ask(&["config", "--get-urlmatch", "credential.helper", url])?.text();
    if effective.is_empty() {
        return Ok(None);
    }
    let output = git.ask(&["config", "-z", "--show-origin", "--get-regexp", r"^credential\.(.*\.)?helper$"])?;
    let text = output.text();
    let mut fields = text.split_terminator('\0');
    let mut found = None;
    while let (Some(origin), Some(item)) = (fields.next(), fields.next()) {
        if let Some((key, value)) = item.split_once('\n').filter(|(_, value)| *value == effective) {
            let origin = origin.strip_prefix("file:").unwrap_or(origin).trim_end_matches(':').to_owned();
            let (key, value) = (key.to_owned(), value.to_owned());
            found = Some(ConfigEntry { key, value, origin, scope: ConfigScope::Global });
        }
    }
    Ok(found)
}

fn executable(environment: &Environment) -> Executable {
    Executable::new(environment, &std::path::PathBuf::from("."))
}

fn fill(git: &Executable, request: CredentialRequest<'_>) -> Result<Option<Credential>, Error> {
    let Some(query) = query(request.url, request.username) else {
        return Ok(None);
    };
    let tool = without_prompts(git.tool()).args(NON_INTERACTIVE).args(["credential", "fill"]);
    match tool.stdin_bytes(query + "\n").deadline(request.deadline).output() {
        Ok(output) if output.success() => Ok(parse(&output.text())),
        // git fails when no helper has the login, because it must not prompt. A helper that waits for the user times out.
        Ok(_) | Err(system::Error::ToolTimedOut { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn report(environment: &Environment, verb: &str, (url, credential): (&str, &Credential)) -> Result<(), Error> {
    let password = credential.password.expose_secret();
    let (Some(mut text), false) = (query(url, Some(&credential.username)), has_line_break(password)) else {
        return Ok(());
    };
    text.push_str(&format!("password={password}\n\n"));
    let tool = without_prompts(executable(environment).tool()).args(NON_INTERACTIVE).args(["credential", verb]);
    tool.stdin_bytes(text).deadline(Duration::from_secs(10)).checked()?;
    Ok(())
}

/// Formats the input of git-credential(1).
///
/// Returns `None` if a line break in a value would add another attribute.
fn query(url: &str, username: Option<&str>) -> Option<String> {
    if url.is_empty() || has_line_break(url) || username.is_some_and(has_line_break) {
        return None;
    }
    let username = username.map(|name| format!("username={name}\n")).unwrap_or_default();
    Some(format!("url={url}\n{username}"))
}

fn has_line_break(text: &str) -> bool {
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
        let found = fill_credential(&environment, sandbox.path(), ask(url, Some("bob"))).unwrap().unwrap();
        assert_eq!((found.username.as_str(), found.password.expose_secret()), ("bob", "p=ss word"));
        assert!(!format!("{found:?}").contains("ss word"));
        assert!(repository.credential(ask(url, Some("alice"))).unwrap().is_none());
        assert!(repository.credential(ask("https://other.example/", None)).unwrap().is_none());
        reject_credential(&environment, url, &known).unwrap();
        assert!(repository.credential(ask(url, Some("bob"))).unwrap().is_none());
    }

    #[test]
    fn the_helper_is_found_with_its_file() {
        let sandbox = Sandbox::new();
        let helper = |url: &str| credential_helper(&sandbox.environment(), sandbox.path(), url).unwrap();
        assert!(helper("https://devpi.example/").is_none());
        sandbox.git(sandbox.path(), &["config", "--global", "credential.helper", "cache"]);
        sandbox.git(sandbox.path(), &["config", "--global", "credential.https://devpi.example.helper", "store"]);
        let found = helper("https://devpi.example/root").unwrap();
        assert_eq!((found.key.as_str(), found.value.as_str()), ("credential.https://devpi.example.helper", "store"));
        assert!(found.origin.ends_with("gitconfig"), "{}", found.origin);
        assert_eq!(helper("https://other.example/").unwrap().value, "cache");
    }

    #[test]
    fn line_ends_cannot_forge_another_host() {
        assert!(query("https://a\nhost=b", None).is_none());
        assert!(query("https://a", Some("x\nhost=b")).is_none());
    }

    #[test]
    fn a_helper_that_waits_for_the_user_times_out() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open(&sandbox.repository("r"));
        sandbox.git(repository.top(), &["config", "--global", "credential.helper", "!sleep 4;:"]);
        let request = CredentialRequest { deadline: Duration::from_millis(300), ..ask("https://a.example", None) };
        let started = std::time::Instant::now();
        assert!(repository.credential(request).unwrap().is_none());
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}
