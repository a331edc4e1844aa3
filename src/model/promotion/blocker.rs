//! The reasons that prevent a promotion, as data and as a message.

use std::fmt;

use jiff::Timestamp;

use super::super::evidence::{EvidenceRow, UnreadableReport, Verdict};
use super::super::names::{CommitId, IndexName, ProjectName, Sha256, escape_for_terminal};
use super::super::tox_result::NotEvidence;
use super::file_evidence::FileEvidence;

/// A reason that prevents a promotion. Its text is a message without a full stop, escaped for terminals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// Production has a file of this name with other content. No change to this release resolves the conflict.
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
    /// The version is a pre, development or local version, which production never takes.
    NotFinal {
        /// The version.
        version: String,
    },
    /// The index has no such release.
    NoSuchRelease {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The source index.
        index: IndexName,
        /// Whether production has that version, from any source.
        in_production: bool,
    },
    /// These files have no trusted provenance.
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
    /// This clone cannot determine whether the commit is in the release branch.
    AncestryUnknown {
        /// The commit.
        commit: CommitId,
    },
    /// The release has no wheel for this platform.
    MissingPlatform {
        /// The pattern from the setting.
        platform: String,
    },
    /// No environment is required, so no evidence would be checked.
    NothingRequired,
    /// A required environment has not tested a file.
    MissingEvidence {
        /// The file.
        file_name: String,
        /// The environment.
        environment: String,
        /// The newest result that does not count, if there is one.
        ignored: Option<IgnoredResult>,
    },
    /// The tests failed in a required environment.
    Failed {
        /// The file.
        file_name: String,
        /// The environment.
        environment: String,
        /// The uploader of the result; `None` for an anonymous one.
        who: Option<String>,
        /// The time of the upload.
        when: Timestamp,
    },
    /// A required environment passes now, but failed for the same file before.
    Flaky {
        /// The file.
        file_name: String,
        /// The environment.
        environment: String,
        /// The number of failures.
        failures: usize,
        /// The uploader of the last failure; `None` for an anonymous one.
        who: Option<String>,
        /// The time of its upload.
        when: Timestamp,
    },
    /// A trusted report that may decide cannot be read as it was uploaded.
    WithheldReport {
        /// The report.
        report: UnreadableReport,
    },
    /// The release was withdrawn from production, and the promotion does not name it.
    Withdrawn {
        /// The user who withdrew it.
        who: Option<String>,
        /// The time.
        when: Timestamp,
        /// The production index.
        index: IndexName,
    },
    /// Production has a higher version of the same base.
    HigherInProduction {
        /// The version to promote.
        version: String,
        /// The highest version in production.
        higher: String,
        /// The production index.
        index: IndexName,
    },
}

/// A result that does not count as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoredResult {
    /// Its uploader is not an evidence user.
    Untrusted {
        /// The uploader; `None` for an anonymous one.
        who: Option<String>,
    },
    /// It is no evidence about the file.
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
                write!(f, "a result by {} does not count: not in evidence-users", escape_for_terminal(who))
            }
            Self::Untrusted { who: None } => f.write_str("an anonymous result does not count"),
            Self::NotEvidence(reason) => write!(f, "it {reason}"),
        }
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = escape_for_terminal;
        let name = |who: Option<&str>| safe(who.unwrap_or("anonymous"));
        match self {
            Self::FileConflict { file_name, index, here, there } => write!(
                f,
                "{index} has {} with other content (sha256 {}…, in the release {}…)",
                safe(file_name),
                there.short(),
                here.short()
            ),
            Self::NotFinal { version } => {
                write!(f, "{} is a pre, development or local version", safe(version))
            }
            Self::NoSuchRelease { project, version, index, in_production } => {
                write!(f, "{project} {} not found on {index}", safe(version))?;
                if *in_production { f.write_str(", but it exists in production") } else { Ok(()) }
            }
            Self::NoProvenance { files } => {
                write!(f, "no trusted provenance for {}", safe(&files.join(", ")))
            }
            Self::SeveralCommits { commits } => {
                let commits: Vec<&str> = commits.iter().map(CommitId::short).collect();
                write!(f, "files were built from several commits: {}", commits.join(", "))
            }
            Self::NotOnReleaseBranch { commit } => {
                write!(f, "commit {} is not in the release branch on the remote", commit.short())
            }
            Self::AncestryUnknown { commit } => {
                write!(f, "this clone cannot determine whether commit {} is in the release branch", commit.short())
            }
            Self::MissingPlatform { platform } => write!(f, "no wheel for platform {}", safe(platform)),
            Self::NothingRequired => f.write_str("no required environments are configured"),
            Self::MissingEvidence { file_name, environment, ignored } => {
                write!(f, "no evidence for {} in {}", safe(file_name), safe(environment))?;
                ignored.as_ref().map_or(Ok(()), |instead| write!(f, " ({instead})"))
            }
            Self::Failed { file_name, environment, who, when } => write!(
                f,
                "{} failed in {} (by {}, at {when})",
                safe(file_name),
                safe(environment),
                name(who.as_deref())
            ),
            Self::Flaky { file_name, environment, failures, who, when } => write!(
                f,
                "{} in {} passed after {failures} {} (last by {}, at {when})",
                safe(file_name),
                safe(environment),
                if *failures == 1 { "failure" } else { "failures" },
                name(who.as_deref())
            ),
            Self::WithheldReport { report } => write!(f, "{report}"),
            Self::Withdrawn { who, when, index } => {
                write!(f, "withdrawn from {index} (by {}, at {when})", name(who.as_deref()))
            }
            Self::HigherInProduction { version, higher, index } => {
                write!(f, "{index} has {}, which is higher than {}", safe(higher), safe(version))
            }
        }
    }
}
