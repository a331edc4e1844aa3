//! The indexes of long-lived branches with many releases: uploads to them are slow.

use std::collections::BTreeMap;

use crate::devpi::Server;
use crate::index::Error;
use crate::index::contents;
use crate::model::names::{BranchName, IndexName};
use crate::model::record::BranchRecord;
use crate::model::thinning::MANY_RELEASES;
use crate::workspace::Workspace;

/// A project with many releases on one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrowdedIndex {
    /// The index.
    pub index: IndexName,
    /// The project.
    pub project: String,
    /// The number of its releases.
    pub releases: usize,
}

/// Finds those of `indexes` that belong to branches with protected names and hold many releases of a project.
///
/// Two requests for each such branch, more where its index has several projects.
pub fn crowded<'a>(
    workspace: &Workspace<'_>,
    server: &Server,
    indexes: impl IntoIterator<Item = (IndexName, &'a BranchRecord)>,
) -> Result<Vec<CrowdedIndex>, Error> {
    let repository = workspace.repository_name()?.value;
    let mut long_lived = Vec::new();
    for (index, record) in indexes {
        let Ok(branch) = BranchName::parse(&record.branch) else { continue };
        if record.repository == repository.as_str() && workspace.is_protected_name(&branch)? {
            long_lived.push(index);
        }
    }
    let contents = contents::read_all(server, &long_lived.iter().collect::<Vec<_>>())?;
    let mut crowded = Vec::new();
    for (index, contents) in long_lived.into_iter().zip(contents) {
        let mut projects: BTreeMap<&str, usize> = BTreeMap::new();
        for release in &contents.releases {
            *projects.entry(release.project.as_str()).or_default() += 1;
        }
        let many = projects.into_iter().filter(|(_, releases)| *releases >= MANY_RELEASES);
        let entry = |(project, releases): (&str, usize)| CrowdedIndex {
            index: index.clone(),
            project: project.to_owned(),
            releases,
        };
        crowded.extend(many.map(entry));
    }
    Ok(crowded)
}
