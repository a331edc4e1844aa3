//! What can stop a promotion, beside what stands in the way of it.

use crate::model::names::{IndexName, ProjectName, escape_for_terminal};

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
    /// A promotion asks the remote what is in the release branch, and there is no remote.
    #[error("there is no remote whose release branch could be asked")]
    NoRemote,
    /// The remote does not say which branch is the release branch, or has none of those that are named.
    #[error("{}", no_release_branch(.remote, .wanted))]
    NoReleaseBranchOnRemote {
        /// The remote.
        remote: String,
        /// What the settings say the release branches are; empty where nothing says it.
        wanted: Vec<String>,
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

fn no_release_branch(remote: &str, wanted: &[String]) -> String {
    let remote = escape_for_terminal(remote);
    if wanted.is_empty() {
        return format!("nothing says which branch of {remote} is the release branch");
    }
    format!("{remote} has none of the release branches: {}", escape_for_terminal(&wanted.join(", ")))
}
