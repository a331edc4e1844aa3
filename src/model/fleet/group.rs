//! Groups the indexes of an owner by the repository that their records name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::index_name::index_of_claim;
use super::super::names::IndexName;
use super::super::record::{BranchRecord, ClaimRecord, Record};
use super::super::remote_url::RemoteHash;
use super::concern::Concern;
use super::repository::{BranchEntry, FleetRepository};

/// An index of the owner.
#[derive(Debug, Clone, Copy)]
pub struct FleetIndex<'a> {
    /// The index.
    pub name: &'a IndexName,
    /// Whether it is volatile.
    pub volatile: bool,
    /// Its record.
    pub record: Option<&'a Record>,
}

/// Returns the repositories by name, and the number of indexes without a record of ours. `now` is the time by the server's clock.
pub fn group<'a>(indexes: impl IntoIterator<Item = FleetIndex<'a>>, now: Timestamp) -> (Vec<FleetRepository>, usize) {
    let mut repositories: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    let mut others = 0;
    for index in indexes {
        match index.record {
            Some(Record::Branch(record)) => {
                repositories.entry(&record.repository).or_default().branches.push((index, record));
            }
            // As everywhere, a claim is one by record, name and volatility.
            Some(Record::Claim(claim)) if index.volatile && index_of_claim(index.name.name()).is_some() => {
                repositories.entry(&claim.repository).or_default().claims.push(claim);
            }
            Some(Record::Production(record)) => {
                let group = repositories.entry(&record.repository).or_default();
                group.production.push(index.name.clone());
                group.remotes.extend(record.remote.clone());
            }
            Some(Record::Claim(_)) | None => others += 1,
        }
    }
    let repositories = repositories.into_iter().map(|(name, group)| group.into_repository(name, now));
    (repositories.collect(), others)
}

#[derive(Default)]
struct Group<'a> {
    branches: Vec<(FleetIndex<'a>, &'a BranchRecord)>,
    claims: Vec<&'a ClaimRecord>,
    production: Vec<IndexName>,
    remotes: BTreeSet<RemoteHash>,
}

impl Group<'_> {
    fn into_repository(mut self, name: &str, now: Timestamp) -> FleetRepository {
        self.remotes.extend(self.branches.iter().filter_map(|(_, record)| record.remote.clone()));
        let interrupted = self.branches.iter().filter(|(index, _)| index.volatile);
        let mut concerns: Vec<Concern> =
            interrupted.map(|(index, _)| Concern::InterruptedDeletion(index.name.clone())).collect();
        concerns.extend(self.claims.iter().filter_map(|claim| {
            let reason = claim.failed.clone()?;
            Some(Concern::FailedBuild { what: built(claim), reason })
        }));
        let unfinished = || self.claims.iter().filter(|claim| claim.failed.is_none());
        let builds = unfinished().filter(|claim| claim.until > now && !claim.abandoned).count();
        concerns.extend(Some(unfinished().count() - builds).filter(|lost| *lost > 0).map(Concern::LostBuilds));
        concerns.extend(Some(self.remotes.len()).filter(|remotes| *remotes > 1).map(Concern::SeveralRemotes));
        concerns.sort();
        let entry = |(index, record): (FleetIndex<'_>, &BranchRecord)| BranchEntry {
            index: index.name.clone(),
            branch: record.branch.clone(),
            created: record.created,
        };
        FleetRepository {
            name: name.to_owned(),
            remotes: self.remotes,
            branches: self.branches.into_iter().map(entry).collect(),
            production: self.production,
            builds,
            concerns,
            details: None,
        }
    }
}

fn built(claim: &ClaimRecord) -> String {
    match (&claim.project, &claim.version) {
        (Some(project), Some(version)) => format!("{project} {version}"),
        _ => claim.branch.clone(),
    }
}
