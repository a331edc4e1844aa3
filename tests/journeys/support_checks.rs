//! Checks of tests/support: the test server, the sandbox and the sample project.

use serde_json::json;

use crate::support::{Backend, DevpiServer, PythonProject, Sandbox};

#[test]
fn each_test_has_its_own_user_on_one_server() {
    let server = DevpiServer::shared();
    let (one, two) = (server.user(), server.user());
    assert_ne!(one.name, two.name);
    let api = server.api().logged_in(&one);
    assert_eq!(api.auth_status()[1], one.name.as_str());
    api.put(&one.index("dev"), &json!({"volatile": false, "acl_toxresult_upload": [one.name]}));
    assert_eq!(api.index_names(&one.name), ["dev"]);
    assert!(api.index_names(&two.name).is_empty());
    assert_eq!(api.index("root/pypi"), None, "the shared server has no mirror");
    let before = server.requests_answered();
    assert!(before > 0);
    assert!(api.index(&one.index("none")).is_none());
    // Other tests send requests to the same server meanwhile.
    assert!(server.requests_answered() > before);
}

#[test]
fn an_upload_and_a_tox_result_are_read_back() {
    let server = DevpiServer::shared();
    let user = server.user();
    let api = server.api().logged_in(&user);
    let index = user.index("dev");
    api.put(&index, &json!({"volatile": false}));
    api.upload(&index, ("demo-pkg", "1.0"), ("demo_pkg-1.0-py3-none-any.whl", b"bytes"));
    let files = api.files(&index, "demo-pkg", "1.0");
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].log, [("upload".to_owned(), Some(user.name.clone()))]);
    assert_eq!(api.bytes(&files[0].path), b"bytes");
    api.post(&files[0].path, &json!({"testenvs": {}, "toxversion": "0", "host": "h", "platform": "p"}));
    let results = api.tox_results(&index, "demo-pkg", "1.0");
    assert_eq!(results.len(), 1);
    assert_eq!(results[0].0.for_path.as_deref(), Some(files[0].path.as_str()));
    assert_eq!(results[0].1["host"], "h");
    assert_eq!(api.versions(&index, "demo-pkg"), ["1.0"]);
}

#[test]
fn a_private_server_ends_when_it_is_dropped() {
    let server = DevpiServer::own();
    let api = server.api();
    assert!(api.is_up());
    drop(server);
    let gone = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(25));
        !api.is_up()
    });
    assert!(gone);
}

#[test]
fn a_sandbox_inherits_no_settings_of_the_user() {
    let mut sandbox = Sandbox::new();
    let remote = sandbox.bare_remote("remote.git");
    let clone = sandbox.clone_of(&remote, "clone");
    sandbox.write(&clone, "a/b.txt", "x");
    let commit = sandbox.commit_all(&clone, "First");
    sandbox.git(&clone, &["push", "--quiet", "origin", "main"]).ok();
    assert_eq!(sandbox.git(&remote, &["rev-parse", "main"]).ok().text(), commit);
    sandbox.set("MARK", "1");
    assert_eq!(sandbox.run_with_input(&clone, &["cat"], b"in").ok().stdout, "in");
    let seen = sandbox.run(&clone, "env", &[]).ok().stdout;
    let leaked = |line: &&str| {
        let name = line.split('=').next().unwrap_or_default();
        name == "CI" || ["GITHUB_", "GITLAB_", "CARGO", "RUST", "BUILD_"].iter().any(|prefix| name.starts_with(prefix))
    };
    assert_eq!(seen.lines().find(leaked), None);
    assert!(seen.lines().any(|line| line == "MARK=1"));
    let global = sandbox.git(&clone, &["config", "--show-origin", "user.name"]).ok().stdout;
    assert!(global.contains(sandbox.path("home").to_str().unwrap()), "{global}");
}

#[test]
fn the_sample_project_builds_and_its_tests_run_under_tox() {
    let sandbox = Sandbox::with_tools();
    let folder = sandbox.repository("project");
    PythonProject::new().backend(Backend::InTree).version("2.0").write(&folder);
    sandbox.commit_all(&folder, "First");
    sandbox.run(&folder, "uv", &["build", "--offline", "--out-dir", "dist"]).ok();
    let wheel = folder.join("dist/demo_pkg-2.0-py3-none-any.whl");
    assert!(wheel.exists() && folder.join("dist/demo_pkg-2.0.tar.gz").exists());
    let tox = sandbox.run(&folder, "tox", &["-e", "unit", "--installpkg", wheel.to_str().unwrap()]).ok();
    assert!(format!("{}{}", tox.stdout, tox.stderr).contains("Ran 1 test"), "{tox}");
}

#[test]
fn the_real_backend_builds_the_sample_project() {
    let sandbox = Sandbox::with_tools();
    let folder = sandbox.repository("project");
    PythonProject::new().write(&folder);
    sandbox.run(&folder, "uv", &["build", "--wheel", "--out-dir", "dist"]).ok();
    assert!(folder.join("dist/demo_pkg-1.4-py3-none-any.whl").exists());
}

#[test]
fn the_server_with_a_mirror_serves_packages_of_the_package_index() {
    let server = DevpiServer::with_pypi_mirror();
    let mirror = server.api().index("root/pypi").unwrap();
    assert_eq!((&mirror["type"], &mirror["mirror_no_project_list"]), (&"mirror".into(), &true.into()));
    let sandbox = Sandbox::with_tools();
    let index = format!("{}root/pypi/+simple/", server.url());
    let arguments = ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--index-url", &index, "idna==3.10"];
    sandbox.run(&sandbox.path("home"), "python", &arguments).ok();
    assert!(sandbox.path("home/idna-3.10-py3-none-any.whl").exists());
    assert!(!server.log().contains("mirror with"), "the list of all projects was fetched: {}", server.log());
}
