//! Reads the configured remotes and their remote-tracking branches.
//!
//! No function connects to a remote: `refs/remotes/*` may be outdated, and `refs/remotes/R/HEAD` may be missing. `ls_remote` returns the
//! current state.

use super::error::Error;
use super::repository::Repository;
use crate::model::names::{BranchName, CommitId};

/// The repository itself as a remote.
const THIS_REPOSITORY: &str = ".";

/// The prefix of local branches.
const LOCAL_BRANCHES: &str = "refs/heads/";

impl Repository {
    /// Returns the names of the remotes that have a URL, in the order of the configuration.
    ///
    /// A bare repository without remotes is what others push to: then `.`, git's own name for the repository itself (git-config(1),
    /// `branch.<name>.remote`).
    pub fn remotes(&self) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = Vec::new();
        for entry in self.all_config()?.iter() {
            let name = entry.key.strip_prefix("remote.").and_then(|rest| rest.strip_suffix(".url"));
            if let Some(name) = name.filter(|name| !names.iter().any(|known| known == name)) {
                names.push(name.to_owned());
            }
        }
        if names.is_empty() && self.work_tree().is_none() {
            names.push(THIS_REPOSITORY.to_owned());
        }
        Ok(names)
    }

    /// Returns the URL that `git fetch NAME` uses, after `url.<base>.insteadOf`.
    ///
    /// It may contain a user name and password.
    pub fn remote_url(&self, name: &str) -> Result<Option<String>, Error> {
        if self.is_itself(name) {
            return Ok(self.common_dir().to_str().map(str::to_owned));
        }
        let key = format!("remote.{name}.url");
        let entries = self.all_config()?;
        let url = entries.iter().find(|entry| entry.key == key && !entry.value.is_empty());
        url.map(|entry| self.rewritten(&entry.value, ".insteadof")).transpose()
    }

    /// Whether `git fetch` and `git push` keep a remote-tracking branch for every branch of the remote, as in a clone by default.
    pub fn tracks_every_branch(&self, name: &str) -> Result<bool, Error> {
        let (key, refspec) = (format!("remote.{name}.fetch"), format!("refs/heads/*:refs/remotes/{name}/*"));
        let is_default = |value: &str| value.strip_prefix('+').unwrap_or(value) == refspec;
        Ok(self.all_config()?.iter().any(|entry| entry.key == key && is_default(&entry.value)))
    }

    /// Returns the URLs that `git push NAME` uses; a pre-push hook receives one as its second argument.
    pub fn remote_push_urls(&self, name: &str) -> Result<Vec<String>, Error> {
        let entries = self.all_config()?;
        let values = |suffix: &str| -> Vec<String> {
            let key = format!("remote.{name}.{suffix}");
            entries.iter().filter(|entry| entry.key == key).map(|entry| entry.value.clone()).collect()
        };
        let explicit = values("pushurl");
        if !explicit.is_empty() {
            return explicit.iter().map(|url| self.rewritten(url, ".insteadof")).collect();
        }
        let rewrite = |url: &String| {
            let pushed = self.rewritten(url, ".pushinsteadof")?;
            if &pushed == url { self.rewritten(url, ".insteadof") } else { Ok(pushed) }
        };
        values("url").iter().map(rewrite).collect()
    }

    /// Applies the longest matching `url.<base>.insteadOf` (or `pushInsteadOf`) to `url`.
    fn rewritten(&self, url: &str, suffix: &str) -> Result<String, Error> {
        let entries = self.all_config()?;
        let rules = entries.iter().filter_map(|entry| {
            let base = entry.key.strip_prefix("url.")?.strip_suffix(suffix)?;
            Some((base, url.strip_prefix(entry.value.as_str())?))
        });
        let longest = rules.min_by_key(|(_, rest)| rest.len());
        Ok(longest.map_or_else(|| url.to_owned(), |(base, rest)| format!("{base}{rest}")))
    }

    /// Returns the remote's default branch as recorded in this clone (`refs/remotes/NAME/HEAD`).
    pub fn remote_head(&self, name: &str) -> Result<Option<BranchName>, Error> {
        if self.is_itself(name) {
            return Ok(self.head()?.branch);
        }
        let reference = format!("refs/remotes/{name}/HEAD");
        let target = match self.libgit2() {
            Some(repository) => repository
                .find_reference(&reference)
                .ok()
                .and_then(|found| String::from_utf8(found.symbolic_target_bytes()?.to_vec()).ok()),
            None => {
                let output = self.git().ask(&["symbolic-ref", "-q", &reference])?;
                output.success().then(|| output.text())
            }
        };
        Ok(target.and_then(|target| branch_below(&target, &self.folder_of(name))))
    }

    /// Returns the tip of a remote-tracking branch.
    pub fn remote_branch_tip(&self, name: &str, branch: &BranchName) -> Result<Option<CommitId>, Error> {
        self.resolve(&format!("{}{}", self.folder_of(name), branch.as_str()))
    }

    /// The prefix of the branches of a remote in this repository.
    fn folder_of(&self, name: &str) -> String {
        if self.is_itself(name) { LOCAL_BRANCHES.to_owned() } else { format!("refs/remotes/{name}/") }
    }

    /// Whether `name` stands for this repository, which is bare, as its own remote.
    pub fn is_itself(&self, name: &str) -> bool {
        name == THIS_REPOSITORY && self.work_tree().is_none()
    }

    /// Returns the remote-tracking branches of a remote with their tips.
    pub fn remote_tracking_branches(&self, name: &str) -> Result<Vec<(BranchName, CommitId)>, Error> {
        self.branches_below(&self.folder_of(name))
    }

    /// Returns the names of the local branches that have a commit.
    pub fn local_branches(&self) -> Result<Vec<BranchName>, Error> {
        Ok(self.branches_below(LOCAL_BRANCHES)?.into_iter().map(|(branch, _)| branch).collect())
    }

    fn branches_below(&self, folder: &str) -> Result<Vec<(BranchName, CommitId)>, Error> {
        if let Some(repository) = self.libgit2()
            && let Ok(references) = repository.references()
        {
            let branches = references.flatten().filter_map(|reference| {
                let full = std::str::from_utf8(reference.name_bytes()).ok()?;
                let branch = branch_below(full, folder)?;
                Some((branch, CommitId::parse(&reference.target()?.to_string()).ok()?))
            });
            return Ok(branches.collect());
        }
        let output = self.git().run(&["for-each-ref", "--format=%(objectname) %(refname)", folder])?;
        let text = output.text();
        let read = |line: &str| {
            let (tip, reference) = line.split_once(' ')?;
            Some((branch_below(reference, folder)?, CommitId::parse(tip).ok()?))
        };
        Ok(text.lines().filter_map(read).collect())
    }

    /// Returns the remote-tracking branches that contain `commit`. Cost: one git process.
    pub fn branches_containing(&self, commit: &CommitId, name: &str) -> Result<Vec<BranchName>, Error> {
        let folder = self.folder_of(name);
        let contains = format!("--contains={commit}");
        let output = self.git().ask(&["for-each-ref", "--format=%(refname)", &contains, &folder])?;
        if !output.success() {
            return Err(Error::NoSuchCommit { commit: commit.clone() });
        }
        let text = output.text();
        Ok(text.lines().filter_map(|reference| branch_below(reference, &folder)).collect())
    }
}

