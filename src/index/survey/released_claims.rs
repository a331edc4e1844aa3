//! The expired claims whose release is published: they are deleted at once, the others after a day.

use std::collections::BTreeSet;

use crate::devpi::Server;
use crate::index::Error;
use crate::index::contents::MAX_PARALLEL;
use crate::model::index_name::{ANY_SLOT, ClaimSubject, claim_name, index_of_claim};
use crate::model::names::{IndexName, ProjectName};
use crate::model::record::ClaimRecord;
use crate::system::parallel;

/// The release that a claim is about.
struct ClaimedRelease<'a> {
    claim: &'a IndexName,
    index: IndexName,
    project: ProjectName,
    version: &'a str,
}

/// Returns those of these expired claims whose release is on their branch's index. One request for each.
///
/// A claim on the wheel of one platform does not count: another platform's wheel may be published.
pub(super) fn find<'c>(
    server: &Server,
    expired: impl Iterator<Item = (&'c IndexName, &'c ClaimRecord)>,
) -> Result<BTreeSet<IndexName>, Error> {
    let claimed: Vec<ClaimedRelease<'_>> = expired.filter_map(claimed_release).collect();
    let is_released = |claimed: &ClaimedRelease<'_>| {
        let release = server.release(&claimed.index, &claimed.project, claimed.version);
        release.map(|release| release.is_some()).map_err(Error::from)
    };
    let answers: Vec<bool> =
        parallel::map(&claimed, MAX_PARALLEL, is_released).into_iter().collect::<Result<_, Error>>()?;
    let released = claimed.into_iter().zip(answers).filter(|(_, is_released)| *is_released);
    Ok(released.map(|(claimed, _)| claimed.claim.clone()).collect())
}

fn claimed_release<'c>((claim, record): (&'c IndexName, &'c ClaimRecord)) -> Option<ClaimedRelease<'c>> {
    let (name, version) = (claim.name(), record.version.as_deref()?);
    let project = ProjectName::parse(record.project.as_deref()?).ok()?;
    let index = index_of_claim(name)?;
    let number = name.rsplit_once('-')?.1.parse().ok()?;
    let subject = ClaimSubject { project: &project, version, slot: ANY_SLOT };
    // The name is a hash of the release, so a record that was edited by hand does not count.
    let is_about_it = claim_name(index, &subject, number) == name;
    let index = IndexName::new(claim.user(), index).ok()?;
    is_about_it.then_some(ClaimedRelease { claim, index, project, version })
}
