//! Claims of a release that is there by now, whose holders have died or failed: whoever meets them takes them away.

use crate::devpi::Server;
use crate::index::branch_index::IndexMap;
use crate::model::index_name::{ClaimSubject, claim_name, index_of_claim};
use crate::model::names::IndexName;
use crate::model::record::Record;
use crate::release::Error;
use crate::release::claim::ANY_SLOT;
use crate::release::lookup::{ReleaseMatch, ReleaseQuery};
use crate::system::clock;

/// Takes away those among `all` the owner's indexes that are expired claims on the release `matched` of the branch index `index`. As a rule
/// there is none, and nothing is asked. Who has no credentials leaves them to others.
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
            claim.repository == repository.as_str() && (claim.until < now || claim.failed.is_some())
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
            // Somebody else may be cleaning up, too; what stays is met again.
            let _ = session.delete_index(&IndexName::new(index.user(), name)?);
        }
    }
    Ok(())
}

fn is_about(name: &str, index: &IndexName, subject: &ClaimSubject<'_>) -> bool {
    let number = name.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
    number.is_some_and(|number| claim_name(index.name(), subject, number) == name)
}
