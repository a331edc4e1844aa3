use std::time::Duration;

use super::super::authority::Authority;
use super::super::evidence::samples::minute;
use super::super::record::ProductionRecord;
use super::super::tox_result::samples::commit;
use super::samples::*;
use super::*;

#[test]
fn every_row_of_the_table() {
    let merged = Case::merged;
    let production =
        Record::Production(ProductionRecord { repository: "acme/shiny".into(), created: minute(0), remote: None });
    let rows = [
        ("no record", merged().with(|c| c.record = None), State::Foreign),
        ("another repository's", merged().with_record(|r| r.repository = "acme/other".into()), State::Foreign),
        ("an impossible branch", merged().of_branch("a\u{1b}b"), State::Foreign),
        ("a live claim", merged().with(|c| c.record = Some(claim(NOW + 1))), State::Claim(ClaimState::Active)),
        ("an expired claim", merged().with(|c| c.record = Some(claim(NOW))), State::Claim(ClaimState::Expired)),
        ("configured production", merged().with(|c| c.is_production = true), State::Protected(Protection::Production)),
        ("production", merged().with(|c| c.record = Some(production)), State::Protected(Protection::Production)),
        ("checked out", merged().with(|c| c.branch.checked_out = true), State::Protected(Protection::CheckedOut)),
        (
            "a base",
            merged().with(|c| c.base_of = Some(other_index())),
            State::Protected(Protection::BaseOf(other_index())),
        ),
        ("a release branch", merged().of_branch("main"), State::Protected(Protection::ReleaseBranch)),
        ("named", merged().with(|c| c.branch.matches_protected = true), State::Protected(Protection::MatchesProtected)),
        ("just used", merged().with(|c| c.activity = Activity::Newest(minute(NOW - 9))), State::Ending),
        ("not on the remote", Case::gone(), State::Gone),
        ("ancestry not decidable", merged().with(|c| c.branch.merged = Containment::Unknown), {
            State::Unknown(UnknownReason::Ancestry)
        }),
        ("no commits of its own", merged().with_record(|r| r.own_commits = false), State::Fresh),
        ("all in", merged(), State::Merged),
        ("commits outside", merged().with(|c| c.branch.merged = Containment::No), State::Live),
    ];
    for (what, case, state) in rows {
        assert_eq!(case.state(), state, "{what}");
        assert!(!case.assess().reason.is_empty(), "{what}");
    }
}

/// Each pair of rows of which the first must win: a case to which both apply.
#[test]
fn the_first_row_that_fits_holds() {
    let unreachable = |case: Case| case.with(|c| c.remote = RemoteAnswer::Unreachable("no route".into()));
    let checked_out = |case: Case| case.with(|c| c.branch.checked_out = true);
    let young = |case: Case| case.with(|c| c.activity = Activity::Newest(minute(NOW - 1)));
    let pairs = [
        (
            "foreign before claim",
            Case::merged().with(|c| {
                let Record::Claim(mut theirs) = claim(0) else { unreachable!() };
                theirs.repository = "acme/other".into();
                c.record = Some(Record::Claim(theirs));
            }),
            "foreign",
        ),
        (
            "a claim's record on another kind of index is foreign",
            Case::merged().with(|c| {
                c.record = Some(claim(0));
                c.is_claim_shaped = false;
            }),
            "foreign",
        ),
        ("foreign before protected", checked_out(Case::merged().with(|c| c.record = None)), "foreign"),
        (
            "claim before protected",
            checked_out(Case::merged().with(|c| {
                c.record = Some(claim(0));
                c.base_of = Some(other_index());
            })),
            "claim",
        ),
        ("claim before unknown", unreachable(Case::merged().with(|c| c.record = Some(claim(0)))), "claim"),
        ("protected before ending", checked_out(young(Case::merged())), "protected"),
        ("protected before gone", checked_out(Case::gone()), "protected"),
        ("a base that is gone", Case::gone().with(|c| c.base_of = Some(other_index())), "protected"),
        ("protected before unknown", checked_out(unreachable(Case::merged())), "protected"),
        (
            "a release branch before unknown ancestry",
            Case::merged().of_branch("main").with(|c| c.branch.merged = Containment::Unknown),
            "protected",
        ),
        ("ending before gone", young(Case::gone()), "ending"),
        ("gone before unknown ancestry", Case::gone().with(|c| c.branch.merged = Containment::Unknown), "gone"),
        ("gone before fresh", Case::gone().with_record(|r| r.own_commits = false), "gone"),
        (
            "unknown before fresh",
            Case::merged().with_record(|r| r.own_commits = false).with(|c| c.branch.merged = Containment::Unknown),
            "unknown",
        ),
        ("fresh before ending", young(Case::merged().with_record(|r| r.own_commits = false)), "fresh"),
    ];
    for (what, case, state) in pairs {
        assert_eq!(case.state().as_str(), state, "{what}");
    }
}

