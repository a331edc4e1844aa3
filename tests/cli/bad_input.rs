//! Bad input: every case has its own message, hint and exit code.

use std::path::PathBuf;

use crate::support::{PythonProject, Sandbox};

fn project(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.repository("work");
    PythonProject::new().version("1.4").write(&folder);
    sandbox.commit_all(&folder, "first");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    folder
}

#[test]
fn no_repository_and_no_project() {
    let sandbox = Sandbox::new();
    sandbox.devpi(&sandbox.path("home"), &["version"]).code(3).says("is not in a git repository").says("git init");
    let folder = sandbox.repository("empty");
    sandbox.devpi(&folder, &["version"]).code(3).says("is not a Python project").says("devpi.projectDirs");
}

#[test]
fn no_server_set() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.devpi(&folder, &["status", "--user", "acme"]).code(3).says("no server is set").says("git devpi init");
    sandbox.devpi(&folder, &["status"]).code(3).says("no user is set");
}

#[test]
fn server_down() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    // A short deadline, so that the retries end soon.
    sandbox.git(&folder, &["config", "devpi.deadline", "1s"]).ok();
    let status = sandbox.devpi(&folder, &["status", "--server", "http://127.0.0.1:9/", "--user", "acme"]);
    status.code(6).says("cannot reach http://127.0.0.1:9/");
}

#[test]
fn plain_http_to_a_foreign_host() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let status = sandbox.devpi(&folder, &["status", "--server", "http://devpi.example.com/", "--user", "acme"]);
    status.code(3).says("plain http").says("devpi.allowHttp devpi.example.com");
}

#[test]
fn credentials_in_the_servers_url() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let status = sandbox.devpi(&folder, &["status", "--server", "https://u:geheim@x/", "--user", "acme"]).code(3);
    assert!(!status.stderr.contains("geheim"), "{}", status.stderr);
}

#[test]
fn an_invalid_build_number_names_its_variable() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.set("CI", "true");
    for (value, reason) in [("", "is empty"), ("abc", "other than digits"), ("1234567890123456789", "has 19 digits")] {
        sandbox.set("BUILD_NUMBER", value);
        sandbox.devpi(&folder, &["version"]).code(3).says("BUILD_NUMBER").says(reason).says("hint:");
    }
    sandbox.unset("BUILD_NUMBER");
    sandbox
        .devpi(&folder, &["version"])
        .code(3)
        .says("no variable holds a build number")
        .says("GIT_DEVPI_BUILD_NUMBER");
    sandbox.set("GIT_DEVPI_BUILD_NUMBER", "x1");
    sandbox.devpi(&folder, &["version"]).code(3).says("GIT_DEVPI_BUILD_NUMBER: build number \"x1\"");
}

#[test]
fn an_unknown_setting_suggests_a_known_one() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.write(&folder, ".git-devpi.toml", "release_branch = [\"main\"]\n");
    sandbox.devpi(&folder, &["version"]).code(3).says("unknown setting \"release_branch\"").says("release-branches");
    sandbox.write(&folder, ".git-devpi.toml", "builder = \"uv\"\n");
    sandbox
        .devpi(&folder, &["version"])
        .code(3)
        .says("may not be set by a repository")
        .says("git config devpi.builder");
    sandbox.write(&folder, ".git-devpi.toml", "x = [\n");
    sandbox.devpi(&folder, &["version"]).code(3).says(".git-devpi.toml cannot be read");
}

#[test]
fn an_unknown_key_in_git_config_is_a_warning() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.git(&folder, &["config", "devpi.servr", "x"]).ok();
    sandbox.devpi(&folder, &["version"]).ok().says("warning:").says("devpi.servr").says("server");
}

#[test]
fn a_detached_head_without_a_branch() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.git(&folder, &["checkout", "--quiet", "--detach"]).ok();
    sandbox.set("BUILD_NUMBER", "5").set("CI", "true");
    sandbox.devpi(&folder, &["version"]).code(3).says("HEAD is detached").says("--branch");
    assert_eq!(sandbox.devpi(&folder, &["version", "--branch", "main"]).ok().text(), "1.4.5");
}

