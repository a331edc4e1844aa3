//! The devpi room against a server that misbehaves, and (ignored unless asked for) against a real one.

// clippy.toml's leave for tests does not reach functions that tests share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod error_responses;
mod outages;
mod real_server;
mod redirects;
mod stub;
mod tls;
mod transfers;
