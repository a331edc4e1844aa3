//! The exit codes, which are part of the public interface.

/// The outcome of a command as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do: 0.
    Done,
    /// A negative result, for example a failed check or a release that was not found: 1.
    No,
    /// The command line is invalid: 2.
    Usage,
    /// The settings or the project cannot be used: 3.
    Unusable,
    /// Not logged in, or not allowed: 4.
    NotAllowed,
    /// A conflict with other bytes, another commit or another repository: 5.
    Conflict,
    /// The server cannot be reached, or is not a devpi server: 6.
    Server,
    /// A tool that was called failed, for example the builder, tox or git: 7.
    Tool,
    /// A bug in git-devpi: 70.
    Bug,
    /// Interrupted: 130.
    Interrupted,
    /// The exit code of tox, which `test` passes on.
    Child(u8),
}

/// Every exit code with its meaning, for the man page.
pub const TABLE: &[(Exit, &str)] = &[
    (Exit::Done, "done, or nothing to do"),
    (Exit::No, "negative result: tests not passed, not found, or a check failed"),
    (Exit::Usage, "the command line is invalid"),
    (Exit::Unusable, "the settings or the project cannot be used"),
    (Exit::NotAllowed, "not logged in, or not allowed"),
    (Exit::Conflict, "conflict: other bytes, another commit, another repository"),
    (Exit::Server, "the server cannot be reached, or is not a devpi server"),
    (Exit::Tool, "a tool that was called failed: the builder, tox, git"),
    (Exit::Bug, "a bug in git-devpi"),
    (Exit::Interrupted, "interrupted"),
];

impl Exit {
    /// Returns the number that the shell receives.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Unusable => 3,
            Self::NotAllowed => 4,
            Self::Conflict => 5,
            Self::Server => 6,
            Self::Tool => 7,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Child(code) => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_a_contract() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 70, 130]);
    }
}
