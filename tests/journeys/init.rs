//! `init` on a real server: what it changes in the repository, in the clone and on the server, and what it keeps.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Backend, DevpiServer, PythonProject, Run, Sandbox, TestUser, report};

const REMOTE: &str = "teams/shiny.git";

/// A clone of a remote called `teams/shiny`, with a project full of comments, and the password of `user` in the environment.
fn project(sandbox: &mut Sandbox, user: &TestUser) -> PathBuf {
    let remote = sandbox.bare_remote(REMOTE);
    let clone = sandbox.clone_of(&remote, "clone");
    PythonProject::new().backend(Backend::InTree).write(&clone);
    let pyproject = std::fs::read_to_string(clone.join("pyproject.toml")).unwrap();
    sandbox.write(
        &clone,
        "pyproject.toml",
        &format!("# at the top\n{pyproject}\n[tool.other]  # of another tool\nx   =   1\n# at the end\n"),
    );
    sandbox.commit_all(&clone, "First");
    sandbox.git(&clone, &["push", "--quiet", "--set-upstream", "origin", "main"]).ok();
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    clone
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}

#[test]
fn init_sets_everything_up_and_a_second_run_changes_nothing() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user);
    let before = read(&clone, "pyproject.toml");
    let arguments = ["init", "--server", server.url(), "--user", &user.name, "--yes"];
    let run = sandbox.devpi(&clone, &arguments).ok().says("1.4.57 on a release branch, 1.4.57.dev0 on other branches");
    let run = run.says("`uvx --with git-devpi --with tox-uv tox`");
    assert!(!run.stderr.contains(&user.password), "{run}");

    let settings = format!(
        "\n[tool.git-devpi]\nuser = \"{}\"\nrepository = \"shiny\"\nrelease-branches = [\"main\"]\nrequire = [\"unit\", \"system\"]\n\
         index-name = \"{{repository}}-{{branch}}\"\n",
        user.name
    );
    // No other machine has this server.
    assert_eq!(sandbox.git(&clone, &["config", "--local", "devpi.server"]).ok().text(), server.url());
    assert_eq!(read(&clone, "pyproject.toml"), format!("{before}{settings}"));
    assert!(read(&clone, "tox.ini").starts_with("[tox]\nrequires = git-devpi\n"), "{}", read(&clone, "tox.ini"));
    assert!(!clone.join("toxfile.py").exists());

    let api = server.api();
    let production = api.index(&user.index("prod")).unwrap();
    assert_eq!((&production["volatile"], &production["bases"]), (&json!(false), &json!([])));
    assert_eq!(production["acl_toxresult_upload"], json!([user.name]));
    let record = &production["custom_data"]["git-devpi"];
    assert_eq!((&record["kind"], &record["repository"]), (&json!("production"), &json!("shiny")));
    let main = api.index(&user.index("shiny-main")).unwrap();
    assert_eq!((&main["volatile"], &main["bases"]), (&json!(false), &json!([user.index("prod")])));
    assert_eq!(main["custom_data"]["git-devpi"]["branch"], "main");
    assert!(
        api.get(&user.index("prod")).unwrap()["result"]["projects"].as_array().unwrap().contains(&json!("demo-pkg"))
    );

    // The hook is installed: the push of a branch creates its index.
    sandbox.commit_all(&clone, "Set up");
    sandbox.git(&clone, &["switch", "--quiet", "--create", "shiny-new-feature-x"]).ok();
    sandbox.git(&clone, &["push", "--quiet", "origin", "shiny-new-feature-x"]).ok();
    assert_eq!(api.index_names(&user.name), ["prod", "shiny-main", "shiny-shiny-new-feature-x"]);

    let files = ["pyproject.toml", "tox.ini", "toxfile.py"].map(|name| read(&clone, name));
    let state = api.get(&user.name);
    sandbox.unset("GIT_DEVPI_PASSWORD");
    // Without open questions it needs no terminal.
    sandbox.devpi(&clone, &["init"]).ok().says("nothing to do");
    assert_eq!(["pyproject.toml", "tox.ini", "toxfile.py"].map(|name| read(&clone, name)), files);
    assert_eq!(api.get(&user.name), state);
    assert_eq!(sandbox.git(&clone, &["status", "--porcelain"]).ok().text(), "");
}

#[test]
fn without_a_terminal_init_needs_yes() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user);
    sandbox.devpi(&clone, &["init"]).code(3).says("no server is set");
    sandbox.devpi(&clone, &["init", "--server", server.url(), "--user", &user.name]).code(2).says("--yes");
    assert!(server.api().index_names(&user.name).is_empty());
    assert_eq!(sandbox.git(&clone, &["status", "--porcelain"]).ok().text(), "");
    sandbox.devpi(&sandbox.path("home"), &["init", "--yes"]).code(3).says("is not in a git repository");
}

