//! What git does not open, git-devpi does not open: exit code 3, with git's reason and the origin of the value.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, report};

/// A folder that git rejects, and parts of git-devpi's message.
type Rejected = (&'static str, fn(&mut Sandbox, &PathBuf) -> PathBuf, &'static [&'static str]);

fn config(sandbox: &Sandbox, top: &Path, key: &str, value: &str) {
    sandbox.git(top, &["config", "--file", ".git/config", key, value]).ok();
}

const REJECTED: [Rejected; 12] = [
    (
        "unknown extension",
        |sandbox, top| {
            config(sandbox, top, "core.repositoryFormatVersion", "1");
            config(sandbox, top, "extensions.wonder", "true");
            top.clone()
        },
        &["unknown repository extension found: wonder"],
    ),
    (
        "version 2",
        |sandbox, top| {
            config(sandbox, top, "core.repositoryFormatVersion", "2");
            top.clone()
        },
        &["found 2"],
    ),
    (
        "no HEAD",
        |_, top| {
            std::fs::remove_file(top.join(".git/HEAD")).unwrap();
            top.clone()
        },
        &["clone is not in a git repository", "git init"],
    ),
    (
        "a .git file to a folder that does not exist",
        |sandbox, _| {
            sandbox.write(&sandbox.path("linked"), ".git", "gitdir: ../absent\n");
            sandbox.path("linked")
        },
        &["cannot open the repository of ", "linked"],
    ),
    (
        "GIT_DIR that does not exist",
        |sandbox, top| {
            sandbox.set("GIT_DIR", "/absent/git folder");
            top.clone()
        },
        &["GIT_DIR is '/absent/git folder'"],
    ),
    (
        "empty GIT_DIR",
        |sandbox, top| {
            sandbox.set("GIT_DIR", "");
            top.clone()
        },
        &["GIT_DIR is ''", "unset GIT_DIR"],
    ),
    (
        "GIT_WORK_TREE that does not exist",
        |sandbox, top| {
            sandbox.set("GIT_WORK_TREE", "/absent/tree");
            top.clone()
        },
        &["/absent/tree does not exist (GIT_WORK_TREE)"],
    ),
    (
        "core.worktree that does not exist",
        |sandbox, top| {
            config(sandbox, top, "core.worktree", "/absent/tree");
            top.clone()
        },
        &["/absent", "git config core.worktree"],
    ),
    (
        "above a ceiling",
        |sandbox, top| {
            sandbox.set("GIT_CEILING_DIRECTORIES", top.to_str().unwrap());
            std::fs::create_dir(top.join("sub")).unwrap();
            top.join("sub")
        },
        &["sub is not in a git repository"],
    ),
    (
        "safe.bareRepository in the user's configuration",
        |sandbox, top| {
            sandbox.git(top, &["config", "--global", "safe.bareRepository", "explicit"]).ok();
            sandbox.bare_remote("bare.git")
        },
        &["safe.bareRepository is 'explicit'", "git --git-dir=."],
    ),
    (
        "safe.bareRepository in the environment",
        |sandbox, _| {
            sandbox.set("GIT_CONFIG_COUNT", "1");
            sandbox.set("GIT_CONFIG_KEY_0", "safe.bareRepository");
            sandbox.set("GIT_CONFIG_VALUE_0", "explicit");
            sandbox.bare_remote("bare.git")
        },
        &["safe.bareRepository is 'explicit'"],
    ),
    (
        "a corrupt configuration",
        |_, top| {
            std::fs::write(top.join(".git/config"), "[core\n").unwrap();
            top.clone()
        },
        &["bad config line 1 in file "],
    ),
];

#[test]
fn what_git_does_not_open_is_rejected_with_gits_reason() {
    for (name, make, parts) in REJECTED {
        let mut sandbox = Sandbox::new();
        let top = sandbox.repository("clone");
        sandbox.commit_all(&top, "First");
        let folder = make(&mut sandbox, &top);
        assert_ne!(sandbox.git(&folder, &["status"]).status, 0, "{name}: git opens it");
        // git rejects some before it starts a subcommand.
        let run = sandbox.run(&folder, "git-devpi", &["hooks", "status"]);
        assert_eq!(run.status, 3, "{name}: {run}");
        for part in parts {
            assert!(run.stderr.contains(part), "{name}: {part:?} is not in stderr of {run}");
        }
    }
}

/// The value of `safe.directory`, and the first git that understands it.
const SAFE: [(&str, (u32, u32)); 4] = [("{top}", (2, 36)), ("*", (2, 36)), ("{parent}/*", (2, 46)), ("", (0, 0))];

#[test]
fn a_repository_of_another_user_is_trusted_as_git_trusts_it() {
    let sandbox = Sandbox::new();
    if std::fs::metadata(sandbox.path("")).unwrap().uid() != 0 {
        report("skipped: only root can give a repository to another user");
        return;
    }
    let top = std::fs::canonicalize(sandbox.repository("clone")).unwrap();
    sandbox.commit_all(&top, "First");
    sandbox.run(&sandbox.path(""), "chown", &["--recursive", "1234", "clone"]).ok();
    let hooks = |options: &[&str]| sandbox.git(&top, &[options, &["devpi", "hooks", "status"]].concat()).status;
    for (value, since) in SAFE {
        let value = value.replace("{top}", top.to_str().unwrap());
        let value = value.replace("{parent}", top.parent().unwrap().to_str().unwrap());
        let option = format!("safe.directory={value}");
        sandbox.git(&top, &["config", "--global", "--replace-all", "safe.directory", &value]).ok();
        let opens = sandbox.git(&top, &["status"]).status == 0;
        let version = sandbox.git(&top, &["--version"]).stdout;
        report(&format!("{option} ({}): git {}", version.trim(), if opens { "opens it" } else { "does not open it" }));
        assert!(opens || since > (2, 36) || value.is_empty());
        assert_eq!(hooks(&[]), if opens { 1 } else { 3 }, "{option} in the user's configuration");
        sandbox.git(&top, &["config", "--global", "--unset-all", "safe.directory"]).ok();
        assert_eq!(hooks(&["-c", &option]), if opens { 1 } else { 3 }, "git -c {option}");
    }
    sandbox.devpi(&top, &["hooks", "status"]).code(3).says("belongs to another user").says("safe.directory");
}
