//! The stamped copy: the clone in which a build gets its version commit and its version tag.
//!
//! `clone` creates it, `snapshot`, `submodules` and `lfs` fill and check it.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::executable::Executable;
use super::file_modes;
use crate::model::names::CommitId;
use crate::system::process::{Output, Tool};

/// A clone at one commit, isolated from the repository that it was cloned from.
#[derive(Debug)]
pub struct StampRepository {
    git: Executable,
    commit: CommitId,
    time: i64,
    empty_submodules: Vec<String>,
}

/// Settings of every git process in a stamped copy, submodules included.
///
/// They disable hooks, and allow clones from local folders whatever the user's configuration says.
pub(super) const PROCESS_SETTINGS: [&str; 8] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.file.allow=always",
    "-c",
    "clone.rejectShallow=false",
    "-c",
    "advice.detachedHead=false",
];

impl StampRepository {
    /// The copy that `git` works in, before anything is checked out.
    ///
    /// `time` is the time of `commit` in seconds since 1970.
    pub(super) fn new(git: Executable, commit: CommitId, time: i64) -> Self {
        Self { git, commit, time, empty_submodules: Vec::new() }
    }

    /// The top folder of the copy.
    pub fn path(&self) -> &Path {
        self.git.folder()
    }

    /// The commit that the copy was made from.
    pub fn original(&self) -> &CommitId {
        &self.commit
    }

    /// The committer time of the original commit, in seconds since 1970: the value of `SOURCE_DATE_EPOCH`.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// The paths of empty submodules: the source repository has no clone of them.
    pub fn empty_submodules(&self) -> &[String] {
        &self.empty_submodules
    }

    pub(super) fn set_empty_submodules(&mut self, paths: Vec<String>) {
        self.empty_submodules = paths;
    }

    /// Commits every change in the copy and returns the new commit.
    ///
    /// The commit is created even without a change.
    ///
    /// Author, committer and time do not depend on the machine, and file modes become 0644 or 0755 whatever the umask is, so two
    /// machines create the same commit and the same wheel.
    pub fn commit_all(&self, message: &str) -> Result<CommitId, Error> {
        file_modes::normalize(self.path())?;
        self.run(&["add", "--all", "--", "."])?;
        let commit = ["commit", "--quiet", "--no-verify", "--allow-empty", "--message", message];
        with_identity(self.tool(), self.time).args(commit).checked()?;
        let output = self.run(&["rev-parse", "HEAD"])?;
        let text = output.text();
        CommitId::parse(&text)
            .map_err(|_| Error::UnexpectedOutput { command: "git rev-parse HEAD".to_owned(), output: text })
    }

    /// Makes git ignore changes of tracked files, and untracked files that match `untracked`.
    ///
    /// Without this, a version provider that asks git would report the tree as dirty.
    pub fn ignore_build_changes(&self, untracked: &[&str]) -> Result<(), Error> {
        let tracked = self.run(&["ls-files", "-z"])?.stdout;
        let assume = ["update-index", "--assume-unchanged", "-z", "--stdin"];
        self.tool().args(assume).stdin_bytes(tracked).checked()?;
        let file = self.path().join(".git/info/exclude");
        std::fs::create_dir_all(self.path().join(".git/info")).map_err(Error::file("create", &file))?;
        std::fs::write(&file, untracked.join("\n") + "\n").map_err(Error::file("write", &file))
    }

    /// Creates the annotated tag `name` on HEAD of the copy, or moves it there.
    ///
    /// Its date is later than that of every other tag: some version providers take the newest reachable tag, and a release may have been
    /// tagged after the commit that is built.
    pub fn tag(&self, name: &str) -> Result<(), Error> {
        let newest = ["for-each-ref", "--sort=-creatordate", "--count=1", "--format=%(creatordate:unix)", "refs/tags"];
        let newest = self.run(&newest)?.text().parse::<i64>().unwrap_or(0);
        let tag = ["tag", "--annotate", "--force", "--message", name, "--", name, "HEAD"];
        with_identity(self.tool(), self.time.max(newest + 1)).args(tag).checked()?;
        Ok(())
    }

    /// Checks out the original commit.
    ///
    /// Fails when a file is missing afterwards: git exits with 0 even if it cannot read a blob.
    pub(super) fn check_out(&self) -> Result<(), Error> {
        let output = self.run(&["checkout", "--quiet", "--detach", self.commit.as_str(), "--"])?;
        if self.run(&["ls-files", "--deleted"])?.stdout.is_empty() {
            return Ok(());
        }
        let command = format!("git checkout --detach {}", self.commit);
        Err(Error::GitFailed { command, status: output.status, output: output.error_text() })
    }

    /// A git process at the top of the copy.
    pub(super) fn tool(&self) -> Tool {
        self.git.tool().args(PROCESS_SETTINGS)
    }

    /// Runs git at the top of the copy; an exit status other than 0 is an error.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Output, Error> {
        Ok(self.tool().args(arguments).checked()?)
    }

    /// A git process in `folder`, with the settings of the copy.
    pub(super) fn tool_in(&self, folder: &Path) -> Tool {
        self.git.for_other_repository(folder).tool().args(PROCESS_SETTINGS)
    }

    /// `path`, relative to the top, as a path in the copy.
    pub(super) fn join(&self, path: &Path) -> PathBuf {
        self.path().join(path)
    }
}

/// Sets a fixed author and committer, and `time` for both.
fn with_identity(tool: Tool, time: i64) -> Tool {
    let date = format!("@{time} +0000");
    tool.env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .env("GIT_AUTHOR_NAME", "git-devpi")
        .env("GIT_AUTHOR_EMAIL", "git-devpi@localhost")
        .env("GIT_COMMITTER_NAME", "git-devpi")
        .env("GIT_COMMITTER_EMAIL", "git-devpi@localhost")
}
