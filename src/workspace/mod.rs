//! The workspace of every operation: repository, projects, branch, settings, server session, cache
//! and progress.
//!
//! The settings include those that are committed on the release branch. This room decides which server gets credentials. It
//! never prints, prompts, or runs a verb.

pub mod authority;
pub mod branch;
pub mod cache;
pub mod deletion_log;
pub mod error;
pub mod gate;
pub mod hook_backoff;
pub mod hook_session;
pub mod local_server;
pub mod local_users;
pub mod open;
mod passwords;
pub mod progress;
pub mod project;
pub mod publishing;
pub mod remote_gate;
pub mod reported;
pub mod session;
mod storage;
mod tracked_files;
mod upload_login;

pub use branch::Branch;
pub use error::Error;
pub use open::Workspace;
pub use progress::{Progress, Silent};
