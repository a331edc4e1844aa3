//! Floor 4: what we do, one file per verb.
//!
//! Every operation takes the [`Workbench`] and a request, and gives an outcome or an [`Error`]. Whatever changes something outside is a
//! plan (pure) and its carrying out. Nothing here prints or asks: [`Progress`] is the only way to speak while working.

mod branch;
pub mod branch_index;
pub mod build;
mod cache;
pub mod contents;
pub mod deletion;
pub mod demo;
mod dest;
pub mod doctor;
pub mod ensure;
pub mod env;
mod error;
pub mod evidence;
pub mod gate;
pub mod gone_branches;
pub mod hook_access;
pub mod hook_tox;
pub mod hooks;
pub mod index;
pub mod index_cache;
pub mod index_upkeep;
pub mod init;
pub mod local_server;
pub mod local_users;
pub mod login;
pub mod own_commits;
pub mod post_merge;
pub mod pre_push;
pub mod progress;
pub mod project;
pub mod promote;
pub mod prune;
pub mod quiet_times;
pub mod registration;
pub mod release;
pub mod reports;
pub mod results;
mod session;
pub mod settings;
pub mod stamp;
pub mod status;
pub mod survey;
pub mod test;
pub mod version;
pub mod workbench;

pub use branch::Branch;
pub use error::Error;
pub use progress::{Progress, Silent};
pub use workbench::Workbench;
