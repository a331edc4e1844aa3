//! What a release must fulfil to be promoted, as the remote's release branch and the request say.

use crate::model::distribution::Distribution;
use crate::model::names::{IndexName, UserName};
use crate::model::promotion::FlakyPolicy;
use crate::model::release::Release;
use crate::ops::Error;
use crate::ops::promote::request::PromoteRequest;
use crate::settings::{Key, Pattern};
use crate::workspace::Workspace;
use crate::workspace::remote_gate::RemoteGate;

/// What is asked of the release, and where it goes.
pub(super) struct Rules {
    pub owner: UserName,
    pub trusted: Vec<UserName>,
    pub required: Vec<String>,
    pub platforms: Vec<Pattern>,
    pub flaky: FlakyPolicy,
    pub to: IndexName,
    pub older: bool,
}

impl Rules {
    pub fn read(workspace: &Workspace<'_>, gate: &RemoteGate, request: &PromoteRequest) -> Result<Self, Error> {
        let settings = &gate.settings;
        let (owner, trusted) = (gate.owner(workspace)?, gate.evidence_users(workspace)?);
        let required = match request.require.is_empty() {
            true => settings.list(Key::Require).map(|set| set.value).unwrap_or_default(),
            false => request.require.clone(),
        };
        let to = match &request.to {
            Some(to) => IndexName::parse_for(&owner, to)?,
            None => gate.production(workspace)?,
        };
        let platforms = settings.patterns(Key::Platforms)?.map(|set| set.value).unwrap_or_default();
        Ok(Self { owner, trusted, required, platforms, flaky: settings.flaky()?, to, older: request.older })
    }

    /// The platforms that no wheel of the release is for.
    pub fn missing_platforms(&self, release: Option<&Release>) -> Vec<String> {
        let files = release.map(|release| &release.files[..]).unwrap_or_default();
        let wheels: Vec<_> = files.iter().filter_map(|file| Distribution::parse(&file.file_name).ok()).collect();
        let is_there = |pattern: &Pattern| {
            let mut platforms = wheels.iter().flat_map(Distribution::platforms);
            platforms.any(|platform| platform == "any" || pattern.matches_text(platform))
        };
        let missing = self.platforms.iter().filter(|pattern| !is_there(pattern));
        missing.map(|pattern| pattern.as_str().to_owned()).collect()
    }
}
