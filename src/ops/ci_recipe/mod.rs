//! `ci-recipe`: a CI configuration for this repository. One file per system; all have the same jobs.
//!
//! - One job for each tox environment of `env_list`, in the fast way: uv installs tox with git-devpi's plugin beside it.
//! - Promotion after them, on release branches.
//! - Deletion of stale indexes, once a day where the system's file can say so.

mod azure;
mod bamboo;
mod bitbucket;
mod branches;
mod commands;
mod error;
mod facts;
mod github;
mod gitlab;
mod jenkins;
mod recipe;

pub use error::Error;
pub use recipe::{Recipe, System, recipe};
