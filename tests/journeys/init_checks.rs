//! What `init` checks before it creates anything, which server it takes, and how it asks.

use std::path::{Path, PathBuf};

use crate::support::{Backend, DevpiServer, PythonProject, Sandbox, TestUser};

/// A repository with the sample project, not set up; the user's password is in the environment.
fn project(sandbox: &mut Sandbox, user: &TestUser, version: &str) -> PathBuf {
    let clone = sandbox.repository("clone");
    PythonProject::new().version(version).backend(Backend::InTree).write(&clone);
    sandbox.commit_all(&clone, "First");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    clone
}

const SCM: &str = "[build-system]\nrequires = [\"setuptools\", \"setuptools-scm\"]\nbuild-backend = \"setuptools.build_meta\"\n\
                   [project]\nname = \"demo-pkg\"\ndynamic = [\"version\"]\n[tool.setuptools_scm]\n";

#[test]
fn versions_that_every_build_would_be_refused_for_stop_it_before_anything_is_created() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user, "2.1.0b4");
    let arguments = ["init", "--server", server.url(), "--user", "nobody-yet", "--yes"];
    let untouched = |sandbox: &Sandbox| {
        assert_eq!(server.api().get("nobody-yet"), None);
        assert_eq!(sandbox.git(&clone, &["status", "--porcelain"]).ok().text(), "");
        assert_eq!(sandbox.git(&clone, &["config", "--local", "--get-regexp", "devpi"]).code(1).text(), "");
    };
    for (version, named) in [("2.1.0b4", "2.1.0b4"), ("1.0rc1", "1.0rc1"), ("3.0a1.post2", "3.0a1")] {
        PythonProject::new().version(version).backend(Backend::InTree).write(&clone);
        sandbox.commit_all(&clone, version);
        sandbox.devpi(&clone, &arguments).code(3).says(named);
        untouched(&sandbox);
    }
    sandbox.write(&clone, "pyproject.toml", SCM);
    sandbox.commit_all(&clone, "From tags");
    sandbox.devpi(&clone, &arguments).code(3).says("tag");
    untouched(&sandbox);
    sandbox.git(&clone, &["tag", "v1.4"]).ok();
    let arguments = ["init", "--server", server.url(), "--user", &user.name, "--yes"];
    sandbox.devpi(&clone, &arguments).ok().says("build 57 of demo-pkg gets the version 1.4.57 on a release branch");
}

#[test]
fn the_server_that_the_repository_names_comes_before_one_on_this_machine() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user, "1.4");
    let remote = sandbox.bare_remote("team.git");
    sandbox.git(&clone, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
    sandbox.git(&clone, &["switch", "--quiet", "--create", "old"]).ok();
    sandbox.git(&clone, &["switch", "--quiet", "main"]).ok();
    let team = "http://[::1]:9/";
    sandbox.write(&clone, ".git-devpi.toml", &format!("server = \"{team}\"\n"));
    sandbox.commit_all(&clone, "The team's server");
    sandbox.git(&clone, &["push", "--quiet", "origin", "main", "old"]).ok();
    sandbox.git(&clone, &["remote", "set-head", "origin", "main"]).ok();
    let init = |sandbox: &Sandbox| sandbox.devpi(&clone, &["init", "--user", &user.name, "--yes"]).code(6);
    // A trial of before, for all repositories of this machine.
    sandbox.git(&clone, &["config", "--global", "devpi.server", server.url()]).ok();
    init(&sandbox).says("is named by the settings of the repository").says("is a server on this machine");
    // A branch from before the settings: neither the trial nor a new local server.
    sandbox.git(&clone, &["switch", "--quiet", "old"]).ok();
    init(&sandbox).says(&format!("{team} is named by the settings on origin/HEAD"));
    sandbox.git(&clone, &["config", "--global", "--unset", "devpi.server"]).ok();
    init(&sandbox).says(&format!("{team} is named by the settings on origin/HEAD"));
    // A person may say otherwise.
    let arguments = ["init", "--server", server.url(), "--user", &user.name, "--yes"];
    sandbox.devpi(&clone, &arguments).ok();
    assert_eq!(server.api().index_names(&user.name), ["prod", "team-main"]);
}

#[cfg(unix)]
#[test]
fn every_question_is_asked_once_and_fits_into_a_line() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, "1.4");
    let names: Vec<String> = (1..20).map(|number| format!("environment-{number}")).collect();
    let ini = format!("[tox]\nenv_list = {}\n[testenv]\ncommands = python -c \"\"\n", names.join(", "));
    sandbox.write(&clone, "tox.ini", &ini);
    sandbox.commit_all(&clone, "Many environments");
    sandbox.unset("GIT_DEVPI_PASSWORD");
    let (name, password) = (format!("fresh-{}\r", user.name), "made-for-this\r");
    let script = [
        ("user", name.as_str()),
        ("repository", "\r"),
        ("release-branches", "\r"),
        ("Enter accepts this", "\r"),
        ("Create the devpi user", "y"),
        ("New password", password),
        ("Repeat", password),
        ("index-name", "\r"),
        ("Write the settings", "y"),
        ("Name the server", "y"),
        ("Create the production index", "y"),
        ("Create the index", "y"),
        ("Register demo-pkg", "y"),
        ("Install the git hooks", "y"),
        ("Let tox load", "y"),
        ("1.4.57", ""),
    ];
    let run = sandbox.on_terminal(&clone, &["git", "devpi", "init", "--server", server.url()], &script).ok();
    assert!(read(&clone, "pyproject.toml").contains("\"environment-19\"]"), "{}", read(&clone, "pyproject.toml"));
    let shown = without_escapes(&run.stdout);
    for line in shown.split(['\r', '\n']).filter(|line| line.contains('›')) {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
    for question in
        ["Create the devpi user", "Name the server", "Write the settings", "Install the git hooks", "Let tox load"]
    {
        let asked = shown
            .split(['\r', '\n'])
            .filter(|line| line.starts_with(question) || line.starts_with(&format!("? {question}")));
        assert_eq!(asked.collect::<std::collections::BTreeSet<_>>().len(), 1, "{question}: {shown}");
    }
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// The text of a terminal without its control sequences.
fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => drop(chars.by_ref().find(|c| c.is_ascii_alphabetic())),
            c => plain.push(c),
        }
    }
    plain
}

#[test]
fn an_owner_that_the_server_does_not_know_stops_it_before_anything_is_written() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let clone = project(&mut sandbox, &user, "1.4");
    let init = |owner: &str| {
        let login = format!("devpi.login={}", user.name);
        sandbox.git(&clone, &["-c", &login, "devpi", "init", "--server", server.url(), "--user", owner, "--yes"])
    };
    for owner in ["not-there", "nobody-yet"] {
        let run = init(owner).code(3).says(&format!("has no user {owner}"));
        run.says(&format!("`git -c devpi.login={owner} devpi init`"));
        assert_eq!(sandbox.git(&clone, &["status", "--porcelain"]).ok().text(), "");
    }
    // What only the owner can do is said, and nothing fails in the middle.
    let other = server.user();
    init(&other.name).ok().says(&format!("{0}/prod not found, and only {0} can create it", other.name));
    assert_eq!(server.api().index_names(&other.name), Vec::<String>::new());
}
