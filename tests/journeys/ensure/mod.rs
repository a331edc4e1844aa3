//! `ensure`: one build for all machines, and what happens when machines, builds, requests or the server fail.

mod fixture;
#[cfg(unix)]
mod postgresql;
#[cfg(unix)]
mod processes;

mod build_once;
mod cache;
#[cfg(unix)]
mod claims;
mod destination;
#[cfg(unix)]
mod fault_injection;
mod monorepo;
#[cfg(unix)]
mod platforms;
#[cfg(unix)]
mod publish_unclaimed;
mod refused;
#[cfg(unix)]
mod replica;
mod requests;
mod sources;
#[cfg(unix)]
mod stress;
#[cfg(unix)]
mod suspended;