#[test]
fn a_list_that_decides_nothing_leaves_everything_unknown() {
    type Change = fn(&mut RemoteListing);
    let doubts: [(&str, Change, UnknownReason); 4] = [
        ("a fork", |l| l.authority = Authority::default(), UnknownReason::NoRemoteInRecord),
        ("an empty list", |l| l.branches.clear(), UnknownReason::NoBranches),
        ("none of the release branches", |l| l.release_branches.clear(), UnknownReason::NoReleaseBranch),
        (
            "only a release branch that is not there",
            |l| l.release_branches = names(&["release/1"]),
            UnknownReason::NoReleaseBranch,
        ),
    ];
    for (what, change, reason) in doubts {
        // Also what would be protected by the list: a list that decides nothing does not protect either, and nobody deletes it.
        for case in [Case::gone(), Case::merged(), Case::merged().of_branch("main")] {
            let state = case.with_listing(change).state();
            assert_eq!(state, State::Unknown(reason.clone()), "{what}");
        }
    }
    let unclear = Case::gone().with(|c| c.remote = RemoteAnswer::Inconclusive("nobody can tell".into()));
    assert_eq!(unclear.state(), State::Unknown(UnknownReason::Inconclusive("nobody can tell".into())));
    let unreachable = Case::gone().with(|c| c.remote = RemoteAnswer::Unreachable("timed\u{1b}out".into())).assess();
    assert_eq!(unreachable.state.as_str(), "unknown");
    assert_eq!(unreachable.reason, "the remote did not answer: timed\\u{1b}out");
    assert_eq!(unreachable.candidate, None);
}

#[test]
fn a_protected_name_protects_only_while_the_branch_is_there() {
    let develop = Case::merged().of_branch("develop").with(|c| c.branch.matches_protected = true);
    assert_eq!(develop.state(), State::Protected(Protection::MatchesProtected));
    let deleted = develop.with_listing(|l| l.branches = names(&["main"]));
    assert_eq!(deleted.state(), State::Gone);
}

#[test]
fn pull_requests_live_as_long_as_their_ref() {
    let open = Case::merged().of_branch("pull/7");
    assert_eq!(open.clone().with(|c| c.branch.merged = Containment::No).state(), State::Live);
    assert_eq!(open.state(), State::Merged);
    assert_eq!(Case::merged().of_branch("pull/8").state(), State::Gone);
    assert_eq!(Case::merged().of_branch("pull/x").state(), State::Gone);
    let hidden = Case::merged().of_branch("pull/8").with_listing(|l| l.pull_requests.clear());
    assert_eq!(hidden.state(), State::Unknown(UnknownReason::NoPullRequests));
    let real_branch = hidden.with_listing(|l| l.branches = names(&["main", "pull/8"]));
    assert_eq!(real_branch.state(), State::Merged);
}

#[test]
fn refs_of_requests_are_known_by_every_forges_name() {
    for (ref_name, number) in [
        ("refs/pull/7/head", Some("7")),
        ("refs/pull/7/merge", Some("7")),
        ("refs/merge-requests/12/head", Some("12")),
        ("refs/pull-requests/3/from", Some("3")),
        ("refs/pull/7", None),
        ("refs/pull//head", None),
        ("refs/pull/x/head", None),
        ("refs/heads/pull/7/head", None),
    ] {
        assert_eq!(pull_request_number(ref_name), number, "{ref_name}");
    }
}

#[test]
fn keep_for_counts_from_the_last_use_by_the_servers_clock() {
    let used = |case: Case, minutes_ago: i64| case.with(|c| c.activity = Activity::Newest(minute(NOW - minutes_ago)));
    for (minutes_ago, merged, gone) in [
        (9, State::Ending, State::Ending),
        (10, State::Merged, State::Gone),
        // The server's log is ahead of the server's Date: a clock was set back.
        (-5, State::Ending, State::Ending),
    ] {
        assert_eq!(used(Case::merged(), minutes_ago).state(), merged, "{minutes_ago}");
        assert_eq!(used(Case::gone(), minutes_ago).state(), gone, "{minutes_ago}");
    }
    let no_grace = used(Case::merged(), -5).with(|c| c.keep_for = Duration::ZERO);
    assert_eq!(no_grace.state(), State::Merged);
    let for_ever = used(Case::merged(), 10).with(|c| c.keep_for = Duration::MAX);
    assert_eq!(for_ever.state(), State::Ending);
}

#[test]
fn an_empty_index_counts_from_its_creation_but_a_merged_one_goes_at_once() {
    let empty = |case: Case, minutes_ago: i64| {
        case.with(|c| c.activity = Activity::Empty).with_record(|r| r.created = minute(NOW - minutes_ago))
    };
    assert_eq!(empty(Case::gone(), 1).state(), State::Ending);
    assert_eq!(empty(Case::gone(), 11).state(), State::Gone);
    assert_eq!(empty(Case::merged(), 1).state(), State::Merged);
}

