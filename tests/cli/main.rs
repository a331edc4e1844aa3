//! The command line with real git in temporary repositories: answers, messages, hints and exit codes. No server.

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod manual;
mod settings;
mod version;
