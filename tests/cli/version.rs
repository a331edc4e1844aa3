//! `version`: the version of a build, and its sources.

use std::path::{Path, PathBuf};

use crate::support::{PythonProject, Sandbox};

/// A repository with a project at 1.4 and a remote whose default branch is main.
fn project(sandbox: &Sandbox) -> PathBuf {
    let remote = sandbox.bare_remote("remote.git");
    let folder = sandbox.repository("work");
    PythonProject::new().version("1.4").write(&folder);
    sandbox.commit_all(&folder, "first");
    sandbox.git(&folder, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
    sandbox.git(&folder, &["push", "--quiet", "-u", "origin", "main"]).ok();
    sandbox.git(&folder, &["remote", "set-head", "origin", "main"]).ok();
    folder
}

fn version(sandbox: &Sandbox, folder: &Path) -> String {
    sandbox.devpi(folder, &["version"]).ok().text().to_owned()
}

#[test]
fn a_release_a_branch_and_a_local_build_have_their_own_schemes() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let short = sandbox.git(&folder, &["rev-parse", "--short=8", "HEAD"]).ok().text().to_owned();
    assert_eq!(version(&sandbox, &folder), format!("1.4.dev0+g{short}"));
    sandbox.write(&folder, "new.txt", "not tracked");
    assert_eq!(version(&sandbox, &folder), format!("1.4.dev0+g{short}.dirty"));
    sandbox.set("BUILD_NUMBER", "57").set("CI", "true");
    assert_eq!(version(&sandbox, &folder), "1.4.57");
    sandbox.git(&folder, &["switch", "--quiet", "-c", "feature/x"]).ok();
    assert_eq!(version(&sandbox, &folder), "1.4.57.dev0");
    sandbox.set("BUILD_NUMBER", "007");
    assert_eq!(version(&sandbox, &folder), "1.4.7.dev0");
}

#[test]
fn json_names_the_source_of_every_part() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.set("JENKINS_URL", "http://ci").set("BUILD_NUMBER", "57").set("BRANCH_NAME", "feature/y");
    let answer = sandbox.devpi(&folder, &["version", "--json"]).ok().json();
    assert_eq!(answer["schema"], 1);
    assert_eq!(answer["version"], "1.4.57.dev0");
    assert_eq!(answer["number"]["source"], "environment variable BUILD_NUMBER");
    assert_eq!(answer["branch"]["value"], "feature/y");
    assert_eq!(answer["base"]["value"], "1.4");
    assert_eq!(answer["ci"]["system"], "Jenkins");
}

#[test]
fn a_pull_request_is_never_a_release_build() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.set("GITHUB_ACTIONS", "true").set("CI", "true").set("GITHUB_RUN_NUMBER", "9");
    sandbox
        .set("GITHUB_EVENT_NAME", "pull_request")
        .set("GITHUB_REF", "refs/pull/12/merge")
        .set("GITHUB_HEAD_REF", "main");
    let answer = sandbox.devpi(&folder, &["version", "--json"]).ok().json();
    assert_eq!(answer["version"], "1.4.9.dev0");
    assert_eq!(answer["branch"]["pull_request"], true);
    assert_eq!(answer["branch"]["value"], "pull/12");
}

#[test]
fn the_version_is_the_same_in_linked_worktrees_subfolders_and_with_git_dir() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.git(&folder, &["worktree", "add", "--quiet", "-b", "other", "../linked"]).ok();
    let there = sandbox.path("linked");
    assert!(version(&sandbox, &there).starts_with("1.4.dev0+g"));
    assert!(version(&sandbox, &folder.join("src")).starts_with("1.4.dev0+g"));
    let outside = sandbox.path("home");
    let by_flag = sandbox.git(&outside, &["-C", folder.to_str().unwrap(), "devpi", "version"]).ok();
    assert!(by_flag.text().starts_with("1.4.dev0+g"));
}

