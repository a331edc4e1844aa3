//! Every kind of repository and every way to select one: git-devpi answers as git does, whichever engine reads the repository.

use std::path::Path;

use serde_json::Value;

use crate::repository_kinds::{CONFIGURATIONS, Case, FORMATS, Make, PLACES};
use crate::support::{Backend, PythonProject, Sandbox, report};

/// What git-devpi says about a repository.
struct Answers {
    version: Value,
    settings: Value,
    hooks: Value,
    stamped: String,
}

/// A question, git-devpi's answer and git's answer.
type Question = (&'static str, fn(&Answers) -> String, fn(&Case) -> String);

const OF_THE_COMMIT: [Question; 5] = [
    ("commit", |ours| text(&ours.version["commit"]), |case| case.git(&["rev-parse", "HEAD"])),
    (
        "branch",
        |ours| text(&ours.version["branch"]["value"]),
        |case| case.git(&["symbolic-ref", "HEAD"]).replace("refs/heads/", ""),
    ),
    (
        "dirty",
        |ours| text(&ours.version["dirty"]),
        |case| (!case.git(&["status", "--porcelain"]).is_empty()).to_string(),
    ),
    (
        "base",
        |ours| text(&ours.version["base"]["value"]),
        |case| case.git(&["describe", "--tags", "--abbrev=0"]).trim_start_matches('v').to_owned(),
    ),
    (
        "files of the stamped copy",
        |ours| ours.stamped.clone(),
        |case| case.git(&["ls-tree", "-r", "--name-only", "--full-tree", "HEAD"]),
    ),
];

const OF_THE_REPOSITORY: [Question; 5] = [
    ("server", |ours| ours.setting("server"), |case| case.git(&["config", "--get", "devpi.server"])),
    ("user", |ours| ours.setting("user"), |case| case.git(&["config", "--get", "devpi.user"])),
    (
        "repository",
        |ours| ours.setting("repository"),
        |case| Path::new(&case.git(&["remote", "get-url", "origin"])).file_stem().unwrap().to_str().unwrap().to_owned(),
    ),
    (
        "release branches",
        |ours| ours.setting("release-branches"),
        |case| case.git(&["symbolic-ref", "refs/remotes/origin/HEAD"]).replace("refs/remotes/origin/", ""),
    ),
    (
        "hooks folder",
        |ours| text(&ours.hooks["folder"]),
        |case| case.git(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]),
    ),
];

impl Answers {
    fn of(case: &Case) -> Self {
        Self {
            version: case.devpi(&["version", "--json"]),
            settings: case.devpi(&["settings", "--json"]),
            hooks: case.devpi(&["hooks", "status", "--json"]),
            stamped: case.stamped(),
        }
    }

    /// The value of a setting as git-devpi understands it.
    fn setting(&self, name: &str) -> String {
        match &self.settings["settings"][name]["value"] {
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Value::Null => self.settings.to_string(),
            value => text(value),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Asks about each kind of repository, and lists every answer that differs from git's.
fn compare(kinds: &[(&str, Make)]) {
    let mut wrong = Vec::new();
    for (name, make) in kinds {
        let case = match make(Sandbox::new()) {
            Ok(case) => case,
            Err(reason) => {
                report(&format!("skipped: {name}: {reason}"));
                continue;
            }
        };
        let answers = Answers::of(&case);
        // Outside of the work tree `git status` fails.
        let has_work_tree = case.git(&["rev-parse", "--is-inside-work-tree"]) == "true";
        for (question, ours, gits) in OF_THE_REPOSITORY.iter().chain(OF_THE_COMMIT.iter().filter(|_| has_work_tree)) {
            let (ours, gits) = (ours(&answers), gits(&case));
            if ours != gits {
                wrong.push(format!("{name}: {question}: git-devpi {ours:?}, git {gits:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_format_is_read_as_git_reads_it() {
    compare(&FORMATS);
}

#[test]
fn a_repository_is_found_where_git_finds_it() {
    compare(&PLACES);
}

#[test]
fn settings_come_from_everywhere_that_git_reads() {
    compare(&CONFIGURATIONS);
}

const MANY: usize = 50_000;

#[test]
#[ignore = "writes 50,000 files: 10 s to 30 s"]
fn a_work_tree_of_many_files_is_read_like_a_small_one() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("clone");
    PythonProject::new().backend(Backend::InTree).write(&top);
    sandbox.git(&top, &["config", "devpi.releaseBranches", "main"]).ok();
    for folder in 0..MANY / 500 {
        let folder = top.join(format!("data/{folder}"));
        std::fs::create_dir_all(&folder).unwrap();
        for file in 0..500 {
            std::fs::write(folder.join(file.to_string()), "x").unwrap();
        }
    }
    sandbox.commit_all(&top, "First");
    let timed = |program: &str, arguments: &[&str]| {
        let start = std::time::Instant::now();
        let run = sandbox.run(&top, program, arguments).ok();
        (run, start.elapsed())
    };
    let (_, status) = timed("git", &["status", "--porcelain"]);
    let (version, time) = timed("git-devpi", &["version", "--json"]);
    report(&format!("{MANY} files: git status {status:?}, git devpi version {time:?}"));
    assert_eq!(version.json()["dirty"], false);
    assert!(time < 3 * status + std::time::Duration::from_secs(1), "{time:?} against {status:?} of git status");
    sandbox.write(&top, "data/7/8", "changed");
    assert_eq!(timed("git-devpi", &["version", "--json"]).0.json()["dirty"], true);
    let (_, hooks) = timed("git-devpi", &["hooks", "install", "--mode", "file"]);
    assert!(hooks < status + std::time::Duration::from_secs(1), "hooks do not depend on the files: {hooks:?}");
}
