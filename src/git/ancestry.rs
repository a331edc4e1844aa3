//! Decides which commits are contained in others, and so whether branches are merged.
//!
//! One `git rev-list` walks the history for all branches: git uses the commit-graph, from which libgit2 gains little. A shallow clone
//! can prove that a commit is contained in another, but not that it is not.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::repository::Repository;
use crate::model::names::CommitId;
pub use crate::model::staleness::Containment;

impl Repository {
    /// Returns for each of `candidates` whether it is contained in one of `tips`. Cost: one history walk.
    ///
    /// The answer for a candidate that this clone does not have is `No` if the clone has the complete history of every tip.
    pub fn contained_in(
        &self,
        candidates: &[CommitId],
        tips: &[CommitId],
    ) -> Result<BTreeMap<CommitId, Containment>, Error> {
        let wanted: Vec<CommitId> = candidates.iter().chain(tips).cloned().collect();
        let present = self.present_commits(&wanted)?;
        let (known_tips, missing_tips): (Vec<_>, Vec<_>) = tips.iter().partition(|tip| present.contains(*tip));
        // A tip contains itself, so it needs no walk.
        let needs_walk = |candidate: &&CommitId| present.contains(*candidate) && !tips.contains(*candidate);
        let walked: Vec<&CommitId> = candidates.iter().filter(needs_walk).collect();
        let unreachable = match (known_tips.is_empty(), walked.is_empty()) {
            (true, _) => None,
            (false, true) => Some(BTreeSet::new()),
            (false, false) => self.commits_not_in(&walked, &known_tips)?,
        };
        let no_is_certain = missing_tips.is_empty() && unreachable.is_some() && !self.is_shallow();
        let not_contained = if no_is_certain { Containment::No } else { Containment::Unknown };
        let containment = |candidate: &CommitId| match &unreachable {
            _ if tips.contains(candidate) => Containment::Yes,
            Some(unreachable) if present.contains(candidate) && !unreachable.contains(candidate) => Containment::Yes,
            _ => not_contained,
        };
        Ok(candidates.iter().map(|candidate| (candidate.clone(), containment(candidate))).collect())
    }

    /// Whether the history of `tip` has commits that are in none of `release_tips`.
    ///
    /// `No` does not mean that the branch never had any: git cannot tell a merged branch from a new one.
    pub fn has_own_commits(&self, tip: &CommitId, release_tips: &[CommitId]) -> Result<Containment, Error> {
        let answers = self.contained_in(std::slice::from_ref(tip), release_tips)?;
        Ok(match answers.get(tip) {
            Some(Containment::Yes) => Containment::No,
            Some(Containment::No) => Containment::Yes,
            _ => Containment::Unknown,
        })
    }

    /// Returns the commits of `tips` and of their first parents, the line of commits that a branch itself had. Tips that this clone does not
    /// have, or whose history is incomplete, contribute nothing. Cost: one history walk for each tip.
    pub fn first_parents(&self, tips: &[CommitId]) -> Result<BTreeSet<CommitId>, Error> {
        let mut line = BTreeSet::new();
        for tip in tips {
            let tool = self.git().tool().env("GIT_NO_LAZY_FETCH", "1").args(["rev-list", "--first-parent"]);
            let output = tool.arg(tip.as_str()).output()?;
            if output.success() {
                line.extend(output.text().lines().filter_map(|line| CommitId::parse(line).ok()));
            }
        }
        Ok(line)
    }

