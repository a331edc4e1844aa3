//! A clone whose pushes and merges start git's hooks, and a `git-devpi` on PATH that records how its hooks are called.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Run, Sandbox};

/// Records its arguments and its input.
const RECORDER: &str = "#!/bin/sh\n{ echo \"devpi $*\"; case $2 in pre-push) cat;; esac; } >>\"$HOME/calls\"\n";

pub struct HookFixture {
    pub sandbox: Sandbox,
    pub top: PathBuf,
    pushes: std::cell::Cell<usize>,
}

impl HookFixture {
    pub fn new() -> Self {
        let mut sandbox = Sandbox::new();
        let remote = sandbox.bare_remote("re mote.git");
        let top = sandbox.clone_of(&remote, "a clone");
        let programs = sandbox.path("programs");
        sandbox.write(&programs, "git-devpi", RECORDER);
        make_executable(&programs.join("git-devpi"));
        sandbox.path_first(&programs);
        sandbox.commit_all(&top, "First");
        Self { sandbox, top, pushes: std::cell::Cell::new(0) }
    }

    /// Runs git-devpi itself.
    #[track_caller]
    pub fn devpi(&self, arguments: &[&str]) -> Run {
        self.sandbox.run(&self.top, env!("CARGO_BIN_EXE_git-devpi"), arguments)
    }

    /// `git devpi hooks install --mode file …`
    #[track_caller]
    pub fn install(&self, options: &[&str]) -> Run {
        self.devpi(&[&["hooks", "install", "--mode", "file"], options].concat())
    }

    #[track_caller]
    pub fn run(&self, program: &str, arguments: &[&str]) -> Run {
        self.sandbox.run(&self.top, program, arguments)
    }

    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> Run {
        self.sandbox.git(&self.top, arguments)
    }

    pub fn write(&self, name: &str, text: &str) {
        self.sandbox.write(&self.top, name, text);
    }

    pub fn write_executable(&self, name: &str, text: &str) {
        self.write(name, text);
        make_executable(&self.top.join(name));
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.top.join(name)).unwrap()
    }

    /// The hooks in `.git/hooks`, without git's samples.
    pub fn hook_files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.top.join(".git/hooks")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".sample")).collect();
        names.sort();
        names
    }

    /// Pushes HEAD as a new branch, merges a commit and rebases another; returns what ran, in order. git-devpi's input stands for its call.
    #[track_caller]
    pub fn push_merge_and_rebase(&self) -> Vec<String> {
        let number = self.pushes.get();
        self.pushes.set(number + 1);
        let (branch, side) = (format!("pushed-{number}"), format!("side-{number}"));
        let calls = self.sandbox.path("home/calls");
        let _ = std::fs::remove_file(&calls);
        self.git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]).ok();
        let tip = self.git(&["rev-parse", "HEAD"]).ok().text().to_owned();
        let commit = ["commit-tree", "-p", "HEAD", "-m", &side, "HEAD^{tree}"];
        let merged = self.git(&commit).ok().text().to_owned();
        self.git(&["merge", "--quiet", &merged]).ok();
        let onto = self.git(&commit).ok().text().to_owned();
        let own = ["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "Own"];
        self.git(&own).ok();
        self.git(&["rebase", "--quiet", "--onto", &onto, "HEAD~1"]).ok();
        let text = std::fs::read_to_string(calls).unwrap_or_default();
        let input = format!(" {tip} refs/heads/{branch} {}", "0".repeat(tip.len()));
        let lines = text.lines().map(|line| match line.split_once(&input) {
            Some(_) => "devpi's input".to_owned(),
            None if line.starts_with("devpi hook pre-push origin ") => "devpi pre-push".to_owned(),
            None if line.starts_with("devpi hook post-merge 0") => "devpi post-merge".to_owned(),
            None if line == "devpi hook post-rewrite rebase" => "devpi post-rewrite".to_owned(),
            None => line.to_owned(),
        });
        lines.collect()
    }

    /// `hooks status --json`, for `pre-push`.
    pub fn pre_push_status(&self) -> serde_json::Value {
        self.devpi(&["hooks", "status", "--json"]).json()["hooks"][0].clone()
    }
}

/// What `push_merge_and_rebase` returns when each hook of git-devpi ran once, and nothing else.
pub const OURS: [&str; 4] = ["devpi pre-push", "devpi's input", "devpi post-merge", "devpi post-rewrite"];

/// The hooks of git-devpi.
pub const EVENTS: [&str; 3] = ["pre-push", "post-merge", "post-rewrite"];

/// Sorted, because managers differ in the order.
pub fn sorted<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort();
    values
}

pub fn make_executable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
