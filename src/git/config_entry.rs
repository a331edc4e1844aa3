//! One value of git's configuration, and its scope.

/// The scope of a value of git's configuration (git-config(1)), from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigScope {
    /// The machine's file.
    System,
    /// The user's file.
    Global,
    /// The repository's file.
    Local,
    /// The work tree's file (`extensions.worktreeConfig`).
    Worktree,
    /// `git -c`, or `GIT_CONFIG_COUNT` and its companions.
    Command,
}

/// One value of git's configuration.
///
/// git lists values in order: a later one of the same key overrides an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The key in git's spelling.
    ///
    /// Section and name are in lower case (`devpi.releasebranches`), the subsection is unchanged (`remote.Upstream.url`).
    pub key: String,
    /// The text; `true` for a key without a value, as git reads it.
    pub value: String,
    /// The absolute path of the file, or `command line`.
    pub origin: String,
    /// An included file has the scope of the file that includes it.
    pub scope: ConfigScope,
}