#[test]
fn project_dirs_takes_globs_of_tracked_projects() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("mono");
    for name in ["libs/two", "libs/one", "apps/web", "apps/web/vendor/three"] {
        PythonProject::new().name(&name.replace('/', "-")).version("1.4").write(&folder.join(name));
    }
    sandbox.write(&folder, "libs/notes/index.md", "no project");
    let projects = |patterns: &str| {
        sandbox.write(
            &folder,
            ".git-devpi.toml",
            &format!("project-dirs = [{patterns}]\nrelease-branches = [\"main\"]\n"),
        );
        sandbox.commit_all(&folder, "Projects");
        let run = sandbox.devpi(&folder, &["version", "--json"]).code(2);
        run.stderr
            .split_once("several projects")
            .map(|(_, rest)| rest.lines().next().unwrap().to_owned())
            .unwrap_or(run.stderr)
    };
    assert!(projects("\"libs/*\"").contains("libs-one, libs-two"), "{}", projects("\"libs/*\""));
    assert!(projects("\"apps/*\", \"libs/t*\", \"libs/two\"").contains("apps-web, libs-two"));
    assert!(projects("\"**/three\", \"./libs/*/\"").contains("apps-web-vendor-three, libs-one, libs-two"));
    // An untracked project does not exist for other machines.
    PythonProject::new().name("new").write(&folder.join("libs/new"));
    sandbox.write(&folder, ".git/info/exclude", "libs/new\n");
    assert!(!projects("\"libs/*\"").contains("new"));
    for (patterns, reason) in
        [("\"none/*\"", "matches no folder"), ("\"libs/[\"", "is no pattern"), ("\"../*\"", "not a folder inside")]
    {
        sandbox.write(&folder, ".git-devpi.toml", &format!("project-dirs = [{patterns}]\n"));
        sandbox.devpi(&folder, &["version"]).code(3).says(reason).says("project-dirs");
    }
}

#[test]
fn the_part_of_the_base_that_is_dropped_is_said() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.set("BUILD_NUMBER", "57").set("CI", "true");
    for (base, part, on_main) in [
        ("1.0.dev7", Some(".dev7"), Some("1.0.57")),
        ("1.0rc1", Some("rc1"), None),
        ("1.0.post1", Some(".post1"), None),
        ("1.0.dev", Some(".dev0"), Some("1.0.57")),
        ("1.0", None, Some("1.0.57")),
    ] {
        sandbox.git(&folder, &["switch", "--quiet", "main"]).ok();
        PythonProject::new().version(base).write(&folder);
        sandbox.commit_all(&folder, base);
        let run = sandbox.devpi(&folder, &["version"]);
        match on_main {
            Some(version) => assert_eq!(run.ok().text(), version),
            None => assert!(run.code(3).stderr.contains(base)),
        }
        sandbox.git(&folder, &["switch", "--quiet", "-C", "feature"]).ok();
        let run = sandbox.devpi(&folder, &["version", "--json"]).ok();
        let answer = run.json();
        assert_eq!(answer["version"], "1.0.57.dev0");
        assert_eq!((answer["base"]["value"].as_str(), answer["base"]["used"].as_str()), (Some(base), Some("1.0")));
        assert_eq!(answer["base"]["dropped"].as_str(), part, "{run}");
        let note = part.map(|part| {
            format!("the base version {base} (pyproject.toml [project] version) counts as 1.0, without {part}\n")
        });
        assert_eq!(run.stderr, note.unwrap_or_default());
    }
}

#[test]
fn a_repository_makes_no_secret_a_part_of_a_version() {
    let mut sandbox = Sandbox::new();
    let folder = sandbox.repository("work");
    PythonProject::new().version("1.4").write(&folder);
    sandbox
        .set("CI", "true")
        .set("DEPLOY_TOKEN", "123456")
        .set("AWS_ACCESS_KEY_ID", "77")
        .set("OUR_RUN_ID", "tok-s3cret");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    let names = |sandbox: &Sandbox, name: &str| {
        sandbox.write(&folder, ".git-devpi.toml", &format!("user = \"acme\"\nbuild-number-env = [\"{name}\"]\n"));
        sandbox.commit_all(&folder, name);
    };
    for name in ["DEPLOY_TOKEN", "AWS_ACCESS_KEY_ID", "HOME"] {
        names(&sandbox, name);
        let run = sandbox.devpi(&folder, &["version"]).code(3).says(name).says("does not look like a counter");
        assert!(!run.stderr.contains("123456"), "{run}");
    }
    // A counter's name whose value is none: the value is not shown.
    names(&sandbox, "OUR_RUN_ID");
    let run = sandbox.devpi(&folder, &["version"]).code(3).says("OUR_RUN_ID: build number \"(not shown)\"");
    assert!(!format!("{run}").contains("s3cret"), "{run}");
    sandbox.set("OUR_RUN_ID", "58.2");
    sandbox.devpi(&folder, &["version"]).code(3).says("58002");
    sandbox.set("OUR_RUN_ID", "58");
    assert_eq!(sandbox.devpi(&folder, &["version"]).ok().text(), "1.4.58");
    // The user's own configuration may name any variable.
    sandbox.git(&folder, &["config", "devpi.buildNumberEnv", "DEPLOY_TOKEN"]).ok();
    assert_eq!(sandbox.devpi(&folder, &["version"]).ok().text(), "1.4.123456");
}
