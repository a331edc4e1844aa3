//! `demo` and `init` on the local server of this machine. One test, because they share the server, which is installed once for
//! all runs of the tests, under `target/`.

use std::path::{Path, PathBuf};

use crate::support::{Api, Backend, PythonProject, Sandbox, TestUser};

/// Stops the server, also when the test fails.
struct StopOnDrop<'s>(&'s Sandbox);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        let _ = self.0.devpi(&self.0.path("home"), &["server", "stop"]);
    }
}

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("test-local-server");
    sandbox.set("GIT_DEVPI_HOME", home.to_str().unwrap());
    sandbox
}

#[test]
fn the_demo_succeeds_is_kept_and_fails_without_a_backend() {
    let sandbox = sandbox();
    let _stop = StopOnDrop(&sandbox);
    the_kept_demo_is_consistent(&sandbox);
    a_failed_demo_is_removed();
    init_uses_the_local_server(&sandbox);
}

fn the_kept_demo_is_consistent(sandbox: &Sandbox) {
    let home = sandbox.path("home");
    let run = sandbox.devpi(&home, &["demo", "--keep", "--json"]).ok();
    let outcome = run.json();
    assert_eq!(outcome["chapters"].as_array().unwrap().len(), 7, "{run}");
    let kept = |key: &str| outcome["kept"][key].as_str().unwrap().to_owned();
    let folder = PathBuf::from(kept("folder"));
    let user = TestUser { name: kept("user"), password: std::fs::read_to_string(kept("password_file")).unwrap() };
    assert!(!run.stderr.contains(&user.password) && !run.stdout.contains(&user.password));

    // The final state of the server, read independently.
    let api = Api::new(&kept("server")).logged_in(&user);
    assert_eq!(api.index_names(&user.name), ["prod", "shiny-widget-main"], "the index of the branch is gone");
    let built = api.files(&user.index("shiny-widget-main"), "shiny-widget", "1.4.2");
    let promoted = api.files(&user.index("prod"), "shiny-widget", "1.4.2");
    assert_eq!((built.len(), promoted.len()), (1, 1));
    assert_eq!(built[0].sha256, promoted[0].sha256);
    let mut green = Vec::new();
    for (_, report) in api.tox_results(&user.index("prod"), "shiny-widget", "1.4.2") {
        for (name, environment) in report["testenvs"].as_object().unwrap() {
            assert_eq!(environment["installpkg"]["sha256"], promoted[0].sha256.as_str());
            assert_eq!(environment["result"]["success"], true);
            green.push(name.clone());
        }
    }
    green.sort();
    assert_eq!(green, ["system", "unit"]);
    for machine in ["developer", "colleague", "ci-1", "ci-2", "ci-3", "ci-4"] {
        assert_eq!(sandbox.git(&folder.join(machine), &["status", "--porcelain"]).ok().text(), "", "{machine}");
    }
    let log = sandbox.git(&folder.join("shiny-widget.git"), &["branch", "--list"]).ok();
    assert_eq!(log.text().trim(), "* main");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Without its build backend the package cannot be built: the demo reports that and removes everything.
fn a_failed_demo_is_removed() {
    let mut sandbox = sandbox();
    let cache = sandbox.path("no-cache");
    sandbox.set("UV_OFFLINE", "1").set("UV_CACHE_DIR", cache.to_str().unwrap());
    // Without uv, the builder is pip.
    sandbox.set("PIP_NO_INDEX", "1").set("PIP_CACHE_DIR", cache.to_str().unwrap());
    let temporary = sandbox.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    sandbox.set("TMPDIR", temporary.to_str().unwrap());
    let home = sandbox.path("home");
    let run = sandbox.devpi(&home, &["demo"]).code(7).says("tox -e").says("hint:");
    let said = run.stderr.split("this demonstration uses the devpi user ").nth(1).unwrap();
    let user = said.lines().next().unwrap().trim_end_matches('.').to_owned();
    let url = sandbox.devpi(&home, &["server", "status", "--json"]).ok().json()["server"]["url"].clone();
    assert_eq!(Api::new(url.as_str().unwrap()).get(&user), None, "the user is removed");
    assert_eq!(
        std::fs::read_dir(&temporary).unwrap().count(),
        0,
        "{:?}",
        std::fs::read_dir(&temporary).unwrap().next()
    );
}

fn init_uses_the_local_server(sandbox: &Sandbox) {
    let name = format!("gadget-{}", std::process::id());
    let remote = sandbox.bare_remote(&format!("{name}.git"));
    let clone = sandbox.clone_of(&remote, "clone");
    PythonProject::new().backend(Backend::InTree).write(&clone);
    sandbox.commit_all(&clone, "First");
    let run = sandbox.devpi(&clone, &["init", "--yes"]).ok().says("created the devpi user").says("mode 0600");
    let home = sandbox.variables()["GIT_DEVPI_HOME"].clone();
    let file = Path::new(&home).join("config/local-server").join(format!("{name}.password"));
    let password = std::fs::read_to_string(&file).unwrap();
    assert!(!run.stderr.contains(&password) && run.stderr.contains(file.to_str().unwrap()), "{run}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let status = sandbox.devpi(&clone, &["server", "status", "--json"]).ok().json();
    let user = TestUser { name: name.clone(), password };
    let api = Api::new(status["server"]["url"].as_str().unwrap()).logged_in(&user);
    assert_eq!(api.index_names(&name), ["main", "prod"]);
    assert_eq!(api.index(&user.index("prod")).unwrap()["bases"], serde_json::json!(["root/pypi"]));
    // After a logout the stored password of the local user is used.
    sandbox.devpi(&clone, &["logout"]).ok();
    sandbox.devpi(&clone, &["login", status["server"]["url"].as_str().unwrap()]).ok().says("logged in");
    sandbox.devpi(&clone, &["init"]).ok().says("nothing to do");
    for index in ["main", "prod"] {
        api.patch(&user.index(index), &serde_json::json!({"volatile": true}));
    }
    api.delete(&name);
    std::fs::remove_file(file).unwrap();
}
