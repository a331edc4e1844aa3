//! A snapshot of the environment variables, read once; tests construct their own.
//!
//! Each variable of git-devpi that is not a setting is a constant here. `model::ci` lists the variables of CI systems, `settings::keys`
//! those of settings.

use std::collections::{BTreeMap, BTreeSet};

/// The parent folder of configuration, cache, state and data, instead of the platform's folders.
pub const GIT_DEVPI_HOME: &str = "GIT_DEVPI_HOME";
/// The password for the login, for CI. git-devpi neither stores it nor passes it to child processes.
pub const GIT_DEVPI_PASSWORD: &str = "GIT_DEVPI_PASSWORD";
/// The password for the proxy in front of the server, for CI.
pub const GIT_DEVPI_BASIC_AUTH_PASSWORD: &str = "GIT_DEVPI_BASIC_AUTH_PASSWORD";
/// The API token for `promote --to URL`.
pub const GIT_DEVPI_UPLOAD_TOKEN: &str = "GIT_DEVPI_UPLOAD_TOKEN";
/// The user name that belongs to [`GIT_DEVPI_UPLOAD_TOKEN`].
pub const GIT_DEVPI_UPLOAD_USER: &str = "GIT_DEVPI_UPLOAD_USER";
/// `0` disables every hook.
pub const GIT_DEVPI_HOOKS: &str = "GIT_DEVPI_HOOKS";
/// Set for child processes of a hook, to prevent recursion.
pub const GIT_DEVPI_IN_HOOK: &str = "GIT_DEVPI_IN_HOOK";
/// Set for tox by `git devpi test`, which uploads the evidence itself; `hook tox` then exits.
pub const GIT_DEVPI_IN_TEST: &str = "GIT_DEVPI_IN_TEST";
/// The build number; overrides that of the CI system.
pub const GIT_DEVPI_BUILD_NUMBER: &str = "GIT_DEVPI_BUILD_NUMBER";
/// The branch; overrides the CI system and HEAD.
pub const GIT_DEVPI_BRANCH: &str = "GIT_DEVPI_BRANCH";
/// The filter of the log on stderr (`debug`, `git_devpi::devpi=trace`).
pub const GIT_DEVPI_LOG: &str = "GIT_DEVPI_LOG";
/// The folder of devpi-client's login.
pub const DEVPI_CLIENTDIR: &str = "DEVPI_CLIENTDIR";

/// The variables that select a repository, of git 2.55 and older (`git rev-parse --local-env-vars`).
///
/// Hooks of linked worktrees and submodules start with `GIT_DIR` set. A child process that works on another repository, or a build backend
/// that calls git, must not inherit these variables, or it works on the wrong repository.
pub const GIT_LOCAL_VARIABLES: [&str; 18] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Variables that child processes (builders, tox) must not inherit.
const SECRET: [&str; 2] = [GIT_DEVPI_PASSWORD, GIT_DEVPI_BASIC_AUTH_PASSWORD];

/// A snapshot of the environment, without variables that are not Unicode.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The variables that differ from those of this process.
    ///
    /// `None` if all may differ, as in [`Environment::from_pairs`].
    changed: Option<BTreeSet<String>>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn from_process() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: std::env::vars_os().filter_map(unicode).collect(), changed: Some(BTreeSet::new()) }
    }

    /// Creates an environment from name and value pairs.
    pub fn from_pairs<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        Self { variables: pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), changed: None }
    }

    /// Returns the environment with `name` set to `value`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        if let Some(changed) = &mut self.changed {
            changed.insert(name.to_owned());
        }
        self
    }

    /// Returns the environment without these variables. Child processes get them all the same, unless their caller removes them.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.variables.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// Returns the variables whose values a child process does not inherit from this process.
    ///
    /// Setting only these is cheaper: std starts a child with its own PATH by fork instead of posix_spawn.
    pub fn not_inherited(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| self.changed.as_ref().is_none_or(|changed| changed.contains(*name)))
    }

    /// Returns the value of `name`; `Some("")` if it is set and empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Returns the value of `name` unless it is empty.
    pub fn non_empty(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether `name` is set and not empty.
    pub fn is_set(&self, name: &str) -> bool {
        self.non_empty(name).is_some()
    }

    /// Returns all variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the names of variables with passwords and tokens, to remove them from builders and tox.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.variables
            .keys()
            .map(String::as_str)
            .filter(|name| SECRET.contains(name) || (name.starts_with("GIT_DEVPI_") && name.ends_with("_TOKEN")))
    }

    /// Returns the passwords and tokens, to redact them in reports and logs.
    pub fn secret_values(&self) -> impl Iterator<Item = &str> {
        self.secret_names().filter_map(|name| self.non_empty(name))
    }
}