#[test]
fn a_missing_user_is_created_with_the_repositorys_name() {
    let server = DevpiServer::shared();
    let mut sandbox = Sandbox::new();
    let name = format!("Shiny.{}", std::process::id());
    let remote = sandbox.bare_remote(&format!("{name}.git"));
    let clone = sandbox.clone_of(&remote, "clone");
    sandbox.commit_all(&clone, "First");
    sandbox.set("GIT_DEVPI_SERVER", server.url());
    let owner = format!("shiny-{}", std::process::id());
    sandbox.devpi(&clone, &["init", "--yes"]).code(4).says("GIT_DEVPI_PASSWORD");
    assert_eq!(server.api().get(&owner), None);
    sandbox.set("GIT_DEVPI_PASSWORD", "made-for-this");
    let answer = sandbox.devpi(&clone, &["init", "--yes", "--json"]).ok().json();
    assert_eq!(answer["schema"], 1);
    let remarks = answer["remarks"].to_string();
    assert!(remarks.contains("no tox configuration") && remarks.contains("results add --junit"), "{answer}");
    let user = TestUser { name: owner.clone(), password: "made-for-this".to_owned() };
    assert_eq!(server.api().logged_in(&user).auth_status()[1], owner.as_str());
    assert_eq!(server.api().index_names(&owner), ["main", "prod"]);
    // Without pyproject.toml the settings go into .git-devpi.toml.
    let own = read(&clone, ".git-devpi.toml");
    assert!(own.contains(&format!("user = \"{owner}\"")) && !clone.join("pyproject.toml").exists(), "{own}");
}

#[test]
fn workflows_that_count_for_themselves_get_one_counter() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user);
    let init = ["init", "--server", server.url(), "--user", &user.name, "--yes"];
    sandbox.write(&clone, ".github/workflows/ci.yml", "on: push\njobs:\n  a:\n    steps:\n      - run: tox -e unit\n");
    sandbox.write(&clone, ".github/workflows/docs.yml", "on: push\njobs:\n  a:\n    steps:\n      - run: make docs\n");
    sandbox.devpi(&clone, &init).ok();
    assert!(!read(&clone, "pyproject.toml").contains("build-number-env"));
    sandbox.write(
        &clone,
        ".github/workflows/nightly.yaml",
        "jobs:\n  a:\n    steps:\n      - run: |\n          git devpi ensure\n",
    );
    sandbox.devpi(&clone, &init).ok().says("ci.yml and nightly.yaml each count their own runs in GITHUB_RUN_NUMBER");
    assert!(read(&clone, "pyproject.toml").contains("build-number-env = [\"GITHUB_RUN_ID\"]"));
    sandbox.commit_all(&clone, "Set up");
    sandbox.set("GITHUB_ACTIONS", "true").set("GITHUB_RUN_NUMBER", "5").set("GITHUB_RUN_ID", "9876543210");
    let version = sandbox.devpi(&clone, &["version", "--branch", "x"]).ok();
    assert_eq!(version.text(), "1.4.9876543210.dev0");
}

#[test]
fn a_second_repository_of_a_user_gets_other_index_names() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user);
    let arguments = ["init", "--server", server.url(), "--user", &user.name, "--yes"];
    sandbox.devpi(&clone, &arguments).ok();
    let remote = sandbox.bare_remote("teams/other.git");
    let other = sandbox.clone_of(&remote, "other");
    sandbox.commit_all(&other, "First");
    sandbox.devpi(&other, &arguments).ok();
    assert_eq!(server.api().index_names(&user.name), ["other-main", "prod", "shiny-main"]);
    assert!(read(&other, ".git-devpi.toml").contains("index-name = \"{repository}-{branch}\""));
    sandbox.devpi(&other, &["init", "--yes"]).ok().says("nothing to do");
    // A repository that has indexes keeps their names.
    let third = sandbox.clone_of(&sandbox.bare_remote("third.git"), "third");
    sandbox.commit_all(&third, "First");
    sandbox.git(&third, &["config", "devpi.indexName", "x-{branch}"]).ok();
    sandbox.devpi(&third, &arguments).ok();
    sandbox.git(&third, &["config", "--unset", "devpi.indexName"]).ok();
    sandbox.devpi(&third, &arguments).ok();
    assert!(!read(&third, ".git-devpi.toml").contains("index-name"), "{}", read(&third, ".git-devpi.toml"));
    assert_eq!(server.api().index_names(&user.name), ["other-main", "prod", "shiny-main", "x-main"]);
}

/// The last lines say that the hooks are missing, and what to do.
fn assert_hooks_are_missing(run: Run) {
    let run = run.says("the hooks are not installed");
    assert!(!run.stderr.contains("install the git hooks"), "init announces only what it does: {run}");
    let end: Vec<_> = run.stderr.lines().rev().take(2).collect();
    assert!(end[0].contains("hooks install --chain") && end[1].contains("create no index"), "{run}");
}

