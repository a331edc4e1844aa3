//! The origin of a value.

use std::fmt;
use std::path::PathBuf;

/// The origin of a value, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag on the command line, `--server`; or how else the user gives the value to this call: `argument URL`, `typed`.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// git config.
    GitConfig {
        /// The key: `devpi.server`.
        key: String,
        /// The file, or `command line`.
        place: String,
    },
    /// The repository's settings file.
    RepositoryFile {
        /// `pyproject.toml` or `.git-devpi.toml`
        path: PathBuf,
        /// The key in it.
        key: String,
    },
    /// Computed from the source that the text names.
    Derived(String),
    /// The default.
    Default,
}

impl Origin {
    /// Whether the value comes from the repository, so that everyone with push access can choose it.
    pub fn is_repository(&self) -> bool {
        matches!(self, Self::RepositoryFile { .. })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) if name.starts_with('-') => write!(f, "flag {name}"),
            Self::Flag(name) => write!(f, "{name}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::GitConfig { key, place } => write!(f, "git config {key} ({place})"),
            Self::RepositoryFile { path, key } => write!(f, "{key} in {}", path.display()),
            Self::Derived(from) => write!(f, "{from}"),
            Self::Default => write!(f, "default"),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// Creates a value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Converts the value and keeps the origin.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), origin: self.origin }
    }
}