    /// Returns the commits of `commits` that this clone has.
    fn present_commits(&self, commits: &[CommitId]) -> Result<BTreeSet<CommitId>, Error> {
        if let Some(store) = self.libgit2().and_then(|repository| repository.odb().ok()) {
            // Another process may have fetched since the repository was opened. A failure shows as missing commits.
            let _ = store.refresh();
            let exists = |commit: &&CommitId| {
                // Otherwise every missing commit rescans the folder of packs.
                git2::Oid::from_str(commit.as_str())
                    .is_ok_and(|oid| store.exists_ext(oid, git2::OdbLookupFlags::NO_REFRESH))
            };
            return Ok(commits.iter().filter(exists).cloned().collect());
        }
        let input: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
        let tool = self.git().tool().args(["cat-file", "--batch-check=%(objectname) %(objecttype)"]);
        let output = tool.stdin_bytes(input).checked()?;
        let text = output.text();
        let commit_lines = text.lines().filter_map(|line| line.strip_suffix(" commit"));
        Ok(commit_lines.filter_map(|name| CommitId::parse(name).ok()).collect())
    }

    /// Returns the commits reachable from `candidates` and not from `tips`.
    ///
    /// Returns `None` if an object of the history is missing.
    fn commits_not_in(
        &self,
        candidates: &[&CommitId],
        tips: &[&CommitId],
    ) -> Result<Option<BTreeSet<CommitId>>, Error> {
        let mut input: String = candidates.iter().map(|candidate| format!("{candidate}\n")).collect();
        input.extend(tips.iter().map(|tip| format!("^{tip}\n")));
        // GIT_NO_LAZY_FETCH: a partial clone must not fetch during a query.
        let tool = self.git().tool().env("GIT_NO_LAZY_FETCH", "1").args(["rev-list", "--stdin"]).stdin_bytes(input);
        let output = tool.output()?;
        if !output.success() {
            return Ok(None);
        }
        Ok(Some(output.text().lines().filter_map(|line| CommitId::parse(line).ok()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::git::testing::Sandbox;

    fn history(sandbox: &Sandbox, format: &str) -> (std::path::PathBuf, [CommitId; 4]) {
        sandbox.git(sandbox.path(), &["init", "-q", "--object-format", format, format]);
        let top = sandbox.path().join(format);
        let first = sandbox.commit(&top, "a", "1");
        sandbox.git(&top, &["checkout", "-q", "-b", "merged"]);
        let merged = sandbox.commit(&top, "m", "1");
        sandbox.git(&top, &["checkout", "-q", "-b", "live", "main"]);
        let live = sandbox.commit(&top, "l", "1");
        sandbox.git(&top, &["checkout", "-q", "main"]);
        sandbox.git(&top, &["merge", "-q", "--no-ff", "-m", "merge", "merged"]);
        let main = sandbox.tip(&top, "main");
        (top, [first, merged, live, main])
    }

    #[test]
    fn merged_fresh_and_live_branches_in_one_walk() {
        let sandbox = Sandbox::new();
        for format in ["sha1", "sha256"] {
            let (top, [fresh, merged, live, main]) = history(&sandbox, format);
            let repository = sandbox.open(&top);
            let elsewhere = CommitId::parse(&"ab".repeat(main.as_str().len() / 2)).unwrap();
            let candidates = [fresh.clone(), merged.clone(), live.clone(), main.clone(), elsewhere.clone()];
            let answers = repository.contained_in(&candidates, from_ref(&main)).unwrap();
            assert_eq!(answers[&fresh], Containment::Yes);
            assert_eq!(answers[&merged], Containment::Yes);
            assert_eq!(answers[&main], Containment::Yes);
            assert_eq!(answers[&live], Containment::No);
            assert_eq!(answers[&elsewhere], Containment::No, "all of main is here, and it is not in it");
            let own = |tip| repository.has_own_commits(tip, from_ref(&main)).unwrap();
            assert_eq!((own(&live), own(&merged)), (Containment::Yes, Containment::No));
            // Two release branches: contained in one of them is enough.
            let both = repository.contained_in(from_ref(&live), &[main.clone(), live.clone()]).unwrap();
            assert_eq!(both[&live], Containment::Yes);
        }
    }

    #[test]
    fn the_first_parents_are_the_branchs_own_line() {
        let sandbox = Sandbox::new();
        for format in ["sha1", "sha256"] {
            let (top, [first, merged, live, main]) = history(&sandbox, format);
            let repository = sandbox.open(&top);
            let elsewhere = CommitId::parse(&"ab".repeat(main.as_str().len() / 2)).unwrap();
            let line = repository.first_parents(&[main.clone(), elsewhere]).unwrap();
            assert_eq!(line, [first.clone(), main].into());
            assert!(!line.contains(&merged));
            assert_eq!(repository.first_parents(from_ref(&live)).unwrap(), [first, live].into());
        }
    }

    #[test]
    fn replace_refs_and_grafts_merge_no_branch() {
        let sandbox = Sandbox::new();
        let (top, [first, _, live, main]) = history(&sandbox, "sha1");
        let contained = || sandbox.open(&top).contained_in(from_ref(&live), from_ref(&main)).unwrap()[&live];
        assert_eq!(contained(), Containment::No);
        // The release branch's tip gets the live branch as a parent.
        sandbox.git(&top, &["replace", "--graft", main.as_str(), first.as_str(), live.as_str()]);
        assert_eq!(contained(), Containment::No, "git replace --graft");
        sandbox.git(&top, &["replace", "-d", main.as_str()]);
        // The whole tip is replaced by the live branch.
        sandbox.git(&top, &["replace", main.as_str(), live.as_str()]);
        assert_eq!(contained(), Containment::No, "git replace");
        sandbox.git(&top, &["replace", "-d", main.as_str()]);
        std::fs::write(top.join(".git/info/grafts"), format!("{main} {first} {live}\n")).unwrap();
        assert_eq!(contained(), Containment::No, ".git/info/grafts");
        std::fs::remove_file(top.join(".git/info/grafts")).unwrap();
        // A graft file and a replace namespace that the environment names.
        let grafts = sandbox.path().join("grafts");
        std::fs::write(&grafts, format!("{main} {first} {live}\n")).unwrap();
        let environment = sandbox.environment_with([("GIT_GRAFT_FILE", grafts.to_str().unwrap())]);
        let repository = Repository::open(&top, &environment).unwrap();
        assert_eq!(repository.contained_in(from_ref(&live), from_ref(&main)).unwrap()[&live], Containment::No);
    }

    #[test]
    fn a_missing_tip_leaves_only_what_is_proved() {
        let sandbox = Sandbox::new();
        let (top, [_, merged, live, main]) = history(&sandbox, "sha1");
        let repository = sandbox.open(&top);
        let ahead = CommitId::parse(&"ab".repeat(20)).unwrap();
        let answers = repository.contained_in(&[merged.clone(), live.clone()], &[main, ahead.clone()]).unwrap();
        assert_eq!((answers[&merged], answers[&live]), (Containment::Yes, Containment::Unknown));
        let answers = repository.contained_in(&[live.clone(), ahead.clone()], from_ref(&ahead)).unwrap();
        assert_eq!((answers[&live], answers[&ahead]), (Containment::Unknown, Containment::Yes));
        assert_eq!(repository.contained_in(from_ref(&live), &[]).unwrap()[&live], Containment::Unknown);
    }

    #[test]
    fn a_shallow_clone_never_says_no() {
        let sandbox = Sandbox::new();
        let (top, [_, merged, live, main]) = history(&sandbox, "sha1");
        let url = format!("file://{}", top.display());
        sandbox.git(sandbox.path(), &["clone", "-q", "--depth=1", "--no-single-branch", &url, "shallow"]);
        let repository = sandbox.open(&sandbox.path().join("shallow"));
        let answers = repository.contained_in(&[merged.clone(), live.clone(), main.clone()], from_ref(&main)).unwrap();
        assert_eq!(answers[&merged], Containment::Unknown, "git merge-base --is-ancestor says no here");
        assert_eq!((answers[&live], answers[&main]), (Containment::Unknown, Containment::Yes));
    }
}
