//! What can stop a promotion, beside what stands in the way of it.

use crate::model::names::{IndexName, ProjectName};

/// A promotion that could not be decided, or did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no production index. It is never made in passing.
    #[error("there is no production index {index}")]
    NoProduction {
        /// Its name.
        index: IndexName,
    },
    /// `--from` names an index that belongs to no release branch of this repository.
    #[error("{index} does not belong to a release branch of this repository")]
    NotAReleaseIndex {
        /// Its name.
        index: IndexName,
    },
    /// Production has some of the files. devpi's push refuses what is there already, so the others cannot follow.
    #[error("{index} holds a part of {project} {version}, and files cannot be added to it")]
    PartlyThere {
        /// The production index.
        index: IndexName,
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
    },
    /// The server took a promotion, and production lacks files all the same.
    #[error("{index} lacks {} of {project} {version} after the promotion", .missing.join(", "))]
    PromotedPartly {
        /// The production index.
        index: IndexName,
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The files.
        missing: Vec<String>,
    },
}
