//! Whole ways through git-devpi, with a real devpi-server, real git, real builders and real tox. What the server holds afterwards is
//! asked of the server itself.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(unix)]
mod demo;
mod ensure;
mod env;
mod index;
mod init;
mod login;
#[cfg(unix)]
mod post_merge;
mod pre_push;
mod pre_push_trouble;
mod promote;
mod prune;
mod pushing;
mod real_packages;
mod results;
#[cfg(unix)]
mod server_verb;
mod stage;
mod support_itself;
mod team;
mod test_verb;
mod tox_evidence;
#[cfg(unix)]
mod tox_versions;
