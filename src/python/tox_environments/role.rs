//! What an environment does with the package.

use std::fmt;

/// A tox environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToxEnvironment {
    /// Its name.
    pub name: String,
    /// What it does with the package.
    pub role: Role,
}

/// What an environment does with the package. Only a result of [`Role::TestsPackage`] is evidence about the package's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Installs the file, and runs commands.
    TestsPackage,
    /// Installs the project in editable mode, not the file.
    Editable,
    /// Installs only the project's dependencies.
    DependenciesOnly,
    /// Installs no package.
    NoPackage,
    /// Its runner installs the project, and reports no file.
    RunnerInstalls(String),
    /// Its way of installing the package is unknown here.
    UnknownPackage(String),
    /// Runs no commands, so its success says nothing.
    NoCommands,
}

/// What tox says about an environment of a given name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedEnvironment {
    /// tox can run it.
    Known(Role),
    /// tox has no environment of this name.
    Unknown,
    /// tox cannot say; the reason.
    Unreadable(String),
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TestsPackage => f.write_str("tests the package"),
            Self::Editable => f.write_str("installs the project in editable mode"),
            Self::DependenciesOnly => f.write_str("installs only the dependencies"),
            Self::NoPackage => f.write_str("installs no package"),
            Self::RunnerInstalls(runner) => write!(f, "has the runner {runner}, which installs no package file"),
            Self::UnknownPackage(package) => write!(f, "has package = {package}"),
            Self::NoCommands => f.write_str("runs no commands"),
        }
    }
}

/// The settings of an environment that decide its role, as tox evaluates them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    /// `package`, after `no_package`, `skip_install` and `use_develop`; `None` if the runner has no such setting.
    pub package: Option<String>,
    /// `runner`, if it is set.
    pub runner: Option<String>,
    /// Whether `commands` is not empty.
    pub has_commands: bool,
    /// Whether git-devpi's plugin hands the package to every environment that installs the project.
    pub hands_out_package: bool,
}

impl Facts {
    pub fn role(&self) -> Role {
        if self.hands_out_package {
            return match self.package.as_deref() {
                None | Some("skip") => Role::NoPackage,
                Some("deps-only") => Role::DependenciesOnly,
                Some(_) if self.has_commands => Role::TestsPackage,
                Some(_) => Role::NoCommands,
            };
        }
        // tox-uv's runner calls `uv sync`: also with `--installpkg` its report has no `installpkg` (observed with 1.37).
        if let Some(runner) = self.runner.as_ref().filter(|runner| runner.contains("lock")) {
            return Role::RunnerInstalls(runner.clone());
        }
        match self.package.as_deref() {
            None | Some("skip") => Role::NoPackage,
            Some("editable" | "editable-legacy") => Role::Editable,
            Some("deps-only") => Role::DependenciesOnly,
            Some("external" | "wheel" | "sdist" | "sdist-wheel") if !self.has_commands => Role::NoCommands,
            Some("external" | "wheel" | "sdist" | "sdist-wheel") => Role::TestsPackage,
            Some(other) => Role::UnknownPackage(other.to_owned()),
        }
    }
}
