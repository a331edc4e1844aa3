//! Deletes expired claims on a release that exists by now.
//!
//! Any machine that finds the release does so.

use crate::devpi::Server;
use crate::index::branch_index::IndexMap;
use crate::model::index_name::{ANY_SLOT, ClaimSubject, claim_name, index_of_claim};
use crate::model::names::IndexName;
use crate::model::record::Record;
use crate::release::Error;
use crate::release::lookup::{ReleaseMatch, ReleaseQuery};
use crate::system::clock;

/// Deletes the expired claims on the release `matched` of the branch index `index`, as listed in
/// `all` indexes of the owner.
///
/// Usually there are none, and no request is made. Without a login nothing is deleted.
pub(crate) fn delete_expired(
    server: &Server,
    all: &IndexMap,
    query: &ReleaseQuery<'_>,
    (index, matched): (&IndexName, &ReleaseMatch),
) -> Result<(), Error> {
    let now = server.server_time().unwrap_or_else(clock::now);
    let repository = query.workspace.repository_name()?.value;
    let is_expired = |record: &Option<Record>| match record {
        Some(Record::Claim(claim)) => {
            claim.repository == repository.as_str() && (claim.until < now || claim.failed.is_some() || claim.abandoned)
        }
        _ => false,
    };
    let claims = all.iter().filter(|(name, config)| config.volatile && index_of_claim(name) == Some(index.name()));
    let expired: Vec<&String> = claims.filter(|(_, config)| is_expired(&config.record)).map(|(name, _)| name).collect();
    if expired.is_empty() {
        return Ok(());
    }
    let Ok(session) = query.workspace.session() else { return Ok(()) };
    let own_slot = query.installer.slot(&matched.release.files)?;
    for slot in [Some(ANY_SLOT.to_owned()), own_slot].into_iter().flatten() {
        let subject = ClaimSubject { project: query.project, version: query.version, slot: &slot };
        for name in expired.iter().filter(|name| is_about(name, index, &subject)) {
            // Another machine may delete the same claim. A claim that remains is deleted by the next caller.
            let _ = session.delete_index(&IndexName::new(index.user(), name)?);
        }
    }
    Ok(())
}

fn is_about(name: &str, index: &IndexName, subject: &ClaimSubject<'_>) -> bool {
    let number = name.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
    number.is_some_and(|number| claim_name(index.name(), subject, number) == name)
}
