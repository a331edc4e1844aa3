//! The command line with real git in temporary repositories: output, messages, hints and exit codes. Without a server.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
#[cfg(unix)]
mod build;
#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod config_hooks;
mod env;
#[cfg(unix)]
mod every_repository;
#[cfg(unix)]
mod hook_fixture;
#[cfg(unix)]
mod hook_managers;
#[cfg(unix)]
mod hook_places;
#[cfg(unix)]
mod hooks;
#[cfg(unix)]
mod hostile_listing;
mod login;
mod manual;
#[cfg(unix)]
mod proxies;
mod rejected_repositories;
#[cfg(unix)]
mod repository_kinds;
#[cfg(unix)]
mod server;
mod settings;
#[cfg(unix)]
mod stamp;
mod version;
mod version_sources;
