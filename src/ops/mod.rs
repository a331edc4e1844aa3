//! One file or folder per verb and hook.
//!
//! Every operation takes the [`Workspace`](crate::workspace::Workspace) and a request, and returns an outcome or an [`Error`].
//! Changes outside of this process have two parts: a plan, which is pure, and its execution. No operation prints or prompts:
//! [`Progress`](crate::workspace::Progress) is their only output.

pub mod ci_recipe;
pub mod clean_up;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod ensure;
pub mod env;
mod error;
pub mod finish_push;
pub mod fleet;
pub mod hook_tox;
pub mod hooks;
pub mod index;
pub mod init;
pub mod login;
mod login_error;
pub mod post_merge;
pub mod pre_push;
pub mod promote;
pub mod prune;
pub mod receive;
pub mod results;
pub mod self_publish;
pub mod settings;
pub mod shell_word;
pub mod status;
pub mod test;
pub mod unfinished_push;
pub mod withdraw;

pub use error::Error;
pub use login_error::LoginError;
