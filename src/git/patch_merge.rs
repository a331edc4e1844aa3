//! Finds the changes of a branch in other branches that do not contain its commits: after a squash merge, a rebase or a cherry-pick.
//!
//! The changes are compared as text, without line numbers and with whitespace: `git patch-id` ignores whitespace, which is syntax in Python.
//! What does not match exactly, such as a merge that was edited on the way, is not found.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::Error;
use super::executable::Executable;
use super::repository::Repository;
use crate::model::names::{CommitId, Sha256};
pub use crate::model::staleness::PatchMerge;
use crate::system::files::sha256_of;
use crate::system::process::Tool;

/// The number of branches that are searched for in parallel.
const AT_ONCE: usize = 8;
/// The number of commits of a branch up to which they are compared one by one.
const MAX_BRANCH_COMMITS: usize = 200;
/// The number of commits, since the branch began, that are compared with it.
const MAX_LANDED_COMMITS: usize = 2000;
/// The number of commits whose patches are in memory at once.
const COMMITS_AT_ONCE: usize = 100;

/// The changes of a commit, or between two commits.
type Change = Sha256;

impl Repository {
    /// Finds for each of `tips` the commits with its changes in one of `release_tips`, several tips at a time. Cost: about six processes for
    /// each tip and release tip.
    ///
    /// A tip is left out when its changes are not found, when they were reverted since, when it changes nothing, or when objects are missing.
    pub fn patch_merges(
        &self,
        tips: &[CommitId],
        release_tips: &[CommitId],
    ) -> Result<BTreeMap<CommitId, PatchMerge>, Error> {
        let search = Search { git: self.git(), release_tips };
        let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..tips.len().min(AT_ONCE) {
                scope.spawn(|| {
                    while let Some(tip) = tips.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let answer = search.patch_merge(tip);
                        found.lock().unwrap_or_else(PoisonError::into_inner).push((tip.clone(), answer));
                    }
                });
            }
        });
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.into_iter().filter_map(|(tip, answer)| Some(answer.transpose()?.map(|merge| (tip, merge)))).collect()
    }
}

/// The search for the changes of branches; shared by several threads.
struct Search<'a> {
    git: &'a Executable,
    release_tips: &'a [CommitId],
}

