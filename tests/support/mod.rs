//! Shared by the test binaries: the tools that tests call, a real devpi-server, an isolated sandbox, sample projects.
//!
//! A test binary includes it with `#[path = "../support/mod.rs"] mod support;`. Nothing here reads git-devpi's own output:
//! [`Api`] queries the server.

#![allow(
    dead_code,
    unused_imports,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod api;
#[cfg(unix)]
mod browser;
mod closed_front;
mod devpi_server;
#[cfg(unix)]
mod front;
#[cfg(unix)]
mod postgresql;
mod proxy;
mod python_project;
mod run;
mod sandbox;
#[cfg(unix)]
mod terminal;
mod tools;

pub use api::{Api, Link};
#[cfg(unix)]
pub use browser::{Browser, Layout};
pub use closed_front::{ClosedFront, Closure};
pub use devpi_server::{DevpiServer, TestUser};
#[cfg(unix)]
pub use front::{Front, FrontRequest};
pub use proxy::{Arrival, Fault, Proxy};
pub use python_project::{Backend, PythonProject};
pub use run::Run;
pub use sandbox::Sandbox;
pub use tools::Tools;

/// Writes a line to the test run's output, also when the test passes: a skipped case, a measurement.
pub fn report(line: &str) {
    use std::io::Write;
    // Written directly, because the test harness captures output of `println!`.
    let _ = writeln!(std::io::stderr(), "{line}");
}
