//! What the test binaries share: the tools they call, a real devpi-server, a place without anybody's settings, sample projects.
//!
//! A test binary takes it with `#[path = "../support/mod.rs"] mod support;`. Nothing here looks at git-devpi's own output: what the
//! server holds is asked of the server ([`Api`]).

#![allow(
    dead_code,
    unused_imports,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod api;
mod devpi_server;
mod proxy;
mod python_project;
mod run;
mod sandbox;
#[cfg(unix)]
mod terminal;
mod tools;

pub use api::{Api, Link};
pub use devpi_server::{DevpiServer, TestUser};
pub use proxy::{Arrival, Fault, Proxy};
pub use python_project::{Backend, PythonProject};
pub use run::Run;
pub use sandbox::Sandbox;
pub use tools::Tools;
