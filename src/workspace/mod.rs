//! What every operation works with: the repository, its projects, its branch, the settings (also as committed on the release branch), the
//! server session, the cache, and progress.
//!
//! This room decides who gets credentials. It never prints, prompts, or runs a verb.

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
pub mod progress;
pub mod project;
pub mod remote_gate;
pub mod session;

pub use branch::Branch;
pub use error::Error;
pub use open::Workspace;
pub use progress::{Progress, Silent};
