//! `ensure`: one build for everybody, and every way in which that can go otherwise.

#[cfg(unix)]
mod claims;
mod destination;
mod elsewhere;
mod once;
mod refused;
mod stage;