#[test]
fn now_passes_over_the_grace_but_not_over_a_build_in_progress() {
    let now = |case: Case| {
        case.with(|c| {
            c.grace = GracePeriod::Skipped;
            c.activity = Activity::Newest(minute(NOW));
        })
    };
    assert_eq!(now(Case::merged()).state(), State::Merged);
    assert_eq!(now(Case::gone()).state(), State::Gone);
    for case in [Case::merged(), Case::gone()] {
        let built = now(case).with(|c| c.claim = Some(other_index()));
        assert_eq!(built.state(), State::Protected(Protection::BeingBuilt(other_index())));
        assert_eq!(
            built.with(|c| c.keep_for = Duration::ZERO).state(),
            State::Protected(Protection::BeingBuilt(other_index()))
        );
    }
}

#[test]
fn what_nobody_has_looked_up_is_not_deleted_and_asks_to_be() {
    for (case, candidate) in [(Case::merged(), Candidate::Merged), (Case::gone(), Candidate::Gone)] {
        let unread = case.clone().with(|c| c.activity = Activity::NotRead).assess();
        assert_eq!((unread.state, unread.candidate), (State::Ending, Some(candidate)));
        assert_eq!(case.assess().candidate, Some(candidate));
    }
    let live = Case::merged().with(|c| c.branch.merged = Containment::No);
    assert_eq!(live.assess().candidate, None);
}

#[test]
fn own_commits_may_be_seen_now_or_have_been_seen_before() {
    let fresh = Case::merged().with_record(|r| r.own_commits = false);
    assert_eq!(fresh.state(), State::Fresh);
    assert_eq!(fresh.with(|c| c.branch.has_own_commits = true).state(), State::Merged);
}

#[test]
fn nothing_known_about_a_branch_deletes_nothing_that_is_on_the_remote() {
    let case = Case::merged().with(|c| c.branch = BranchFacts::default());
    assert_eq!(case.state(), State::Unknown(UnknownReason::Ancestry));
}

#[test]
fn a_clean_up_takes_away_three_states_only() {
    for (state, deletable) in [
        (State::Foreign, false),
        (State::Claim(ClaimState::Active), false),
        (State::Claim(ClaimState::Expired), false),
        (State::Claim(ClaimState::Obsolete), true),
        (State::Protected(Protection::MatchesProtected), false),
        (State::Ending, false),
        (State::Gone, true),
        (State::Unknown(UnknownReason::NoBranches), false),
        (State::Fresh, false),
        (State::Merged, true),
        (State::Live, false),
    ] {
        assert_eq!(state.is_deletable(), deletable, "{state:?}");
    }
}

#[test]
fn an_expired_claim_is_kept_until_its_name_is_safe() {
    const DAY: i64 = 24 * 60;
    let expired = |until: i64| Case::merged().with(|c| c.record = Some(claim(until)));
    let with_claim = |change: fn(&mut ClaimRecord)| {
        expired(NOW).with(|c| {
            if let Some(Record::Claim(claim)) = &mut c.record {
                change(claim);
            }
        })
    };
    for (case, state) in [
        (expired(NOW + 1), ClaimState::Active),
        (expired(NOW + 1).with(|c| c.is_released = true), ClaimState::Active),
        (expired(NOW), ClaimState::Expired),
        (expired(NOW - DAY + 1), ClaimState::Expired),
        (with_claim(|claim| claim.abandoned = true), ClaimState::Expired),
        (with_claim(|claim| claim.failed = Some("x".into())), ClaimState::Obsolete),
        (expired(NOW - DAY), ClaimState::Obsolete),
        (expired(NOW).with(|c| c.is_released = true), ClaimState::Obsolete),
    ] {
        assert_eq!(case.state(), State::Claim(state), "{}", case.assess().reason);
    }
    assert_eq!(
        expired(NOW).assess().reason,
        "the claim expired at 2026-01-02T16:40:00Z; it is kept until 2026-01-03T16:40:00Z, since its builder may be suspended"
    );
}

#[test]
fn reasons_say_what_was_seen() {
    let young = Case::merged().with(|c| c.activity = Activity::Newest(minute(NOW - 9)));
    assert_eq!(
        young.assess().reason,
        "all commits of its branch are in a release branch on the remote, but it was last used at 2026-01-02 16:31 UTC"
    );
    let theirs = Case::merged().with_record(|r| r.repository = "evil\u{202e}".into());
    assert_eq!(theirs.assess().reason, "its record names repository evil\\u{202e}");
}

