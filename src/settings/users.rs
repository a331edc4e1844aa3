//! The settings that name devpi users: who uploads, and whose results count.

use super::error::Error;
use super::keys::Key;
use super::layers::Settings;
use super::origin::{Origin, Sourced};
use crate::model::names::UserName;

impl Settings {
    /// Returns the users whose tox results count; `None` if not set (the owner).
    pub fn evidence_users(&self) -> Result<Option<Sourced<Vec<UserName>>>, Error> {
        self.names(Key::EvidenceUsers, UserName::parse)
    }

    /// Returns the users who may upload to the indexes of branches, beside the owner; `None` if not set.
    pub fn upload_users(&self) -> Result<Option<Sourced<Vec<UserName>>>, Error> {
        self.names(Key::UploadUsers, UserName::parse)
    }

    /// Whether git config names the user of the proxy for exactly this server.
    pub fn has_basic_auth_of_server(&self) -> bool {
        let origin = self.raw(Key::BasicAuthUser).map(|set| set.origin);
        matches!(origin, Some(Origin::GitConfig { key, .. }) if key.contains("://"))
    }
}
