//! Starts the `git` executable, for the opened repository and for other repositories.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Error;
use crate::system::environment::{Environment, GIT_LOCAL_VARIABLES};
use crate::system::process::{Output, Tool};

/// A graft file without grafts; git for Windows knows the name, too.
const NO_GRAFTS: &str = "/dev/null";

/// The environment and folder in which git processes start.
#[derive(Debug, Clone)]
pub(super) struct Executable {
    environment: Environment,
    folder: PathBuf,
    /// Variables that replace those of the environment: `GIT_DIR` and `GIT_WORK_TREE` as absolute paths.
    ///
    /// In the environment they may be relative to the current folder, but git starts at the top of the work tree.
    pinned: Vec<(&'static str, OsString)>,
    target: Target,
}

/// Whether git processes inherit the variables that select a repository ([`GIT_LOCAL_VARIABLES`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// They do: git works on the repository of the environment.
    SelectedRepository,
    /// They do not: git works on the repository of the folder.
    OtherRepository,
}

impl Executable {
    /// git in `folder`, with every `GIT_*` variable of `environment`.
    pub(super) fn new(environment: &Environment, folder: &Path) -> Self {
        Self {
            environment: environment.clone(),
            folder: folder.to_owned(),
            pinned: Vec::new(),
            target: Target::SelectedRepository,
        }
    }

    /// git in `folder` of another repository, without the variables that select this one.
    pub(super) fn for_other_repository(&self, folder: &Path) -> Self {
        Self { target: Target::OtherRepository, ..Self::new(&self.environment, folder) }
    }

    /// Sets a variable for every later process.
    pub(super) fn pin(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.pinned.push((name, value.into()));
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A git process in the folder, with empty stdin and English messages, which `error` classifies.
    pub(super) fn tool(&self) -> Tool {
        let other = self.target == Target::OtherRepository;
        let variables = self.environment.not_inherited().filter(|(name, _)| !(other && is_local(name)));
        let absent = GIT_LOCAL_VARIABLES.into_iter().filter(|name| other || self.environment.get(name).is_none());
        let mut tool = Tool::new("git").current_dir(&self.folder);
        for (name, value) in variables {
            tool = tool.env(name, value);
        }
        for (name, value) in &self.pinned {
            tool = tool.env(name, value);
        }
        let unpinned = absent.filter(|name| !self.pinned.iter().any(|(pinned, _)| pinned == name));
        tool.without_env(unpinned)
            // `git config` alone reads the one file that GIT_CONFIG names; every other command ignores the variable.
            .without_env(["LANGUAGE", "GIT_CONFIG"])
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // Replace refs and grafts are local to a clone: with them two clones answer differently, and anybody can edit history.
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", NO_GRAFTS)
    }

    /// Runs git; an exit status other than 0 is an error.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Output, Error> {
        Ok(self.tool().args(arguments).checked()?)
    }

    /// Runs git and returns its output whatever its exit status.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Output, Error> {
        Ok(self.tool().args(arguments).output()?)
    }
}

/// Whether the variable `name` selects or configures a repository.
///
/// Includes `GIT_CONFIG_KEY_<n>` and `GIT_CONFIG_VALUE_<n>`.
fn is_local(name: &str) -> bool {
    GIT_LOCAL_VARIABLES.contains(&name) || name.starts_with("GIT_CONFIG_KEY_") || name.starts_with("GIT_CONFIG_VALUE_")
}

/// Returns the version of the first `git` on PATH.
pub fn git_version(environment: &Environment) -> Result<(u32, u32, u32), Error> {
    let folder = PathBuf::from(".");
    let tool = Executable::new(environment, &folder).tool().arg("version").deadline(Duration::from_secs(10));
    let output = tool.checked()?;
    parse_version(&output.text())
        .ok_or_else(|| Error::UnexpectedOutput { command: "git version".to_owned(), output: output.text() })
}

/// Parses the output of `git version`, including the suffixes of distributions and release candidates.
fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let number = text.strip_prefix("git version ")?.split_whitespace().next()?;
    let mut parts = number.split(['.', '-']).map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn versions_of_all_distributions_are_parsed() {
        assert_eq!(parse_version("git version 2.47.3"), Some((2, 47, 3)));
        assert_eq!(parse_version("git version 2.39.5 (Apple Git-154)"), Some((2, 39, 5)));
        assert_eq!(parse_version("git version 2.45.1.windows.1"), Some((2, 45, 1)));
        assert_eq!(parse_version("git version 2.54.0-rc1"), Some((2, 54, 0)));
        assert_eq!(parse_version("hub version 1"), None);
    }

    #[test]
    fn local_variables_match_those_of_git() {
        let sandbox = Sandbox::new();
        for name in sandbox.git(sandbox.path(), &["rev-parse", "--local-env-vars"]).lines() {
            assert!(GIT_LOCAL_VARIABLES.contains(&name), "{name}");
        }
    }

    #[test]
    fn a_process_for_another_repository_ignores_git_dir() {
        let sandbox = Sandbox::new();
        let ours = sandbox.repository("ours");
        let other = sandbox.repository("other");
        let environment = sandbox.environment_with([("GIT_DIR", ours.join(".git").to_str().unwrap())]);
        let top = |git: Executable| git.run(&["rev-parse", "--absolute-git-dir"]).unwrap().text();
        let executable = Executable::new(&environment, &other);
        assert!(top(executable.for_other_repository(&other)).ends_with("other/.git"));
        assert!(top(executable).ends_with("ours/.git"));
    }
}