#[test]
fn a_clock_that_is_not_trusted_deletes_nothing() {
    let here = minute(NOW);
    let after = |hours: i64| Some(here + SignedDuration::from_hours(hours));
    for (server, is_trusted) in [
        (after(0), true),
        (after(24), true),
        (after(-24), true),
        (after(25), false),
        (after(-25), false),
        (None, false),
    ] {
        let doubt = ClockDoubt::of(server, here);
        assert_eq!(doubt.is_none(), is_trusted, "{server:?}");
        for case in [Case::gone(), Case::merged(), Case::merged().with(|c| c.activity = Activity::Empty)] {
            let case = case.with(|c| (c.clock_doubt, c.keep_for) = (doubt, Duration::ZERO));
            assert_eq!(case.state().is_deletable(), is_trusted, "{server:?} {:?}", case.assess());
        }
        let expired = Case::merged().with(|c| (c.clock_doubt, c.record) = (doubt, Some(claim(NOW - 2 * 24 * 60))));
        assert_eq!(expired.state() == State::Claim(ClaimState::Obsolete), is_trusted, "{server:?}");
    }
    let live =
        Case::merged().with(|c| (c.clock_doubt, c.branch.merged) = (ClockDoubt::of(None, here), Containment::No));
    assert_eq!(live.state(), State::Live, "no clock says whether a branch is merged");
}

#[test]
fn a_branch_that_the_remote_hides_is_not_gone() {
    let hidden = |change: fn(&mut RemoteListing)| Case::gone().with_listing(change).state();
    let undecided = State::Unknown(UnknownReason::HiddenBranches);
    assert_eq!(hidden(|l| l.hidden = names(&["feature/y"])), undecided);
    assert_eq!(hidden(|l| l.hidden = names(&["feature/z"])), State::Gone);
    assert_eq!(
        hidden(|l| l.default_branch = names(&["trunk"]).pop_first()),
        undecided,
        "its default branch is not listed"
    );
    assert_eq!(hidden(|l| l.default_branch = names(&["main"]).pop_first()), State::Gone);
    let merged = Case::merged().with_listing(|l| l.default_branch = names(&["trunk"]).pop_first());
    assert_eq!(merged.state(), State::Merged, "its branch is listed");
}

#[test]
fn a_probably_merged_branch_counts_as_merged_only_when_that_is_asked_for() {
    let days = |days: i64| minute(NOW - days * 24 * 60);
    let squashed = || PatchMerge::Squashed(commit('a'));
    let case = |probably_merged, created| {
        let unmerged = Case::merged().with(|c| c.branch.merged = Containment::No);
        unmerged.with_record(|r| r.created = created).with(|c| {
            c.branch.patch_merge = Some(squashed());
            c.probably_merged = probably_merged;
        })
    };
    let counts = |case: Case| match case.state() {
        State::ProbablyMerged { counts } => counts,
        other => unreachable!("{other:?}"),
    };
    assert!(!counts(case(ProbablyMerged::Kept, days(100))));
    assert!(!counts(case(ProbablyMerged::MergedWhenOld, days(13))));
    assert!(counts(case(ProbablyMerged::MergedWhenOld, days(14))));
    assert!(counts(case(ProbablyMerged::Merged, days(0))));
    let deletable = |case: Case| case.state().is_deletable();
    assert!(!deletable(case(ProbablyMerged::Kept, days(100))) && deletable(case(ProbablyMerged::Merged, days(0))));

    // What protects a merged branch's index protects this one.
    let asked = || case(ProbablyMerged::Merged, days(100));
    assert_eq!(asked().with(|c| c.activity = Activity::Newest(minute(NOW - 1))).state(), State::Ending);
    assert_eq!(
        asked().with(|c| c.claim = Some(other_index())).state(),
        State::Protected(Protection::BeingBuilt(other_index()))
    );
    assert_eq!(asked().with(|c| c.activity = Activity::NotRead).state(), State::Ending);
    assert!(matches!(asked().with(|c| c.clock_doubt = ClockDoubt::of(None, minute(NOW))).state(), State::Unknown(_)));
    assert!(matches!(asked().with(|c| c.branch.checked_out = true).state(), State::Protected(_)));
    assert!(matches!(asked().with(|c| c.base_of = Some(other_index())).state(), State::Protected(_)));
    assert_eq!(asked().with(|c| c.branch.patch_merge = None).state(), State::Live);
    let reason = asked().assess().reason;
    assert_eq!(reason, format!("a release branch has the same changes as {}", commit('a').short()));
}

#[test]
fn a_reason_names_the_first_commits() {
    let commits: Vec<_> = ['a', 'b', 'c', 'd', 'e'].map(commit).into();
    let shown = PatchMerge::Rebased(commits).to_string();
    assert!(shown.ends_with(" and 2 more"), "{shown}");
    assert!(shown.contains(commit('c').short()) && !shown.contains(commit('d').short()), "{shown}");
}
