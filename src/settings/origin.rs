//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from: what an error about it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of this command line, `--server`.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// git config: the key, and the file or `command line`.
    GitConfig {
        /// `devpi.server`
        key: String,
        /// `file:/home/x/.gitconfig`, `command line:`
        place: String,
    },
    /// The repository's own file.
    RepositoryFile {
        /// `pyproject.toml` or `.git-devpi.toml`
        path: PathBuf,
        /// The key in it.
        key: String,
    },
    /// Worked out from something else, which the text names.
    Derived(String),
    /// The default of the table.
    Default,
}

impl Origin {
    /// Whether the value came out of the repository, so that whoever can push to it has chosen it.
    pub fn is_repository(&self) -> bool {
        matches!(self, Self::RepositoryFile { .. })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
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
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The same origin with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), origin: self.origin }
    }
}
