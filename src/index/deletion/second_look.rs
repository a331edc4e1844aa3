//! The second look at volatile indexes: whether anything came since the decision to delete them.

use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::devpi::Session;
use crate::index::Error;
use crate::index::branch_index::{IndexMap, indexes_of};
use crate::index::contents::{self, MAX_PARALLEL};
use crate::index::deletion::first_look::{self, FirstLook};
use crate::index::deletion::target::{Prepared, changed};
use crate::model::index_name::index_of_claim;
use crate::model::names::IndexName;
use crate::model::record::{ClaimRecord, Record};
use crate::system::parallel;

/// The time between two looks at an expired claim. After a pause of the server its holder needs a moment to renew it.
const TIME_BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// What a live claim does to the index of its branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveClaims {
    /// It protects the index.
    Protect,
    /// The user passes over it (`index delete --force`).
    Ignored,
}

/// What the second look says about an index.
pub(super) enum Finding {
    Unchanged,
    /// It is not deleted; the reason as a clause.
    Changed(String),
    Gone,
    /// It could not be looked at.
    Failed,
}

/// Looks at indexes of one user, which are volatile by now; returns the findings in their order.
pub(super) fn second_look(
    session: &Session,
    first: &FirstLook,
    (targets, claims): (&[&Prepared<'_>], LiveClaims),
) -> Result<Vec<Finding>, Error> {
    let Some(user) = targets.first().map(|prepared| prepared.target.index.user()) else { return Ok(Vec::new()) };
    let depends_on_claims = |prepared: &&Prepared<'_>| match prepared.record {
        Record::Claim(_) => true,
        _ => first.expired_claims().any(|claim| is_about(claim, prepared)),
    };
    if claims == LiveClaims::Protect && targets.iter().any(depends_on_claims) {
        thread::sleep(TIME_BETWEEN_LOOKS.saturating_sub(first.elapsed()));
    }
    let listing = indexes_of(session, user)?;
    // Each index that was made volatile was one write, whichever client did it. So an equal number means that nothing else was written.
    let is_quiet = first.is_newest(session.serial());
    let records = RecordCheck { listing: &listing, now: first_look::trusted_time(session), first, claims };
    let look = |prepared: &&Prepared<'_>| match records.finding(prepared) {
        Some(finding) => Ok(finding),
        None if is_quiet => Ok(Finding::Unchanged),
        None => read_again(session, prepared),
    };
    parallel::map(targets, MAX_PARALLEL, look).into_iter().collect()
}

fn read_again(session: &Session, prepared: &Prepared<'_>) -> Result<Finding, Error> {
    Ok(match contents::read(session, prepared.target.index)? {
        None => Finding::Gone,
        Some(contents) if contents == *prepared.contents => Finding::Unchanged,
        Some(_) => Finding::Changed("it was used in the meantime".to_owned()),
    })
}

/// The check of records and claims.
struct RecordCheck<'a> {
    listing: &'a IndexMap,
    /// The server's time; `None` if it is not trusted: then no claim has expired.
    now: Option<Timestamp>,
    first: &'a FirstLook,
    claims: LiveClaims,
}

impl RecordCheck<'_> {
    /// What speaks against the deletion; `None` if nothing does.
    fn finding(&self, prepared: &Prepared<'_>) -> Option<Finding> {
        let Some(config) = self.listing.get(prepared.target.index.name()) else { return Some(Finding::Gone) };
        if let Some(why) = changed(prepared.record, config.record.as_ref()) {
            return Some(Finding::Changed(why.to_owned()));
        }
        if !config.volatile {
            return Some(Finding::Changed("it is in use again".to_owned()));
        }
        if self.claims == LiveClaims::Ignored {
            return None;
        }
        match prepared.record {
            Record::Claim(claim) if !self.is_dead(prepared.target.index, claim) => {
                Some(Finding::Changed("it may be renewed yet".to_owned()))
            }
            Record::Claim(_) | Record::Production(_) => None,
            Record::Branch(_) => {
                let claim = self.live_claim(prepared)?;
                Some(Finding::Changed(format!("a build of its branch is running: {claim}")))
            }
        }
    }

    fn live_claim(&self, prepared: &Prepared<'_>) -> Option<IndexName> {
        let mut claims = self.listing.iter().filter_map(|(name, config)| {
            let claim = first_look::claim(name, config)?;
            Some((IndexName::new(prepared.target.index.user(), name).ok()?, claim))
        });
        claims
            .find(|(name, claim)| is_about((name, claim), prepared) && !self.is_dead(name, claim))
            .map(|(name, _)| name)
    }

    /// Whether a claim has been seen expired twice, with time between.
    fn is_dead(&self, name: &IndexName, claim: &ClaimRecord) -> bool {
        self.now.is_some_and(|now| claim.until <= now) && self.first.has_expired(name, claim)
    }
}

/// Whether `claim` is one on the index's builds: by its name, or by the branch in its record.
fn is_about((name, claim): (&IndexName, &ClaimRecord), prepared: &Prepared<'_>) -> bool {
    let Record::Branch(record) = prepared.record else { return false };
    index_of_claim(name.name()) == Some(prepared.target.index.name())
        || (&claim.repository, &claim.branch) == (&record.repository, &record.branch)
}