#[test]
fn foreign_hooks_and_existing_settings_are_not_changed() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user);
    sandbox.write(&clone, ".git/hooks/pre-push", "#!/bin/sh\nexit 0\n");
    let text = read(&clone, "pyproject.toml")
        + "\n[tool.git-devpi]\n# why so\nkeep-for = \"1h\"\nrequire = ['unit']   # enough\n";
    sandbox.write(&clone, "pyproject.toml", &text);
    let api = server.api().logged_in(&user);
    api.put(&user.index("prod"), &json!({"volatile": true}));
    let production = api.index(&user.index("prod")).unwrap();
    let run = sandbox.devpi(&clone, &["init", "--server", server.url(), "--user", &user.name, "--yes"]);
    let run = run.code(i32::from(!sandbox.has_config_hooks()));
    let run = run.says("is volatile").says("every user may post tox results");
    if !sandbox.has_config_hooks() {
        assert_hooks_are_missing(run);
    }
    assert_eq!(read(&clone, ".git/hooks/pre-push"), "#!/bin/sh\nexit 0\n");
    assert!(read(&clone, "pyproject.toml").starts_with(&text));
    assert_eq!(
        api.index(&user.index("prod")).unwrap(),
        production,
        "an existing production index is used and not changed"
    );
}

#[cfg(unix)]
#[test]
fn the_user_sees_every_change_and_can_decline_it() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user);
    sandbox.unset("GIT_DEVPI_PASSWORD");
    let before = read(&clone, "tox.ini");
    let (name, password) = (format!("{}\r", user.name), format!("{}\r", user.password));
    let script = [
        ("user - The devpi user", name.as_str()),
        ("repository - ", "\r"),
        ("release-branches - ", "\r"),
        ("require - ", "unit\r"),
        ("Password for", &password),
        ("index-name - ", "\r"),
        ("+ require = [\"unit\"]", ""),
        ("Write the settings into pyproject.toml?", "\r"),
        ("Name the server", "y"),
        ("Create the production index", "y"),
        ("Create the index", "y"),
        ("Register demo-pkg", "y"),
        ("Install the git hooks", "n"),
        ("+ requires = git-devpi", ""),
        ("Let tox load git-devpi's plugin", "n"),
        ("1.4.57", ""),
    ];
    sandbox.on_terminal(&clone, &["git", "devpi", "init", "--server", server.url()], &script).ok();
    assert!(read(&clone, "pyproject.toml").contains("require = [\"unit\"]"));
    assert_eq!(server.api().index_names(&user.name), ["prod", "shiny-main"]);
    assert_eq!(read(&clone, "tox.ini"), before);
    assert!(!clone.join(".git/hooks/pre-push").exists());
    // A second run proposes declined changes again.
    let script = [("Install the git hooks", "y"), ("Let tox load git-devpi's plugin", "y")];
    sandbox.on_terminal(&clone, &["git", "devpi", "init"], &script).ok();
    assert!(read(&clone, "tox.ini").contains("requires = git-devpi"));
}

#[cfg(unix)]
#[test]
fn under_husky_init_says_what_to_add() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    if sandbox.has_config_hooks() {
        return report("skipped: git runs hooks from its configuration");
    }
    let clone = project(&mut sandbox, &user);
    sandbox.write(&clone, ".husky/_/h", "");
    sandbox.git(&clone, &["config", "core.hooksPath", ".husky/_"]).ok();
    let arguments = ["init", "--server", server.url(), "--user", &user.name, "--yes"];
    let run = sandbox.devpi(&clone, &arguments).code(1).says("create no index").says(".husky/pre-push");
    assert!(!run.stderr.contains("--chain") && !run.stderr.contains("install the git hooks"), "{run}");
    let again = sandbox.devpi(&clone, &["init", "--yes", "--json"]).code(1).json();
    assert!(again["hooks_missing"]["error"].as_str().unwrap().contains("husky"), "{again}");
    assert!(again["hooks_missing"]["hints"][0].as_str().unwrap().contains(".husky/pre-push"), "{again}");
    for event in ["pre-push", "post-merge", "post-rewrite"] {
        let line = format!("git-devpi hook {event} \"$@\"\n");
        sandbox.write(&clone, &format!(".husky/_/{event}"), "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
        sandbox.write(&clone, &format!(".husky/{event}"), &line);
        sandbox.run(&clone, "chmod", &["+x", &format!(".husky/_/{event}")]).ok();
    }
    sandbox.devpi(&clone, &["init", "--yes"]).ok().says("nothing to do");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_an_existing_hook_runs_first_when_the_user_agrees() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    if sandbox.has_config_hooks() {
        return report("skipped: git runs hooks from its configuration");
    }
    let clone = project(&mut sandbox, &user);
    let arguments = ["init", "--server", server.url(), "--user", &user.name, "--yes"];
    sandbox.devpi(&clone, &arguments).ok();
    sandbox.devpi(&clone, &["hooks", "uninstall"]).ok();
    sandbox.write(&clone, ".git/hooks/post-merge", "#!/bin/sh\nexit 0\n");
    let script = [("to run after the existing post-merge?", "y")];
    sandbox.on_terminal(&clone, &["git", "devpi", "init"], &script).ok();
    assert_eq!(read(&clone, ".git/hooks/post-merge.pre-devpi"), "#!/bin/sh\nexit 0\n");
    sandbox.devpi(&clone, &["hooks", "status"]).ok();
    sandbox.devpi(&clone, &["init"]).ok().says("nothing to do");
}
