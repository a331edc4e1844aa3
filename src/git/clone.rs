//! The copy of one commit in which a build gets its version.
//!
//! A clone, because that works for 28 of 29 build backends (packaging.md §2.1); `git archive` loses submodules and what reads `.git`;
//! `git worktree add` would put our tag among the user's own and register a work tree. The clone borrows the objects of the source
//! (`--shared`), so it costs the same for a large history and on another file system. No hook of anybody runs in it, nothing is signed,
//! and nothing in it points back to where a push could go wrong.

use std::path::{Path, PathBuf};

use super::config::{ConfigEntry, ConfigScope};
use super::executable::Executable;
use super::{Error, Repository, lfs, snapshot, submodules};
use crate::model::names::CommitId;
use crate::system::process::Tool;

/// What a stamped copy holds.
#[derive(Debug, Clone, Copy)]
pub struct CloneOptions {
    /// Whether submodules are filled, from the clones of them that the repository has already. Nothing is fetched from elsewhere.
    pub submodules: bool,
}

/// A clone at one commit, free to be changed.
#[derive(Debug)]
pub struct StampRepository {
    git: Executable,
    commit: CommitId,
    time: i64,
    empty_submodules: Vec<String>,
}

/// Settings that every git process of a stamped copy gets: no hooks, and clones from folders are allowed whatever the user's
/// configuration says. They reach the submodules too.
const ALWAYS: [&str; 8] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.file.allow=always",
    "-c",
    "clone.rejectShallow=false",
    "-c",
    "advice.detachedHead=false",
];

