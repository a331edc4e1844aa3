//! The steps of a random history.

/// What a person, or the CI system, does in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Commit,
    Amend,
    ResetToMain,
    Merge,
    Octopus,
    Squash,
    Rebase,
    CherryPick,
    Revert,
    PullMain,
    MergeMainIntoBranch,
    Delete,
    Build,
    Prune,
    PruneTwice,
    PruneInFork,
}

/// The steps by frequency.
const STEPS: [(Step, usize); 17] = [
    (Step::Create, 12),
    (Step::Commit, 14),
    (Step::Amend, 4),
    (Step::ResetToMain, 3),
    (Step::Merge, 8),
    (Step::Octopus, 2),
    (Step::Squash, 3),
    (Step::Rebase, 3),
    (Step::CherryPick, 2),
    (Step::Revert, 2),
    (Step::PullMain, 8),
    (Step::MergeMainIntoBranch, 4),
    (Step::Delete, 8),
    (Step::Build, 10),
    (Step::Prune, 8),
    (Step::PruneTwice, 3),
    (Step::PruneInFork, 2),
];

/// A small deterministic generator (a linear congruential one), so that a seed repeats a history.
pub(super) struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len())) }
    }

    pub fn step(&mut self) -> Step {
        let mut place = self.below(STEPS.iter().map(|(_, weight)| weight).sum());
        for (step, weight) in STEPS {
            match place.checked_sub(weight) {
                Some(rest) => place = rest,
                None => return step,
            }
        }
        Step::Prune
    }
}
