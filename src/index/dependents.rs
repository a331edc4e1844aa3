//! The indexes that have an index as a base. Deleting a base changes what their installers get.

use std::collections::BTreeMap;

use crate::devpi::Server;
use crate::index::Error;
use crate::index::branch_index::IndexMap;
use crate::model::names::{IndexName, UserName};
use crate::model::record::Record;

/// For each base, one index that has it. Claims do not count, and no index counts for itself.
pub type Dependents = BTreeMap<IndexName, IndexName>;

/// The bases of one user's indexes.
pub fn of_user(user: &UserName, indexes: &IndexMap) -> Dependents {
    let mut dependents = Dependents::new();
    for (name, config) in indexes.iter().filter(|(_, config)| !matches!(config.record, Some(Record::Claim(_)))) {
        let Ok(name) = IndexName::new(user, name) else { continue };
        for base in config.bases.iter().filter(|base| **base != name) {
            dependents.entry(base.clone()).or_insert_with(|| name.clone());
        }
    }
    dependents
}

/// The bases of the indexes of all users but `user`. One request, which lists every index of the server: only for a deletion.
pub fn of_other_users(server: &Server, user: &UserName) -> Result<Dependents, Error> {
    let mut dependents = Dependents::new();
    for (other, indexes) in server.all_indexes()?.iter().filter(|(other, _)| *other != user) {
        dependents.extend(of_user(other, indexes));
    }
    Ok(dependents)
}