/// Settings that the copy keeps, for the git processes that build backends start.
const KEPT: [&str; 10] = [
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

/// Settings of the source's own that decide which bytes a check-out writes.
const CONTENT_KEYS: [&str; 6] =
    ["core.autocrlf", "core.eol", "core.symlinks", "core.longpaths", "core.attributesfile", "core.protectntfs"];

impl Repository {
    /// Clones `commit` into the new folder `destination`, HEAD detached. Works from shallow clones, linked worktrees, bare repositories,
    /// and for commits that no branch holds. The tags of the source are in it.
    ///
    /// git-lfs pointers that could not be replaced by their files are an error, see [`Error::LfsPointers`].
    pub fn clone_commit(
        &self,
        commit: &CommitId,
        destination: &Path,
        options: CloneOptions,
    ) -> Result<StampRepository, Error> {
        let time = self.commit_time(commit)?;
        self.complete(commit)?;
        self.clone_without_files(destination)?;
        let git = self.git().moved_elsewhere(destination);
        let mut copy = StampRepository { git, commit: commit.clone(), time, empty_submodules: Vec::new() };
        self.bring(commit, &copy)?;
        let attributes = self.common_dir().join("info/attributes");
        if attributes.is_file() {
            let target = destination.join(".git/info/attributes");
            std::fs::create_dir_all(destination.join(".git/info")).map_err(Error::file("create", &target))?;
            std::fs::copy(&attributes, &target).map_err(Error::file("write", &target))?;
        }
        copy.check_out()?;
        if options.submodules {
            copy.empty_submodules = submodules::fill(self, &copy)?;
        }
        match lfs::pointers(&copy)? {
            paths if paths.is_empty() => Ok(copy),
            paths => Err(Error::LfsPointers { paths }),
        }
    }

    /// Lets git fetch what a partial clone does not have of `commit`: the copy could not.
    fn complete(&self, commit: &CommitId) -> Result<(), Error> {
        let promised = |entry: &ConfigEntry| {
            entry.key == "extensions.partialclone" || (entry.key.ends_with(".promisor") && entry.value == "true")
        };
        if self.all_config()?.iter().any(promised) {
            // Counting lines needs every blob, and git fetches them all at once for it.
            let nothing = if commit.as_str().len() == 40 { EMPTY_TREE } else { EMPTY_TREE_SHA256 };
            self.git().run(&["diff-tree", "-r", "--shortstat", nothing, commit.as_str()])?;
        }
        Ok(())
    }

    fn clone_without_files(&self, destination: &Path) -> Result<(), Error> {
        let parent = destination.parent().unwrap_or(destination);
        std::fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
        let mut tool = self.git().moved_elsewhere(parent).tool().args(ALWAYS);
        tool = tool.args(["clone", "--quiet", "--local", "--shared", "--no-checkout", "--no-recurse-submodules"]);
        tool = tool.arg("--template=").args(KEPT.iter().map(|setting| format!("--config={setting}")));
        tool = tool.args(self.settings_of_content()?.map(|entry| format!("--config={}={}", entry.key, entry.value)));
        let lfs_store = self.common_dir().join("lfs");
        if lfs_store.is_dir() {
            // git-lfs finds the files in the source's store; what is not there stays a pointer, and is found below.
            tool = tool.arg(format!("--config=lfs.storage={}", lfs_store.display()));
            tool = tool.arg("--config=lfs.skipdownloaderrors=true");
        }
        let tool = tool.arg("--").arg(self.common_dir()).arg(destination);
        tool.checked().map_err(|error| Error::from_discovery(self.common_dir(), error))?;
        Ok(())
    }

    /// What the repository itself (not the user, not the machine) sets about line ends, links and filters.
    fn settings_of_content(&self) -> Result<impl Iterator<Item = ConfigEntry>, Error> {
        let about_content =
            |entry: &ConfigEntry| CONTENT_KEYS.contains(&entry.key.as_str()) || entry.key.starts_with("filter.");
        // `--config=KEY=VALUE` is cut at the first `=`.
        let usable = |entry: &ConfigEntry| entry.scope >= ConfigScope::Local && !entry.key.contains('=');
        let entries = self.all_config()?.as_ref().clone();
        Ok(entries.into_iter().filter(move |entry| about_content(entry) && usable(entry)))
    }

    /// Makes sure that the clone has the commit. From a shallow source git copies only what refs hold.
    fn bring(&self, commit: &CommitId, copy: &StampRepository) -> Result<(), Error> {
        let exists = ["cat-file", "-e", &format!("{commit}^{{commit}}")];
        if copy.tool().args(exists).output()?.success() {
            return Ok(());
        }
        let fetch = ["-c", "protocol.version=2", "fetch", "--quiet", "--no-tags", "--update-shallow", "--"];
        copy.tool().args(fetch).arg(self.common_dir()).arg(commit.as_str()).checked()?;
        Ok(())
    }
}

impl StampRepository {
    /// The top of the copy.
    pub fn path(&self) -> &Path {
        self.git.folder()
    }

    /// The commit it was made from.
    pub fn original(&self) -> &CommitId {
        &self.commit
    }

    /// The original commit's time, in seconds since 1970: for `SOURCE_DATE_EPOCH`.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// Submodules whose folders are empty, because the repository has no clone of them.
    pub fn empty_submodules(&self) -> &[String] {
        &self.empty_submodules
    }

    /// Makes the copy look like the work tree of `source`: changed and deleted tracked files, and files that are not tracked. The paths
    /// are those of `source.changes()`.
    pub fn take_changes(&self, source: &Repository, changes: &super::WorkTreeChanges) -> Result<(), Error> {
        snapshot::take(source, self, changes)
    }

    /// Commits everything in the copy (also when nothing was changed: the tag must stand on a commit of its own), at the original
    /// commit's time, by git-devpi. File modes become 0644 or 0755, whatever the umask was: they go into wheels.
    pub fn commit_all(&self, message: &str) -> Result<CommitId, Error> {
        snapshot::even_modes(self.path())?;
        self.run(&["add", "--all", "--", "."])?;
        let commit = ["commit", "--quiet", "--no-verify", "--allow-empty", "--message", message];
        self.dated(self.tool(), self.time).args(commit).checked()?;
        let output = self.run(&["rev-parse", "HEAD"])?;
        let text = output.text();
        CommitId::parse(&text)
            .map_err(|_| Error::UnexpectedOutput { command: "git rev-parse HEAD".to_owned(), output: text })
    }

    /// Makes git pass over what a build does to the copy: tracked files that it writes (a version file), and untracked ones of these
    /// patterns. A tool that asks git for the version would call the project changed.
    pub fn overlook_builds(&self, untracked: &[&str]) -> Result<(), Error> {
        let tracked = self.run(&["ls-files", "-z"])?.stdout;
        let assume = ["update-index", "--assume-unchanged", "-z", "--stdin"];
        self.tool().args(assume).stdin_bytes(tracked).checked()?;
        let file = self.path().join(".git/info/exclude");
        std::fs::create_dir_all(self.path().join(".git/info")).map_err(Error::file("create", &file))?;
        std::fs::write(&file, untracked.join("\n") + "\n").map_err(Error::file("write", &file))
    }

    /// Puts an annotated tag on HEAD, in the copy only; one of that name that came with the source moves. It is newer than every other
    /// tag: some tools take the newest reachable one, and a release may have been tagged after the commit that is built.
    pub fn tag(&self, name: &str) -> Result<(), Error> {
        let newest = ["for-each-ref", "--sort=-creatordate", "--count=1", "--format=%(creatordate:unix)", "refs/tags"];
        let newest = self.run(&newest)?.text().parse::<i64>().unwrap_or(0);
        let tag = ["tag", "--annotate", "--force", "--message", name, "--", name, "HEAD"];
        self.dated(self.tool(), self.time.max(newest + 1)).args(tag).checked()?;
        Ok(())
    }

    /// Checks the commit out, and makes sure that it is all there: git ends with 0 when the content of a file is missing.
    fn check_out(&self) -> Result<(), Error> {
        let said = self.run(&["checkout", "--quiet", "--detach", self.commit.as_str(), "--"])?;
        if self.run(&["ls-files", "--deleted"])?.stdout.is_empty() {
            return Ok(());
        }
        let command = format!("git checkout --detach {}", self.commit);
        Err(Error::GitFailed { command, status: said.status, output: said.error_text() })
    }

    /// The same person and a time that is not now for everything that is written: two machines make the same commit.
    fn dated(&self, tool: Tool, time: i64) -> Tool {
        let date = format!("@{time} +0000");
        tool.env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env("GIT_AUTHOR_NAME", "git-devpi")
            .env("GIT_AUTHOR_EMAIL", "git-devpi@localhost")
            .env("GIT_COMMITTER_NAME", "git-devpi")
            .env("GIT_COMMITTER_EMAIL", "git-devpi@localhost")
    }

    /// git in the copy.
    pub(super) fn tool(&self) -> Tool {
        self.git.tool().args(ALWAYS)
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Result<crate::system::process::Output, Error> {
        Ok(self.tool().args(arguments).checked()?)
    }

    /// git in a folder of the copy.
    pub(super) fn tool_in(&self, folder: &Path) -> Tool {
        self.git.moved_elsewhere(folder).tool().args(ALWAYS)
    }

    /// The path of something in the copy.
    pub(super) fn join(&self, path: &Path) -> PathBuf {
        self.path().join(path)
    }
}
