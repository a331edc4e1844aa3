//! The environment, read once: a snapshot that tests can make by hand.
//!
//! Every variable of our own is a constant here. The variables of CI systems are data in `model::ci`, those of settings in
//! `settings::keys`.

use std::collections::{BTreeMap, BTreeSet};

/// One folder for everything that git-devpi stores (configuration, cache, state, data); else the platform's folders.
pub const GIT_DEVPI_HOME: &str = "GIT_DEVPI_HOME";
/// The password for the log-in, for CI. Never stored, never handed to children.
pub const GIT_DEVPI_PASSWORD: &str = "GIT_DEVPI_PASSWORD";
/// `0` makes every hook return at once.
pub const GIT_DEVPI_HOOKS: &str = "GIT_DEVPI_HOOKS";
/// Set for the children of a hook of ours, so that whatever they set off never comes back to us.
pub const GIT_DEVPI_IN_HOOK: &str = "GIT_DEVPI_IN_HOOK";
/// Set for tox by `git devpi test`, which uploads the evidence itself: `hook tox` then does nothing.
pub const GIT_DEVPI_IN_TEST: &str = "GIT_DEVPI_IN_TEST";
/// The build number, whatever the CI system says.
pub const GIT_DEVPI_BUILD_NUMBER: &str = "GIT_DEVPI_BUILD_NUMBER";
/// The branch, whatever the CI system or HEAD says.
pub const GIT_DEVPI_BRANCH: &str = "GIT_DEVPI_BRANCH";
/// A filter for the trace on stderr (`debug`, `git_devpi::devpi=trace`).
pub const GIT_DEVPI_LOG: &str = "GIT_DEVPI_LOG";
/// The folder of devpi-client's own log-in.
pub const DEVPI_CLIENTDIR: &str = "DEVPI_CLIENTDIR";

/// The variables that tie a git process to one repository (`git rev-parse --local-env-vars`, git 2.55, and those of older versions).
///
/// Hooks of linked worktrees and submodules run with `GIT_DIR` set: a child that works on another repository, or a build backend that
/// calls git, must not inherit any of them, or it works on ours (git.md T15).
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

/// Variables that children (builders, tox) must not see.
const SECRET: [&str; 1] = [GIT_DEVPI_PASSWORD];

/// A snapshot of the environment. Variables that are not Unicode are left out.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// What differs from the environment that children inherit anyway; `None`: it was made by hand, and everything may differ.
    changed: Option<BTreeSet<String>>,
}

impl Environment {
    /// The environment of this process.
    pub fn from_process() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: std::env::vars_os().filter_map(unicode).collect(), changed: Some(BTreeSet::new()) }
    }

    /// An environment made by hand.
    pub fn from_pairs<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        Self { variables: pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), changed: None }
    }

    /// The same environment with `name` set to `value`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        if let Some(changed) = &mut self.changed {
            changed.insert(name.to_owned());
        }
        self
    }

    /// The variables that have to be set for a child, because it would not inherit them as they are here. Setting fewer makes starting
    /// it cheaper: a child with a PATH of its own cannot be spawned, only forked.
    pub fn not_inherited(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| self.changed.as_ref().is_none_or(|changed| changed.contains(*name)))
    }

    /// The value of `name`; `Some("")` when it is set and empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The value of `name` unless it is empty.
    pub fn non_empty(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether `name` is set to something that is not empty.
    pub fn is_set(&self, name: &str) -> bool {
        self.non_empty(name).is_some()
    }

    /// All variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The variables that must be taken away from a child that is not ours (builder, tox): passwords and tokens.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.variables
            .keys()
            .map(String::as_str)
            .filter(|name| SECRET.contains(name) || (name.starts_with("GIT_DEVPI_") && name.ends_with("_TOKEN")))
    }

    /// The values that must never reach a report or a log.
    pub fn secret_values(&self) -> impl Iterator<Item = &str> {
        self.secret_names().filter_map(|name| self.non_empty(name))
    }
}
