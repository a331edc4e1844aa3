//! Errors of a version.

use crate::model::base_version::BaseVersionError;
use crate::model::ci::CiNumberError;
use crate::model::names::{ProjectName, escape_for_terminal};
use crate::model::stamp::{BuildNumberError, StampError};

/// The version of a build could not be determined.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The base version is invalid.
    #[error("{place}: {source}")]
    #[strum(serialize = "bad-base-version")]
    Base {
        /// The location of the base version.
        place: String,
        /// The reason.
        source: BaseVersionError,
    },
    /// The templates do not give a valid version.
    #[error(transparent)]
    #[strum(serialize = "bad-version-template")]
    Stamp(#[from] StampError),
    /// A CI variable does not hold a build number.
    #[error(transparent)]
    #[strum(serialize = "bad-build-number")]
    CiNumber(#[from] CiNumberError),
    /// `--number` or GIT_DEVPI_BUILD_NUMBER is not a build number.
    #[error("{place}: {source}")]
    #[strum(serialize = "bad-build-number")]
    Number {
        /// The flag or variable.
        place: String,
        /// The reason.
        source: BuildNumberError,
    },
    /// A CI build without a build number.
    #[error("this is a build on {system}, but no variable holds a build number")]
    NoBuildNumber {
        /// The CI system.
        system: &'static str,
        /// How to set it on this system.
        hint: Option<&'static str>,
    },
    /// Tracked files have uncommitted changes in a numbered build.
    #[error("a numbered build must match its commit, but tracked files have uncommitted changes: {}", shortened(.paths))]
    ChangesInCi {
        /// The files.
        paths: Vec<String>,
    },
    /// The version comes from git tags, and no version tag is reachable.
    #[error("{project} takes its version from git tags ({place}), but no version tag is reachable")]
    NoVersionTag {
        /// The project.
        project: ProjectName,
        /// The location of the version.
        place: String,
    },
    /// The version comes from git tags, and the clone's history ends before one.
    #[error("{project} takes its version from git tags ({place}), but this clone is too shallow to reach one")]
    TooShallow {
        /// The project.
        project: ProjectName,
        /// The location of the version.
        place: String,
    },
}

/// Returns the first five of `paths`, and the number of the others.
pub(crate) fn shortened(paths: &[String]) -> String {
    let shown = paths.iter().take(5).map(|p| escape_for_terminal(p)).collect::<Vec<_>>().join(", ");
    if paths.len() > 5 { format!("{shown} and {} more", paths.len() - 5) } else { shown }
}
