//! One file per verb: how its outcome looks, as text and as JSON.

pub mod doctor;
pub mod settings;
pub mod status;
pub mod table;
pub mod version;
