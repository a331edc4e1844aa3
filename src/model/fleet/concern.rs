//! What needs attention in a repository.

use std::fmt;

use jiff::SignedDuration;

use super::super::names::{IndexName, ProjectName, escape_for_terminal};

/// The time without an upload or result after which an index counts as idle.
pub const IDLE_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// One fact that needs attention. The variants are in the order of severity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// A build failed because of the project, and no later build has replaced its claim.
    FailedBuild {
        /// The project and version, or the branch where the claim does not name them.
        what: String,
        /// The reason that the builder noted.
        reason: String,
    },
    /// The deletion of this index was interrupted.
    InterruptedDeletion(IndexName),
    /// The records name several remotes: a fork with the same name, or a repository that moved.
    SeveralRemotes(usize),
    /// Builds that ended without a release and without a reason.
    LostBuilds(usize),
    /// A release passed, and production has an older version or none.
    NotInProduction {
        /// The project.
        project: ProjectName,
        /// The version that passed.
        green: String,
        /// The version in production.
        production: Option<String>,
    },
    /// An index has so many releases of a project that uploads to it are slow.
    ManyReleases {
        /// The index.
        index: IndexName,
        /// The project.
        project: ProjectName,
        /// The number of releases.
        releases: usize,
    },
    /// Indexes without an upload or result for [`IDLE_AFTER`].
    Idle(usize),
}

impl Concern {
    /// The severity: 0 is the most severe.
    pub fn rank(&self) -> u8 {
        match self {
            Self::FailedBuild { .. } => 0,
            Self::InterruptedDeletion(_) => 1,
            Self::SeveralRemotes(_) => 2,
            Self::LostBuilds(_) => 3,
            Self::NotInProduction { .. } => 4,
            Self::ManyReleases { .. } => 5,
            Self::Idle(_) => 6,
        }
    }

    /// The name in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FailedBuild { .. } => "failed-build",
            Self::InterruptedDeletion(_) => "interrupted-deletion",
            Self::SeveralRemotes(_) => "several-remotes",
            Self::LostBuilds(_) => "lost-builds",
            Self::NotInProduction { .. } => "not-in-production",
            Self::ManyReleases { .. } => "many-releases",
            Self::Idle(_) => "idle",
        }
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailedBuild { what, reason } => {
                write!(f, "the build of {} failed: {}", escape_for_terminal(what), escape_for_terminal(reason))
            }
            Self::InterruptedDeletion(index) => write!(f, "the deletion of {index} was interrupted"),
            Self::SeveralRemotes(count) => write!(f, "its records name {count} remotes"),
            Self::LostBuilds(1) => f.write_str("a build ended without a release"),
            Self::LostBuilds(count) => write!(f, "{count} builds ended without a release"),
            Self::NotInProduction { project, green, production } => {
                write!(f, "{project} {} passed, production has ", escape_for_terminal(green))?;
                match production {
                    Some(version) => f.write_str(&escape_for_terminal(version)),
                    None => f.write_str("no version"),
                }
            }
            Self::ManyReleases { index, project, releases } => {
                write!(f, "{index} has {releases} releases of {project}")
            }
            Self::Idle(1) => f.write_str("an index was not used for 30 days"),
            Self::Idle(count) => write!(f, "{count} indexes were not used for 30 days"),
        }
    }
}
