//! Floor 7: one file per verb and hook.
//!
//! Every operation takes the [`Workspace`](crate::workspace::Workspace) and a request, and gives an outcome or an [`Error`]. Whatever changes something outside is a
//! plan (pure) and its carrying out. Nothing here prints or asks: [`Progress`](crate::workspace::Progress) is the only way to speak while working.

pub mod demo;
pub mod doctor;
pub mod ensure;
pub mod env;
mod error;
pub mod hook_tox;
pub mod hooks;
pub mod index;
pub mod init;
pub mod login;
pub mod post_merge;
pub mod pre_push;
pub mod promote;
pub mod prune;
pub mod results;
pub mod settings;
pub mod status;
pub mod test;
pub mod withdraw;

pub use error::Error;