#[test]
fn no_release_branches() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.git(&folder, &["config", "--unset", "devpi.releaseBranches"]).ok();
    sandbox.set("BUILD_NUMBER", "5").set("CI", "true");
    sandbox.devpi(&folder, &["version"]).code(3).says("release branches").says("devpi.releaseBranches");
}

#[test]
fn tracked_changes_in_ci() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.set("BUILD_NUMBER", "5").set("CI", "true");
    sandbox.write(
        &folder,
        "pyproject.toml",
        &format!("{}\n# more\n", std::fs::read_to_string(folder.join("pyproject.toml")).unwrap()),
    );
    sandbox
        .devpi(&folder, &["version"])
        .code(3)
        .says("tracked files have uncommitted changes: pyproject.toml")
        .says("git diff");
}

#[test]
fn too_shallow_for_its_tag() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("scm");
    sandbox.write(
        &folder,
        "pyproject.toml",
        "[build-system]\nrequires = [\"hatchling\", \"hatch-vcs\"]\nbuild-backend = \"hatchling.build\"\n\
         [project]\nname = \"scm\"\ndynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"vcs\"\n",
    );
    sandbox.commit_all(&folder, "first");
    sandbox.devpi(&folder, &["version"]).code(3).says("no version tag is reachable").says("git tag v0.1");
    sandbox.git(&folder, &["tag", "v2.5.1"]).ok();
    sandbox.commit_all(&folder, "second");
    assert!(sandbox.devpi(&folder, &["version"]).ok().text().starts_with("2.5.dev0+g"));
    let url = format!("file://{}", folder.display());
    sandbox.git(&sandbox.path("home"), &["clone", "--quiet", "--depth", "1", &url, "shallow"]).ok();
    let shallow = sandbox.path("home/shallow");
    sandbox.devpi(&shallow, &["version"]).code(3).says("too shallow").says("fetch-depth: 0");
}

#[test]
fn a_release_branch_needs_a_final_base_version() {
    let mut sandbox = Sandbox::new();
    let folder = sandbox.repository("work");
    PythonProject::new().version("1.4rc1").write(&folder);
    sandbox.commit_all(&folder, "first");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    sandbox.set("BUILD_NUMBER", "5").set("CI", "true");
    sandbox.devpi(&folder, &["version"]).code(3).says("1.4rc1");
    assert_eq!(sandbox.devpi(&folder, &["version", "--branch", "x"]).ok().text(), "1.4.5.dev0");
}

#[test]
fn with_json_an_error_is_the_answer() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let home = sandbox.path("home");
    let down = ["--server", "http://127.0.0.1:9/", "--user", "acme"];
    sandbox.git(&folder, &["config", "devpi.deadline", "1s"]).ok();
    for (place, arguments, (exit, code)) in [
        (&home, &["version"][..], (3, "not-a-repository")),
        (&folder, &["status"], (3, "missing-setting")),
        (&folder, &["status", down[0], down[1], down[2], down[3]], (6, "unreachable")),
        (&folder, &["whoami", down[0], down[1]], (4, "not-logged-in")),
        (&folder, &["version", "--number", "5x"], (3, "bad-build-number")),
        (&folder, &["promote", "--nonsense"], (2, "usage")),
        (&folder, &["no-such-verb"], (2, "usage")),
        (&folder, &["promote", "1.4.57", down[0], "ftp://x", down[2], down[3]], (3, "bad-value")),
    ] {
        let run = sandbox.devpi(place, &[arguments, &["--json"]].concat()).code(exit);
        let (answer, message) = (run.json(), run.stderr.clone());
        let error = &answer["error"];
        assert_eq!(
            (&answer["schema"], &error["exit"], &error["code"]),
            (&1.into(), &exit.into(), &code.into()),
            "{run}"
        );
        let text = error["message"].as_str().unwrap();
        assert!(message.contains(text.lines().next().unwrap()), "stderr has it too: {run}");
        for hint in error["hints"].as_array().unwrap() {
            assert!(message.contains(&format!("hint: {}", hint.as_str().unwrap())), "{run}");
        }
    }
    // Where the option is another program's argument, and where help is asked for, nothing changes.
    assert_eq!(sandbox.devpi(&folder, &["promote", "--nonsense", "--", "--json"]).code(2).stdout, "");
    assert!(sandbox.devpi(&folder, &["promote", "--help", "--json"]).ok().stdout.contains("Usage"));
}
