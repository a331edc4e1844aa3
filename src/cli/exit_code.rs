//! The exit codes: a public contract, in one table.

/// How a command ended. The numbers are part of the interface and of the man page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// The honest no: not green, not there, faults found.
    No,
    /// The command line cannot be understood.
    Usage,
    /// Settings or project cannot be used.
    Unusable,
    /// Not logged in, or not allowed.
    NotAllowed,
    /// Something else is there: other bytes, another commit, another repository's index.
    Conflict,
    /// The server cannot be reached, or is not a devpi.
    Server,
    /// A tool that was called failed: build, tox, git.
    Tool,
    /// A bug in git-devpi.
    Bug,
    /// Interrupted.
    Interrupted,
    /// `test` passes tox's own code on.
    Child(u8),
}

/// Every code with its meaning, as the man page shows it.
pub const TABLE: &[(Exit, &str)] = &[
    (Exit::Done, "done, or nothing to do"),
    (Exit::No, "the honest no: not green, not there, faults found"),
    (Exit::Usage, "the command line cannot be understood"),
    (Exit::Unusable, "settings or project cannot be used"),
    (Exit::NotAllowed, "not logged in, or not allowed"),
    (Exit::Conflict, "conflict: other bytes, another commit, another repository"),
    (Exit::Server, "the server cannot be reached, or is not a devpi"),
    (Exit::Tool, "a tool that was called failed: build, tox, git"),
    (Exit::Bug, "a bug in git-devpi"),
    (Exit::Interrupted, "interrupted"),
];

impl Exit {
    /// The number that the shell sees.
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
