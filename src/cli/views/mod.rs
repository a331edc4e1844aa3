//! One file per verb: its outcome as text and as JSON.

pub mod attestation;
pub mod build;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod ensure;
pub mod env;
pub mod evidence;
pub mod hooks;
pub mod index;
pub mod init;
pub mod login;
pub mod promote;
pub mod prune;
pub mod requirements;
pub mod results;
pub mod self_publish;
pub mod server;
pub mod settings;
pub mod stamp;
pub mod status;
pub mod status_all;
pub mod table;
pub mod test;
pub mod version;
pub mod withdraw;
