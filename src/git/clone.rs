//! Creates the stamped copy: a clone of one commit.
//!
//! A clone suits nearly every build backend: `git archive` omits submodules and the `.git` folder that version providers read, and
//! `git worktree add` would put the version tag among the user's own tags and register a work tree. The clone borrows the objects of
//! the source (`--shared`), so its cost does not grow with the history. It runs no hooks and signs nothing.

use std::path::Path;

use super::config_entry::{ConfigEntry, ConfigScope};
use super::error::Error;
use super::repository::Repository;
use super::stamp_repository::{PROCESS_SETTINGS, StampRepository};
use super::submodules;
use crate::model::names::CommitId;

/// What a stamped copy contains.
#[derive(Debug, Clone, Copy)]
pub struct CloneOptions {
    /// What happens to submodules.
    pub submodules: Submodules,
}

/// What happens to the submodules of a stamped copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submodules {
    /// They are checked out, from the clones of them that the repository already has. Nothing is fetched.
    CheckOut,
    /// Their folders are empty.
    LeaveEmpty,
}

/// Settings in the configuration file of the copy, for the git processes that build backends start.
const COPY_SETTINGS: [&str; 10] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.safecrlf=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "tag.forceSignAnnotated=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "user.name=git-devpi",
    "user.email=git-devpi@localhost",
];

const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const EMPTY_TREE_SHA256: &str = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

/// Settings of the source repository that change the bytes that a checkout writes.
const CONTENT_KEYS: [&str; 6] =
    ["core.autocrlf", "core.eol", "core.symlinks", "core.longpaths", "core.attributesfile", "core.protectntfs"];

impl Repository {
    /// Clones `commit` and the tags of the source into the new folder `destination`, with HEAD detached.
    ///
    /// The source may be a shallow clone, a linked worktree or a bare repository, and `commit` need not be on a branch.
    pub fn clone_commit(
        &self,
        commit: &CommitId,
        destination: &Path,
        options: CloneOptions,
    ) -> Result<StampRepository, Error> {
        let time = self.commit_time(commit)?;
        self.fetch_promised_objects(commit)?;
        self.clone_without_checkout(destination)?;
        let git = self.git().for_other_repository(destination);
        let mut copy = StampRepository::new(git, commit.clone(), time);
        self.ensure_commit_in(&copy)?;
        let attributes = self.common_dir().join("info/attributes");
        if attributes.is_file() {
            let target = destination.join(".git/info/attributes");
            std::fs::create_dir_all(destination.join(".git/info")).map_err(Error::file("create", &target))?;
            std::fs::copy(&attributes, &target).map_err(Error::file("write", &target))?;
        }
        copy.check_out()?;
        if options.submodules == Submodules::CheckOut {
            copy.set_empty_submodules(submodules::check_out(self, &copy)?);
        }
        Ok(copy)
    }

    /// Fetches the objects of `commit` that a partial clone does not have.
    ///
    /// The copy has no remote to fetch them from.
    fn fetch_promised_objects(&self, commit: &CommitId) -> Result<(), Error> {
        let promised = |entry: &ConfigEntry| {
            entry.key == "extensions.partialclone" || (entry.key.ends_with(".promisor") && entry.value == "true")
        };
        if self.all_config()?.iter().any(promised) {
            // `--shortstat` needs every blob, so git fetches all missing ones in one request.
            let empty_tree = if commit.as_str().len() == 40 { EMPTY_TREE } else { EMPTY_TREE_SHA256 };
            self.git().run(&["diff-tree", "-r", "--shortstat", empty_tree, commit.as_str()])?;
        }
        Ok(())
    }

    fn clone_without_checkout(&self, destination: &Path) -> Result<(), Error> {
        let parent = destination.parent().unwrap_or(destination);
        std::fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
        let mut tool = self.git().for_other_repository(parent).tool().args(PROCESS_SETTINGS);
        tool = tool.args(["clone", "--quiet", "--local", "--shared", "--no-checkout", "--no-recurse-submodules"]);
        tool = tool.arg("--template=").args(COPY_SETTINGS.iter().map(|setting| format!("--config={setting}")));
        tool = tool.args(self.content_settings()?.map(|entry| format!("--config={}={}", entry.key, entry.value)));
        let lfs_store = self.common_dir().join("lfs");
        if lfs_store.is_dir() {
            // A file that the source's store does not have stays a pointer; `refuse_lfs_pointers` reports it.
            tool = tool.arg(format!("--config=lfs.storage={}", lfs_store.display()));
            tool = tool.arg("--config=lfs.skipdownloaderrors=true");
        }
        let tool = tool.arg("--").arg(self.common_dir()).arg(destination);
        tool.checked().map_err(|error| Error::from(error).or_dubious_ownership())?;
        Ok(())
    }

    /// The settings of the repository's own configuration about line endings, symbolic links and filters.
    fn content_settings(&self) -> Result<impl Iterator<Item = ConfigEntry>, Error> {
        let about_content =
            |entry: &ConfigEntry| CONTENT_KEYS.contains(&entry.key.as_str()) || entry.key.starts_with("filter.");
        // git splits `--config=KEY=VALUE` at the first `=`.
        let usable = |entry: &ConfigEntry| entry.scope >= ConfigScope::Local && !entry.key.contains('=');
        let entries = self.all_config()?.as_ref().clone();
        Ok(entries.into_iter().filter(move |entry| about_content(entry) && usable(entry)))
    }

    /// Fetches the original commit into `copy` if the clone omitted it.
    ///
    /// From a shallow source git clones only what refs reach.
    fn ensure_commit_in(&self, copy: &StampRepository) -> Result<(), Error> {
        let commit = copy.original();
        let exists = ["cat-file", "-e", &format!("{commit}^{{commit}}")];
        if copy.tool().args(exists).output()?.success() {
            return Ok(());
        }
        let fetch = ["-c", "protocol.version=2", "fetch", "--quiet", "--no-tags", "--update-shallow", "--"];
        copy.tool().args(fetch).arg(self.common_dir()).arg(commit.as_str()).checked()?;
        Ok(())
    }
}
