//! Determines which indexes are stale.
//!
//! A pure rule, because a wrong answer deletes packages: an unknown fact always leads to a state in which the index is kept.

mod clock_doubt;
mod facts;
mod state;

use jiff::{SignedDuration, Timestamp};

use super::names::BranchName;
use super::record::{BranchRecord, ClaimRecord, Record};

pub use clock_doubt::ClockDoubt;
use facts::Presence;
pub use facts::{
    Activity, BranchFacts, Containment, GracePeriod, IndexFacts, PatchMerge, ProbablyMerged, RemoteAnswer,
    RemoteListing, Survey, pull_request_number,
};
pub use state::{Assessment, Candidate, ClaimState, Protection, State, UnknownReason};

/// The age from which `squash-merges` lets the branch of an index count as merged.
const PROBABLY_MERGED_AGE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long an expired claim without a release is kept. Its name is used again afterwards, and a suspended holder that continues would write
/// into another machine's claim.
pub const EXPIRED_CLAIM_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Assesses one index. `branch` is used only when the record is a [`Record::Branch`]. [`State`] has the order of the checks.
pub fn assess(survey: &Survey<'_>, index: &IndexFacts<'_>, branch: &BranchFacts) -> Assessment {
    match index.record {
        None => settled(State::Foreign, "it has no git-devpi record"),
        Some(record) if repository_of(record) != survey.repository.as_str() => settled(
            State::Foreign,
            format!("its record names repository {}", super::names::escape_for_terminal(repository_of(record))),
        ),
        Some(Record::Claim(_)) if !index.is_claim_shaped => {
            settled(State::Foreign, "its record is a claim's, its name or volatility is not")
        }
        Some(Record::Claim(claim)) => assess_claim(survey, index, claim),
        Some(Record::Production(_)) => protected(Protection::Production),
        Some(Record::Branch(_)) if index.is_production => protected(Protection::Production),
        Some(Record::Branch(record)) => assess_branch(survey, index, (record, branch)),
    }
}

fn repository_of(record: &Record) -> &str {
    match record {
        Record::Branch(record) => &record.repository,
        Record::Claim(record) => &record.repository,
        Record::Production(record) => &record.repository,
    }
}

fn assess_claim(survey: &Survey<'_>, index: &IndexFacts<'_>, claim: &ClaimRecord) -> Assessment {
    let until = claim.until;
    if let Some(doubt) = survey.clock_doubt {
        let reason = format!("the claim is valid until {until}, and {doubt}");
        return settled(State::Claim(ClaimState::Active), reason);
    }
    if until > survey.now {
        return settled(State::Claim(ClaimState::Active), format!("the claim is valid until {until}"));
    }
    let expired = format!("the claim expired at {until}");
    let kept_until = until.checked_add(EXPIRED_CLAIM_KEPT_FOR).unwrap_or(Timestamp::MAX);
    if index.is_released {
        settled(State::Claim(ClaimState::Obsolete), format!("{expired}, and its release is published"))
    } else if claim.failed.is_some() || kept_until <= survey.now {
        settled(State::Claim(ClaimState::Obsolete), expired)
    } else {
        let reason = format!("{expired}; it is kept until {kept_until}, since its builder may be suspended");
        settled(State::Claim(ClaimState::Expired), reason)
    }
}