/// Converts `refs/remotes/R/x` to `x`. The name of the remote may contain slashes.
fn branch_below(reference: &str, folder: &str) -> Option<BranchName> {
    BranchName::parse(reference.strip_prefix(folder)?).ok().filter(|name| name.as_str() != "HEAD")
}

#[cfg(test)]
mod tests {
    use crate::git::testing::{Sandbox, branch};

    #[test]
    fn urls_are_what_git_would_use() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        assert!(sandbox.open(&top).remotes().unwrap().is_empty());
        sandbox.git(&top, &["remote", "add", "origin", "gh:acme/shiny"]);
        sandbox.git(&top, &["remote", "add", "mirror/two", "gh:other/shiny"]);
        sandbox.git(&top, &["config", "--global", "url.https://git.example/.insteadOf", "gh:"]);
        sandbox.git(&top, &["config", "--global", "url.https://other.example/.insteadOf", "gh:other/"]);
        sandbox.git(&top, &["config", "url.ssh://git.example/.pushInsteadOf", "gh:a"]);
        assert!(sandbox.open(&top).tracks_every_branch("origin").unwrap());
        sandbox.git(&top, &["config", "remote.mirror/two.fetch", "+refs/heads/main:refs/remotes/mirror/two/main"]);
        assert!(!sandbox.open(&top).tracks_every_branch("mirror/two").unwrap());
        sandbox.git(sandbox.path(), &["init", "-q", "--bare", "bare"]);
        let bare = sandbox.path().join("bare");
        assert_eq!(sandbox.open(&bare).remotes().unwrap(), ["."]);
        assert!(sandbox.open(&bare).is_itself(".") && !sandbox.open(&top).is_itself("."));
        // A remote without a URL is none.
        sandbox.git(&top, &["config", "--global", "remote.upstream.prune", "true"]);
        let repository = sandbox.open(&top);
        assert_eq!(repository.remotes().unwrap(), ["origin", "mirror/two"]);
        for name in ["origin", "mirror/two"] {
            assert_eq!(repository.remote_url(name).unwrap().unwrap(), sandbox.git(&top, &["remote", "get-url", name]));
            let push = sandbox.git(&top, &["remote", "get-url", "--push", name]);
            assert_eq!(repository.remote_push_urls(name).unwrap(), [push]);
        }
        assert_eq!(repository.remote_url("none").unwrap(), None);
    }

    #[test]
    fn remote_tracking_branches_are_read() {
        let sandbox = Sandbox::new();
        let source = sandbox.repository("r");
        let remote = sandbox.remote_for(&source);
        let base = sandbox.tip(&source, "main");
        sandbox.git(&source, &["checkout", "-q", "-b", "feature/x"]);
        let tip = sandbox.commit(&source, "x", "1");
        sandbox.git(&source, &["push", "-q", "origin", "feature/x"]);
        for format in ["sha1", "sha256"] {
            let (clone, base, tip) = if format == "sha1" {
                let clone = sandbox.path().join("clone");
                sandbox.git(sandbox.path(), &["clone", "-q", remote.to_str().unwrap(), "clone"]);
                (clone, base.clone(), tip.clone())
            } else {
                sandbox.git(sandbox.path(), &["init", "-q", "--object-format=sha256", "other"]);
                let top = sandbox.path().join("other");
                let base = sandbox.commit(&top, "a", "1");
                let tip = sandbox.commit(&top, "a", "2");
                sandbox.git(&top, &["update-ref", "refs/remotes/origin/main", base.as_str()]);
                sandbox.git(&top, &["update-ref", "refs/remotes/origin/feature/x", tip.as_str()]);
                sandbox.git(&top, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
                (top, base, tip)
            };
            let repository = sandbox.open(&clone);
            assert_eq!(repository.remote_head("origin").unwrap(), Some(branch("main")));
            assert_eq!(repository.remote_head("other").unwrap(), None);
            sandbox.git(&clone, &["branch", "local/y"]);
            assert_eq!(repository.local_branches().unwrap(), [branch("local/y"), branch("main")]);
            assert_eq!(repository.remote_branch_tip("origin", &branch("feature/x")).unwrap(), Some(tip.clone()));
            assert_eq!(repository.remote_branch_tip("origin", &branch("no")).unwrap(), None);
            assert_eq!(repository.branches_containing(&tip, "origin").unwrap(), [branch("feature/x")]);
            assert_eq!(repository.branches_containing(&base, "origin").unwrap(), [branch("feature/x"), branch("main")]);
        }
    }
}
