//! `self publish`: git-devpi's own wheels on an index of the team's server, for machines that do not reach PyPI.

mod error;
mod publish;

pub use error::Error;
pub use publish::{PublishedFile, SelfPublication, SelfPublishRequest, publish};
