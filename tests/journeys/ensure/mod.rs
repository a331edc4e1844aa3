//! `ensure`: one build for everybody, and every way in which that can go otherwise.

mod cache;
#[cfg(unix)]
mod claims;
#[cfg(unix)]
mod cut_off;
mod destination;
mod elsewhere;
#[cfg(unix)]
mod fleet;
mod monorepo;
mod once;
#[cfg(unix)]
mod platforms;
mod refused;
#[cfg(unix)]
mod rounds;
mod stage;
#[cfg(unix)]
mod unclaimed;
