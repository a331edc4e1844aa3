//! What can stop a version from being made.

use crate::model::base_version::BaseVersionError;
use crate::model::ci::CiNumberError;
use crate::model::names::{ProjectName, escape_for_terminal};
use crate::model::stamp::{BuildNumberError, StampError};

/// A version that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base version is none.
    #[error("{place}: {source}")]
    Base {
        /// Where the base version stands.
        place: String,
        /// What is wrong with it.
        source: BaseVersionError,
    },
    /// The version cannot be made.
    #[error(transparent)]
    Stamp(#[from] StampError),
    /// A variable holds no build number.
    #[error(transparent)]
    CiNumber(#[from] CiNumberError),
    /// `--number` or GIT_DEVPI_BUILD_NUMBER is no build number.
    #[error("{place}: {source}")]
    Number {
        /// The flag or variable.
        place: String,
        /// What is wrong with it.
        source: BuildNumberError,
    },
    /// In CI, and nobody says which build this is.
    #[error("this is a build on {system}, and no variable holds a build number")]
    NoBuildNumber {
        /// The CI system.
        system: &'static str,
        /// What to set on this system.
        hint: Option<&'static str>,
    },
    /// Tracked files differ, in CI or with a build number.
    #[error("a numbered build is made from a commit, and tracked files have changes: {}", shortened(.paths))]
    ChangesInCi {
        /// The files.
        paths: Vec<String>,
    },
    /// The base has to come from a version tag, and there is none.
    #[error("{project} takes its version from git tags ({place}), and no version tag is reachable")]
    NoVersionTag {
        /// The project.
        project: ProjectName,
        /// Where the version stands.
        place: String,
    },
    /// The base has to come from a version tag, and the history is cut off before one.
    #[error("{project} takes its version from git tags ({place}), and this clone is too shallow to reach one")]
    TooShallow {
        /// The project.
        project: ProjectName,
        /// Where the version stands.
        place: String,
    },
}

/// The first five of `paths`, and the number of the others.
pub(crate) fn shortened(paths: &[String]) -> String {
    let shown = paths.iter().take(5).map(|p| escape_for_terminal(p)).collect::<Vec<_>>().join(", ");
    if paths.len() > 5 { format!("{shown} and {} more", paths.len() - 5) } else { shown }
}