impl Search<'_> {
    fn patch_merge(&self, tip: &CommitId) -> Result<Option<PatchMerge>, Error> {
        for release_tip in self.release_tips {
            if let Some(found) = self.patch_merge_into(tip, release_tip)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn patch_merge_into(&self, tip: &CommitId, release_tip: &CommitId) -> Result<Option<PatchMerge>, Error> {
        let answer = self.offline_git().args(["merge-base", release_tip.as_str(), tip.as_str()]).output()?;
        let Ok(base) = CommitId::parse(answer.text().trim()) else { return Ok(None) };
        let Some(net) = self.change_between([&base, tip])? else { return Ok(None) };
        let Some(revert) = self.change_between([tip, &base])? else { return Ok(None) };
        let landed = self.landed_changes((&base, tip), release_tip)?;
        if landed.contains_key(&revert) {
            return Ok(None);
        }
        if let Some(commits) = self.commit_by_commit((tip, release_tip), &landed)? {
            return Ok(Some(PatchMerge::Rebased(commits)));
        }
        Ok(landed.get(&net).cloned().map(PatchMerge::Squashed))
    }

    /// Returns the commits with the changes of each commit that only the branch has. Commits without changes do not count; a merge commit may
    /// have changes of its own, which nothing compares.
    fn commit_by_commit(
        &self,
        (tip, release_tip): (&CommitId, &CommitId),
        landed: &BTreeMap<Change, CommitId>,
    ) -> Result<Option<Vec<CommitId>>, Error> {
        let limit = format!("--max-count={}", MAX_BRANCH_COMMITS + 1);
        let tool = self.offline_git().args(["rev-list", "--parents", "--reverse", &limit, tip.as_str()]);
        let listed = tool.arg(format!("^{release_tip}")).output()?.text();
        let commits: Vec<&str> = listed.lines().collect();
        if commits.is_empty() || commits.len() > MAX_BRANCH_COMMITS || commits.iter().any(|line| is_merge(line)) {
            return Ok(None);
        }
        let name = |line: &&str| CommitId::parse(line.split(' ').next()?).ok();
        let changes = self.changes_of(&commits.iter().filter_map(name).collect::<Vec<_>>())?;
        let found: Option<Vec<CommitId>> = changes.iter().map(|(_, change)| landed.get(change).cloned()).collect();
        Ok(found.filter(|commits| !commits.is_empty()))
    }

    /// Returns the changes of the commits since `base` that `release_tip` contains and that touch a file of the branch.
    fn landed_changes(
        &self,
        (base, tip): (&CommitId, &CommitId),
        release_tip: &CommitId,
    ) -> Result<BTreeMap<Change, CommitId>, Error> {
        let names = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", base.as_str(), tip.as_str()];
        let names = self.offline_git().args(names).output()?.text();
        let mut input = format!("{release_tip}\n^{base}\n--\n");
        // The input cannot express a name with a line break.
        names.split('\0').filter(|name| !name.is_empty() && !name.contains('\n')).for_each(|name| {
            input.push_str(name);
            input.push('\n');
        });
        let limit = format!("--max-count={MAX_LANDED_COMMITS}");
        let tool = self.offline_git().env("GIT_LITERAL_PATHSPECS", "1");
        let listed = tool.args(["rev-list", "--no-merges", "--full-history", &limit, "--stdin"]).stdin_bytes(input);
        let commits = listed.output()?.text().lines().filter_map(|line| CommitId::parse(line).ok()).collect::<Vec<_>>();
        Ok(self.changes_of(&commits)?.into_iter().map(|(commit, change)| (change, commit)).collect())
    }

    /// Returns the changes of commits with one parent; commits without changes are left out.
    fn changes_of(&self, commits: &[CommitId]) -> Result<Vec<(CommitId, Change)>, Error> {
        let mut found = Vec::new();
        for part in commits.chunks(COMMITS_AT_ONCE) {
            let input: String = part.iter().map(|commit| format!("{commit}\n")).collect();
            let output = self.diff_tree().args(["--stdin", "--root"]).stdin_bytes(input).output()?;
            if output.success() {
                found.extend(Patches::read(&output.stdout).found);
            }
        }
        Ok(found)
    }

    fn change_between(&self, [from, to]: [&CommitId; 2]) -> Result<Option<Change>, Error> {
        let output = self.diff_tree().args([from.as_str(), to.as_str()]).output()?;
        // With the form of a commit's patch the same reader reads it.
        let patch = [format!("{to}\n").as_bytes(), &output.stdout].concat();
        Ok(Patches::read(&patch).found.pop().filter(|_| output.success()).map(|(_, change)| change))
    }

    fn diff_tree(&self) -> Tool {
        let options = ["--patch", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"];
        self.offline_git().args(["diff-tree", "-r"]).args(options)
    }

    /// git that fetches nothing in a partial clone.
    fn offline_git(&self) -> Tool {
        self.git.tool().env("GIT_NO_LAZY_FETCH", "1")
    }
}

/// Whether a line of `rev-list --parents` has two parents.
fn is_merge(line: &str) -> bool {
    line.split(' ').count() > 2
}

/// The output of `diff-tree --stdin --patch`: for each commit a line with its name, and its patch.
#[derive(Debug, Default)]
struct Patches {
    found: Vec<(CommitId, Change)>,
    commit: Option<CommitId>,
    patch: Vec<u8>,
    /// The line `index A..B` of the current file, which counts for a binary file only.
    blobs: Vec<u8>,
}

impl Patches {
    fn read(output: &[u8]) -> Self {
        let mut patches = Self::default();
        output.split_inclusive(|&byte| byte == b'\n').for_each(|line| patches.push(line));
        patches.end_commit();
        patches
    }

    fn push(&mut self, line: &[u8]) {
        let id = str::from_utf8(line).ok().and_then(|line| CommitId::parse(line.trim_end()).ok());
        if let Some(id) = id {
            self.end_commit();
            self.commit = Some(id);
        } else if line.starts_with(b"index ") {
            self.blobs = line.to_vec();
        } else if !line.starts_with(b"@@ ") {
            if line.starts_with(b"Binary files ") {
                self.patch.append(&mut self.blobs);
            }
            self.patch.extend_from_slice(line);
        }
    }

    fn end_commit(&mut self) {
        let patch = std::mem::take(&mut self.patch);
        if let Some(commit) = self.commit.take().filter(|_| !patch.is_empty()) {
            self.found.push((commit, sha256_of(&patch)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::slice::from_ref;

    use super::*;
    use crate::git::testing::Sandbox;

    /// A repository whose branch `topic` has two commits, and whose `main` has one more commit than their base.
    fn repository(sandbox: &Sandbox) -> std::path::PathBuf {
        let top = sandbox.repository("r");
        sandbox.commit(&top, "app.py", &lines("base", 20));
        sandbox.git(&top, &["checkout", "-q", "-b", "topic"]);
        sandbox.commit(&top, "app.py", &lines("base", 20).replace("base 3\n", "if x:\n    y()\n"));
        sandbox.commit(&top, "new.py", "new\n");
        sandbox.git(&top, &["checkout", "-q", "main"]);
        sandbox.commit(&top, "other.py", "other\n");
        top
    }

    fn lines(word: &str, count: usize) -> String {
        (0..count).map(|number| format!("{word} {number}\n")).collect()
    }

    fn squash(sandbox: &Sandbox, top: &Path) -> CommitId {
        sandbox.git(top, &["merge", "-q", "--squash", "topic"]);
        sandbox.git(top, &["commit", "-q", "-m", "squashed"]);
        sandbox.tip(top, "HEAD")
    }

    fn found(sandbox: &Sandbox, top: &Path) -> Option<PatchMerge> {
        let tips = [sandbox.tip(top, "topic"), sandbox.tip(top, "main")];
        search(sandbox, top, &tips)
    }

    fn search(sandbox: &Sandbox, top: &Path, [tip, release_tip]: &[CommitId; 2]) -> Option<PatchMerge> {
        sandbox.open(top).patch_merges(from_ref(tip), from_ref(release_tip)).unwrap().remove(tip)
    }

    #[test]
    fn a_squash_merge_is_found_among_other_commits() {
        let sandbox = Sandbox::new();
        let top = repository(&sandbox);
        assert_eq!(found(&sandbox, &top), None);
        let squashed = squash(&sandbox, &top);
        sandbox.commit(&top, "later.py", "later\n");
        sandbox.commit(&top, "new.py", "changed later\n");
        assert_eq!(found(&sandbox, &top), Some(PatchMerge::Squashed(squashed)));
    }

    #[test]
    fn a_rebase_and_cherry_picks_are_found_commit_by_commit() {
        let sandbox = Sandbox::new();
        let top = repository(&sandbox);
        sandbox.git(&top, &["cherry-pick", "topic~1"]);
        let first = sandbox.tip(&top, "HEAD");
        assert_eq!(found(&sandbox, &top), None, "one of two");
        sandbox.git_at(&top, "2024-01-03T03:04:05+00:00", &["cherry-pick", "topic"]);
        assert_eq!(found(&sandbox, &top), Some(PatchMerge::Rebased(vec![first, sandbox.tip(&top, "HEAD")])));
    }

    #[test]
    fn a_branch_that_went_on_after_its_merge_is_not_merged() {
        let sandbox = Sandbox::new();
        let top = repository(&sandbox);
        squash(&sandbox, &top);
        sandbox.git(&top, &["checkout", "-q", "topic"]);
        sandbox.commit(&top, "more.py", "more\n");
        assert_eq!(found(&sandbox, &top), None, "a new file");
        sandbox.git(&top, &["reset", "-q", "--hard", "HEAD~1"]);
        sandbox.git(&top, &["rm", "-q", "new.py"]);
        sandbox.git(&top, &["commit", "-q", "-m", "remove it again"]);
        assert_eq!(found(&sandbox, &top), None, "merging it changes nothing in main, and still it is not merged");
    }

    #[test]
    fn whitespace_and_the_bytes_of_binary_files_count() {
        let sandbox = Sandbox::new();
        let top = repository(&sandbox);
        squash(&sandbox, &top);
        sandbox.git(&top, &["checkout", "-q", "topic"]);
        let text = std::fs::read_to_string(top.join("app.py")).unwrap();
        std::fs::write(top.join("app.py"), text.replace("    y()", "y()")).unwrap();
        sandbox.git(&top, &["commit", "-q", "-a", "-m", "indentation"]);
        sandbox.git(&top, &["reset", "-q", "--soft", "HEAD~3"]);
        sandbox.git(&top, &["commit", "-q", "-m", "all in one"]);
        assert_eq!(found(&sandbox, &top), None, "git patch-id finds no difference");

        for (bytes, expected) in [("a\0b", true), ("a\0c", false)] {
            sandbox.git(&top, &["checkout", "-q", "-B", "topic", "main"]);
            sandbox.commit(&top, "data.bin", "a\0b");
            sandbox.git(&top, &["checkout", "-q", "-B", "target", "main"]);
            sandbox.commit(&top, "elsewhere", "so that the commits differ");
            sandbox.commit(&top, "data.bin", bytes);
            let tips = [sandbox.tip(&top, "topic"), sandbox.tip(&top, "target")];
            assert_eq!(search(&sandbox, &top, &tips).is_some(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_branch_that_changes_nothing_and_a_reverted_merge_are_not_merged() {
        let sandbox = Sandbox::new();
        let top = repository(&sandbox);
        squash(&sandbox, &top);
        sandbox.git(&top, &["revert", "--no-edit", "HEAD"]);
        assert_eq!(found(&sandbox, &top), None, "reverted");
        sandbox.git(&top, &["checkout", "-q", "-B", "topic", "main"]);
        sandbox.git(&top, &["commit", "-q", "--allow-empty", "-m", "start CI"]);
        assert_eq!(found(&sandbox, &top), None, "an empty commit");
        sandbox.commit(&top, "x.py", "x\n");
        sandbox.git(&top, &["revert", "--no-edit", "HEAD"]);
        assert_eq!(found(&sandbox, &top), None, "a commit and its revert");
    }

    #[test]
    fn a_branch_that_merged_main_in_between_is_found_by_its_squash_only() {
        let sandbox = Sandbox::new();
        let top = repository(&sandbox);
        sandbox.git(&top, &["checkout", "-q", "topic"]);
        sandbox.git(&top, &["merge", "-q", "--no-edit", "main"]);
        sandbox.git(&top, &["checkout", "-q", "main"]);
        for commit in ["topic~2", "topic^1"] {
            sandbox.git(&top, &["cherry-pick", commit]);
        }
        assert_eq!(found(&sandbox, &top), None, "the merge commit may have changes of its own");
        sandbox.git(&top, &["reset", "-q", "--hard", "HEAD~2"]);
        let squashed = squash(&sandbox, &top);
        assert_eq!(found(&sandbox, &top), Some(PatchMerge::Squashed(squashed)));
    }

    #[test]
    fn unusual_names_sha256_and_users_diff_settings_make_no_difference() {
        let sandbox = Sandbox::new();
        let top = sandbox.path().join("r");
        sandbox.git(sandbox.path(), &["init", "-q", "--object-format=sha256", "r"]);
        sandbox.commit(&top, "README", "hello\n");
        for (key, value) in [("diff.external", "false"), ("color.ui", "always"), ("diff.noprefix", "true")] {
            sandbox.git(&top, &["config", key, value]);
        }
        sandbox.git(&top, &["checkout", "-q", "-b", "topic"]);
        sandbox.commit(&top, ":(glob)*ü 🚀.py", "1\n");
        sandbox.commit(&top, "line\nbreak.py", "1\n");
        sandbox.git(&top, &["checkout", "-q", "main"]);
        sandbox.commit(&top, "other.py", "other\n");
        let squashed = squash(&sandbox, &top);
        assert_eq!(found(&sandbox, &top), Some(PatchMerge::Squashed(squashed)));
    }

    #[test]
    fn an_unknown_commit_and_an_unrelated_history_are_not_merged() {
        let sandbox = Sandbox::new();
        let top = repository(&sandbox);
        let (tip, main) = (CommitId::parse(&"ab".repeat(20)).unwrap(), sandbox.tip(&top, "main"));
        assert_eq!(search(&sandbox, &top, &[tip, main.clone()]), None);
        sandbox.git(&top, &["checkout", "-q", "--orphan", "other"]);
        let unrelated = sandbox.commit(&top, "x", "x");
        assert_eq!(search(&sandbox, &top, &[unrelated, main]), None);
    }
}
