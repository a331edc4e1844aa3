//! The devpi room against a server that misbehaves, and (ignored unless asked for) against a real one.

// clippy.toml's leave for tests does not reach functions that tests share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod real;
mod redirects;
mod refusals;
mod secure;
mod stub;
mod transfers;
mod weather;
