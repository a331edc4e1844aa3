//! (to come)
pub mod config;
pub use config::ConfigEntry;
