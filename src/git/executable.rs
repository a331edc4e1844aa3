//! The `git` executable: how it is started, for our repository and for others.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Error;
use crate::system::environment::{Environment, GIT_LOCAL_VARIABLES};
use crate::system::process::{Output, Tool};

/// How git is started for one folder.
#[derive(Debug, Clone)]
pub(super) struct Executable {
    environment: Environment,
    folder: PathBuf,
    /// `GIT_DIR` and `GIT_WORK_TREE` made absolute: they may be relative to where we were started, and we start git at the top.
    pinned: Vec<(&'static str, OsString)>,
    foreign: bool,
}

impl Executable {
    /// git on the repository that `environment` and `folder` mean: every `GIT_*` variable stays.
    pub(super) fn here(environment: &Environment, folder: &Path) -> Self {
        Self { environment: environment.clone(), folder: folder.to_owned(), pinned: Vec::new(), foreign: false }
    }

    /// git on another repository: nothing that ties to ours is inherited.
    pub(super) fn elsewhere(environment: &Environment, folder: &Path) -> Self {
        Self { foreign: true, ..Self::here(environment, folder) }
    }

    /// The same for another folder of another repository.
    pub(super) fn for_other_repository(&self, folder: &Path) -> Self {
        Self::elsewhere(&self.environment, folder)
    }

    /// Sets a variable for every later call.
    pub(super) fn pin(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.pinned.push((name, value.into()));
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A git process to be: in the folder, speaking English (its messages are read), reading nothing from stdin.
    pub(super) fn tool(&self) -> Tool {
        let variables = self.environment.not_inherited().filter(|(name, _)| !(self.foreign && is_local(name)));
        let absent =
            GIT_LOCAL_VARIABLES.into_iter().filter(|name| self.foreign || self.environment.get(name).is_none());
        let mut tool = Tool::new("git").current_dir(&self.folder);
        for (name, value) in variables {
            tool = tool.env(name, value);
        }
        for (name, value) in &self.pinned {
            tool = tool.env(name, value);
        }
        let unpinned = absent.filter(|name| !self.pinned.iter().any(|(pinned, _)| pinned == name));
        tool.without_env(unpinned).without_env(["LANGUAGE"]).env("LC_ALL", "C.UTF-8").env("GIT_OPTIONAL_LOCKS", "0")
    }

    /// Runs git and fails unless it ends with 0.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Output, Error> {
        Ok(self.tool().args(arguments).checked()?)
    }

    /// Runs git and gives its output whatever its status.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Output, Error> {
        Ok(self.tool().args(arguments).output()?)
    }
}

/// Whether `name` ties a git process to one repository, `GIT_CONFIG_KEY_<n>` and `GIT_CONFIG_VALUE_<n>` included.
fn is_local(name: &str) -> bool {
    GIT_LOCAL_VARIABLES.contains(&name) || name.starts_with("GIT_CONFIG_KEY_") || name.starts_with("GIT_CONFIG_VALUE_")
}

/// The version of the `git` that is first on PATH.
pub fn git_version(environment: &Environment) -> Result<(u32, u32, u32), Error> {
    let folder = PathBuf::from(".");
    let tool = Executable::here(environment, &folder).tool().arg("version").deadline(Duration::from_secs(10));
    let output = tool.checked()?;
    parse_version(&output.text())
        .ok_or_else(|| Error::UnexpectedOutput { command: "git version".to_owned(), output: output.text() })
}

/// Reads `git version 2.47.3`, `git version 2.39.5 (Apple Git-154)`, `git version 2.45.1.windows.1`, `git version 2.54.0-rc1`.
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
    fn every_distributors_version_is_read() {
        assert_eq!(parse_version("git version 2.47.3"), Some((2, 47, 3)));
        assert_eq!(parse_version("git version 2.39.5 (Apple Git-154)"), Some((2, 39, 5)));
        assert_eq!(parse_version("git version 2.45.1.windows.1"), Some((2, 45, 1)));
        assert_eq!(parse_version("git version 2.54.0-rc1"), Some((2, 54, 0)));
        assert_eq!(parse_version("hub version 1"), None);
    }

    #[test]
    fn the_list_of_local_variables_is_gits_own() {
        let sandbox = Sandbox::new();
        for name in sandbox.git(sandbox.path(), &["rev-parse", "--local-env-vars"]).lines() {
            assert!(GIT_LOCAL_VARIABLES.contains(&name), "{name}");
        }
    }

    #[test]
    fn a_foreign_child_is_not_tied_to_our_repository() {
        let sandbox = Sandbox::new();
        let ours = sandbox.repository("ours");
        let other = sandbox.repository("other");
        let environment = sandbox.environment_with([("GIT_DIR", ours.join(".git").to_str().unwrap())]);
        let top = |git: Executable| git.run(&["rev-parse", "--absolute-git-dir"]).unwrap().text();
        assert!(top(Executable::elsewhere(&environment, &other)).ends_with("other/.git"));
        assert!(top(Executable::here(&environment, &other)).ends_with("ours/.git"));
    }
}
