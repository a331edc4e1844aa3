//! The devpi room against a stub server that misbehaves, and (ignored by default) against a real server.

// clippy.toml allows these in test functions only, not in helpers of tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod error_responses;
mod fronts;
mod logins;
mod outages;
mod real_server;
mod redirects;
mod stub;
mod tls;
mod transfers;