fn assess_branch(
    survey: &Survey<'_>,
    index: &IndexFacts<'_>,
    (record, branch): (&BranchRecord, &BranchFacts),
) -> Assessment {
    let Ok(name) = BranchName::parse(&record.branch) else {
        return settled(State::Foreign, "its record has an invalid branch name");
    };
    if branch.checked_out {
        return protected(Protection::CheckedOut);
    }
    if let Some(other) = index.base_of {
        return protected(Protection::BaseOf(other.clone()));
    }
    let presence = survey.remote.presence(&name, record.remote.as_ref());
    if let (Presence::Present | Presence::Absent, Some(claim)) = (&presence, index.claim) {
        return protected(Protection::BeingBuilt(claim.clone()));
    }
    match presence {
        Presence::Undecided(reason) => Assessment::unknown(reason),
        Presence::Absent => ending_or(survey, index, (record, Candidate::Gone)),
        Presence::Present if survey.remote.is_release_branch(&name) => protected(Protection::ReleaseBranch),
        Presence::Present if branch.matches_protected => protected(Protection::MatchesProtected),
        Presence::Present => match branch.merged {
            Containment::Unknown => Assessment::unknown(UnknownReason::Ancestry),
            Containment::No => assess_unmerged(survey, index, (record, branch)),
            Containment::Yes if record.own_commits || branch.has_own_commits => {
                ending_or(survey, index, (record, Candidate::Merged))
            }
            Containment::Yes => settled(State::Fresh, "its branch has no commits of its own yet"),
        },
    }
}

/// The state of an index whose branch has commits that are in no release branch.
fn assess_unmerged(
    survey: &Survey<'_>,
    index: &IndexFacts<'_>,
    (record, branch): (&BranchRecord, &BranchFacts),
) -> Assessment {
    let Some(patch_merge) = &branch.patch_merge else {
        return settled(State::Live, "its branch has commits that are in no release branch");
    };
    let counts = match survey.probably_merged {
        ProbablyMerged::Kept => false,
        ProbablyMerged::MergedWhenOld => survey.now.duration_since(record.created) >= PROBABLY_MERGED_AGE,
        ProbablyMerged::Merged => true,
    };
    if !counts {
        return settled(State::ProbablyMerged { counts }, patch_merge.to_string());
    }
    let assessment = ending_or(survey, index, (record, Candidate::ProbablyMerged));
    match assessment.state {
        State::Unknown(_) => assessment,
        _ => Assessment { reason: format!("{patch_merge}{}", assessment.reason), ..assessment },
    }
}

/// The state of an index whose branch is gone or merged: [`State::Ending`] until `keep-for` has passed.
fn ending_or(
    survey: &Survey<'_>,
    index: &IndexFacts<'_>,
    (record, candidate): (&BranchRecord, Candidate),
) -> Assessment {
    let (state, reason) = match candidate {
        Candidate::Gone => (State::Gone, "its branch is no longer on the remote"),
        // The caller adds which commits they are.
        Candidate::ProbablyMerged => (State::ProbablyMerged { counts: true }, ""),
        Candidate::Merged => (State::Merged, "all commits of its branch are in a release branch on the remote"),
    };
    if let Some(doubt) = survey.clock_doubt {
        return Assessment::unknown(UnknownReason::Clock(doubt));
    }
    let is_empty_merged = candidate == Candidate::Merged && index.activity == Activity::Empty;
    let no_grace = is_empty_merged || survey.grace == GracePeriod::Skipped;
    let kept_because = match index.activity {
        Activity::NotRead => Some("but its last use was not read".to_owned()),
        _ if no_grace || survey.keep_for.is_zero() => None,
        Activity::Empty => {
            is_young(survey, record.created).then(|| format!("but it was created at {}", record.created))
        }
        Activity::Newest(when) => {
            is_young(survey, when).then(|| format!("but it was last used at {}", when.strftime("%Y-%m-%d %H:%M UTC")))
        }
    };
    match kept_because {
        Some(why) => {
            Assessment { state: State::Ending, reason: format!("{reason}, {why}"), candidate: Some(candidate) }
        }
        None => Assessment { state, reason: reason.to_owned(), candidate: Some(candidate) },
    }
}

/// Whether `when` is less than `keep-for` ago. Times in the future (clock differences) count as young.
fn is_young(survey: &Survey<'_>, when: Timestamp) -> bool {
    let keep_for = SignedDuration::try_from(survey.keep_for).unwrap_or(SignedDuration::MAX);
    survey.now.duration_since(when) < keep_for
}

fn settled(state: State, reason: impl Into<String>) -> Assessment {
    Assessment { state, reason: reason.into(), candidate: None }
}

fn protected(protection: Protection) -> Assessment {
    let reason = protection.to_string();
    settled(State::Protected(protection), reason)
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
