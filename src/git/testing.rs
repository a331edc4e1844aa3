//! Runs git in temporary folders, isolated from the developer's configuration.
//!
//! For the tests of this room.

use std::path::{Path, PathBuf};

use super::repository::Repository;
use crate::model::names::{BranchName, CommitId};
use crate::system::environment::Environment;
use crate::system::process::Tool;

/// A temporary folder with its own HOME and git configuration.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = "[user]\n\tname = Tester\n\temail = tester@example.org\n[init]\n\tdefaultBranch = main\n";
        std::fs::write(folder.path().join("gitconfig"), config).unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn environment(&self) -> Environment {
        self.environment_with([("GIT_DEVPI_TEST", "1")])
    }

    /// The sandbox's environment with one more variable.
    pub fn environment_with(&self, [(name, value)]: [(&str, &str); 1]) -> Environment {
        let home = self.path().join("home");
        Environment::from_pairs([
            ("HOME", home.to_str().unwrap()),
            ("XDG_CONFIG_HOME", home.to_str().unwrap()),
            ("GIT_CONFIG_GLOBAL", self.path().join("gitconfig").to_str().unwrap()),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            (name, value),
        ])
    }

    /// Runs git in `folder` and returns its output.
    pub fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        self.git_at(folder, "2024-01-02T03:04:05+00:00", arguments)
    }

    /// Runs git in `folder` with `time` as author and committer date.
    pub fn git_at(&self, folder: &Path, time: &str, arguments: &[&str]) -> String {
        let mut tool =
            Tool::new("git").current_dir(folder).without_env(crate::system::environment::GIT_LOCAL_VARIABLES);
        for (name, value) in self.environment().iter() {
            tool = tool.env(name, value);
        }
        tool = tool.env("GIT_AUTHOR_DATE", time).env("GIT_COMMITTER_DATE", time);
        tool.args(arguments).checked().unwrap().text()
    }

    /// Creates a repository with one commit on `main`.
    pub fn repository(&self, name: &str) -> PathBuf {
        let folder = self.path().join(name);
        self.git(self.path(), &["init", "-q", name]);
        self.commit(&folder, "README", "hello\n");
        std::fs::canonicalize(folder).unwrap()
    }

    /// Creates a bare repository, adds it to `folder` as `origin` and pushes `main`.
    pub fn remote_for(&self, folder: &Path) -> PathBuf {
        let remote = self.path().join("remote.git");
        self.git(self.path(), &["init", "-q", "--bare", "remote.git"]);
        self.git(folder, &["remote", "add", "origin", remote.to_str().unwrap()]);
        self.git(folder, &["push", "-q", "-u", "origin", "main"]);
        remote
    }

    /// Writes a file and commits it.
    pub fn commit(&self, folder: &Path, file: &str, content: &str) -> CommitId {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self.git(folder, &["add", "-A"]);
        self.git(folder, &["commit", "-q", "-m", file]);
        self.tip(folder, "HEAD")
    }

    pub fn tip(&self, folder: &Path, revision: &str) -> CommitId {
        CommitId::parse(&self.git(folder, &["rev-parse", revision])).unwrap()
    }

    /// Adds `library` to the repository `folder` as the submodule `lib`, and commits it.
    pub fn add_submodule(&self, folder: &Path, library: &Path) {
        let url = library.to_str().unwrap();
        self.git(folder, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "lib"]);
        self.git(folder, &["commit", "-q", "-m", "lib"]);
    }

    pub fn open(&self, folder: &Path) -> Repository {
        Repository::open(folder, &self.environment()).unwrap()
    }
}

pub fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}
