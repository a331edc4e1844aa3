//! The versions that installers find on an index: its own and those of its bases.

use std::collections::BTreeMap;

use reqwest::StatusCode;

use super::error::Error;
use super::retry::Idempotency;
use super::server::Server;
use super::transport::Call;
use super::urls::index_of;
use super::wire_format::VersionData;
use crate::model::available::AvailableVersion;
use crate::model::names::{IndexName, ProjectName};

impl Server {
    /// Reads the versions of a project that installers find on the index, with one request; a version that several indexes hold is
    /// listed for each of them. Versions without files are left out.
    ///
    /// A project that no private index knows is looked up on the mirrors, which takes seconds. The response has megabytes for hundreds
    /// of versions.
    pub fn available_versions(&self, index: &IndexName, project: &ProjectName) -> Result<Vec<AvailableVersion>, Error> {
        let url = self.urls().index(index, &[project.as_str()]);
        let call = Call::get(url, format!("list the versions of {project} that {index} offers"));
        self.ask_until(&call, Idempotency::Idempotent, |answer| {
            if answer.status == StatusCode::NOT_FOUND && answer.is_from_devpi {
                return Ok(Vec::new());
            }
            let answer = self.expect(answer, &call)?;
            let versions: BTreeMap<String, VersionData> = answer.result()?;
            let mut available = Vec::new();
            for (version, data) in &versions {
                // In the order in which devpi resolves them.
                for index in std::iter::once(data).chain(&data.shadowing).flat_map(indexes_with_files) {
                    let one = AvailableVersion { version: version.clone(), index };
                    if available.last() != Some(&one) {
                        available.push(one);
                    }
                }
            }
            Ok(available)
        })
    }
}

fn indexes_with_files(data: &VersionData) -> impl Iterator<Item = String> {
    data.links.iter().filter(|link| link.rel == "releasefile").filter_map(|link| index_of(&link.href))
}
