//! What stands in the way of a promotion, as data and as a sentence.

use std::fmt;

use jiff::Timestamp;

use super::super::evidence::{EvidenceRow, Verdict};
use super::super::names::{CommitId, IndexName, ProjectName, Sha256, harmless};
use super::super::tox_result::NotEvidence;
use super::file_evidence::FileEvidence;

/// Something that stands between a release and production. Its text is a sentence without a full stop, safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// Production holds a file of this name with other bytes. A conflict: nothing that is done to this release mends it.
    FileConflict {
        /// The file.
        file_name: String,
        /// The production index.
        index: IndexName,
        /// Its sha256 in the release.
        here: Sha256,
        /// Its sha256 in production.
        there: Sha256,
    },
    /// The index has no such release.
    NoSuchRelease {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The index that was looked at.
        index: IndexName,
        /// Whether production has that version, from wherever.
        in_production: bool,
    },
    /// Nobody who is trusted says from which commit these files were built.
    NoProvenance {
        /// The files.
        files: Vec<String>,
    },
    /// The files were built from several commits.
    SeveralCommits {
        /// The commits.
        commits: Vec<CommitId>,
    },
    /// The commit is not in the release branch on the remote.
    NotOnReleaseBranch {
        /// The commit.
        commit: CommitId,
    },
    /// Whether the commit is in the release branch cannot be decided in this clone.
    AncestryUnknown {
        /// The commit.
        commit: CommitId,
    },
    /// No wheel is for this platform yet.
    MissingPlatform {
        /// The pattern, as the setting has it.
        platform: String,
    },
    /// No environment is required, so that nothing would be proven.
    NothingRequired,
    /// A required environment has not tested a file.
    MissingEvidence {
        /// The file.
        file_name: String,
        /// The environment.
        environment: String,
        /// What is there instead.
        ignored: Option<IgnoredResult>,
    },
    /// A required environment is red.
    Failed {
        /// The file.
        file_name: String,
        /// The environment.
        environment: String,
        /// Who says so.
        who: Option<String>,
        /// Since when.
        when: Timestamp,
    },
    /// Production has a higher version of the same base.
    HigherInProduction {
        /// The version that is to be promoted.
        version: String,
        /// The highest version there.
        higher: String,
        /// The production index.
        index: IndexName,
    },
}

/// A result that is there and does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoredResult {
    /// It was posted by somebody who is not among the evidence users.
    Untrusted {
        /// By whom; `None` for somebody who was not logged in.
        who: Option<String>,
    },
    /// It says nothing about the file.
    NotEvidence(NotEvidence),
}

impl IgnoredResult {
    /// The newest result for the file and environment of `file`, none of which counts.
    pub(super) fn newest(rows: &[EvidenceRow], file: &FileEvidence) -> Option<Self> {
        let row = rows
            .iter()
            .filter(|row| row.file_name == file.file_name && row.environment == file.environment)
            .max_by_key(|row| row.when)?;
        match &row.reason {
            Some(reason) if row.verdict == Verdict::NoEvidence => Some(Self::NotEvidence(reason.clone())),
            _ => Some(Self::Untrusted { who: row.who.clone() }),
        }
    }
}

impl fmt::Display for IgnoredResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untrusted { who: Some(who) } => {
                write!(f, "a result by {}, who is not among the evidence users, does not count", harmless(who))
            }
            Self::Untrusted { who: None } => f.write_str("an anonymous result does not count"),
            Self::NotEvidence(reason) => write!(f, "it {reason}"),
        }
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileConflict { file_name, index, here, there } => write!(
                f,
                "{index} holds other bytes as {} (sha256 {}… there, {}… here)",
                harmless(file_name),
                there.short(),
                here.short()
            ),
            Self::NoSuchRelease { project, version, index, in_production } => {
                write!(f, "{project} {} is not on {index}", harmless(version))?;
                if *in_production { f.write_str(", though it is in production") } else { Ok(()) }
            }
            Self::NoProvenance { files } => {
                write!(f, "nobody trusted says from which commit {} was built", harmless(&files.join(", ")))
            }
            Self::SeveralCommits { commits } => {
                let commits: Vec<&str> = commits.iter().map(CommitId::short).collect();
                write!(f, "its files were built from several commits: {}", commits.join(", "))
            }
            Self::NotOnReleaseBranch { commit } => {
                write!(f, "its commit {} is not in the release branch on the remote", commit.short())
            }
            Self::AncestryUnknown { commit } => write!(
                f,
                "whether its commit {} is in the release branch cannot be decided in this clone",
                commit.short()
            ),
            Self::MissingPlatform { platform } => write!(f, "it has no wheel for {} yet", harmless(platform)),
            Self::NothingRequired => f.write_str("no environment is named that must be green"),
            Self::MissingEvidence { file_name, environment, ignored } => {
                write!(f, "no evidence that {} is green in {}", harmless(file_name), harmless(environment))?;
                ignored.as_ref().map_or(Ok(()), |instead| write!(f, " ({instead})"))
            }
            Self::Failed { file_name, environment, who, when } => write!(
                f,
                "{} failed in {} (by {}, at {when})",
                harmless(file_name),
                harmless(environment),
                harmless(who.as_deref().unwrap_or("nobody"))
            ),
            Self::HigherInProduction { version, higher, index } => {
                write!(f, "{index} has {}, which is higher than {}", harmless(higher), harmless(version))
            }
        }
    }
}
