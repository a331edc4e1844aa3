//! `env` on a real server: its output configures pip and uv for the branch's index, and is valid in a shell.

use serde_json::json;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Sandbox};

#[test]
fn the_variables_name_the_index_of_the_branch() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let work = sandbox.repository("work");
    sandbox.commit_all(&work, "First");
    sandbox.unset("SSL_CERT_FILE").unset("REQUESTS_CA_BUNDLE");
    sandbox.set("GIT_DEVPI_SERVER", server.url()).set("GIT_DEVPI_USER", &user.name);
    sandbox.git(&work, &["config", "devpi.releaseBranches", "main"]).ok();
    sandbox.git(&work, &["switch", "--quiet", "--create", "feature/It's"]).ok();
    let run = sandbox.devpi(&work, &["env"]).code(1).says("has no index").says("git devpi index create");
    assert_eq!(run.stdout, "");

    // Another branch's index has the plain name: the record decides which index belongs to the branch.
    let api = server.api().logged_in(&user);
    api.put(&user.index("feature-it-s"), &json!({}));
    let record = json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "work", "branch": "feature/It's",
        "own_commits": true, "created": "2026-01-01T00:00:00Z"}});
    api.put(&user.index("another"), &json!({"volatile": false, "custom_data": record}));
    let url = format!("{}{}/another/+simple/", server.url(), user.name);
    let answer = sandbox.devpi(&work, &["env", "--json"]).ok().json();
    assert_eq!(answer["variables"], json!({"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}));
    let script = "eval \"$(git devpi env)\" && printf '%s %s' \"$PIP_INDEX_URL\" \"$UV_DEFAULT_INDEX\"";
    assert_eq!(sandbox.run(&work, "sh", &["-c", script]).ok().stdout, format!("{url} {url}"));
    let github = sandbox.devpi(&work, &["env", "--shell", "github"]).ok();
    assert_eq!(github.text(), format!("PIP_INDEX_URL={url}\nUV_DEFAULT_INDEX={url}"));

    let bundle = sandbox.path("it's a \"bundle\".pem");
    std::fs::write(&bundle, "").unwrap();
    sandbox.git(&work, &["config", "devpi.caBundle", bundle.to_str().unwrap()]).ok();
    let script = "eval \"$(git devpi env)\" && printf %s \"$PIP_CERT\"";
    assert_eq!(sandbox.run(&work, "sh", &["-c", script]).ok().stdout, bundle.to_str().unwrap());
}

#[test]
fn installers_get_the_branchs_build_although_production_has_a_final_release() {
    let mut fixture = Fixture::new();
    let version = fixture.build("80");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    fixture.devpi(&["promote"]).ok();
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "feature"]).ok();
    fixture.sandbox.commit_all(&fixture.work, "Feature");
    for number in ["94", "95"] {
        fixture.build(number);
    }
    assert!(fixture.api.versions(&fixture.user.index("feature"), PROJECT).contains(&"1.4.95.dev0".to_owned()));
    let install = |fixture: &Fixture, command: &str| {
        let script = format!("eval \"$(git devpi env)\" && {command}");
        fixture.sandbox.run(&fixture.work, "sh", &["-c", &script]).ok();
    };
    install(&fixture, "python3 -m pip download --quiet --no-deps --dest ../pip demo-pkg");
    install(&fixture, "uv pip install --quiet --no-deps --target ../uv demo-pkg");
    let names = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(fixture.sandbox.path(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("pip"), ["demo_pkg-1.4.95.dev0-py3-none-any.whl"]);
    assert!(names("uv").contains(&"demo_pkg-1.4.95.dev0.dist-info".to_owned()), "{:?}", names("uv"));
    let check = |fixture: &Fixture| fixture.devpi(&["env", "--check"]);
    let (prod, feature) = (fixture.user.index("prod"), fixture.user.index("feature"));
    let run =
        check(&fixture).ok().says("this shell does not use them (PIP_INDEX_URL, UV_DEFAULT_INDEX, PIP_CONSTRAINT");
    assert_eq!(run.text(), format!("demo-pkg 1.4.95.dev0 from {feature} (without the constraint: 1.4.80 from {prod})"));
    let script = "eval \"$(git devpi env)\" && git devpi env --check";
    let run = fixture.sandbox.run(&fixture.work, "sh", &["-c", script]).ok();
    assert!(!run.stderr.contains("this shell"), "{run}");
    // In CI it is the version of this build, though the index has a newer one.
    fixture.in_ci("94");
    let pinned = fixture.devpi(&["env", "--json"]).ok().json()["variables"]["UV_CONSTRAINT"].clone();
    assert_eq!(std::fs::read_to_string(pinned.as_str().unwrap()).unwrap(), "demo-pkg==1.4.94.dev0\n");
    assert!(check(&fixture).ok().text().starts_with("demo-pkg 1.4.94.dev0 from "));
    // With only one project, `ensure` writes no constraints.
    fixture.by_hand().in_ci("95");
    assert_eq!(fixture.devpi(&["ensure", "--json"]).ok().json()["constraints"], json!(null));
}

#[test]
fn the_check_says_when_installers_get_no_build_of_the_branch() {
    let mut fixture = Fixture::new();
    let git = |fixture: &Fixture, arguments: &[&str]| fixture.sandbox.git(&fixture.work, arguments).ok();
    git(&fixture, &["switch", "--quiet", "-c", "early"]);
    fixture.devpi(&["index", "create"]).ok();
    let (prod, early) = (fixture.user.index("prod"), fixture.user.index("early"));
    let run = fixture.devpi(&["env", "--check"]).code(1);
    assert_eq!(run.text(), format!("demo-pkg: nothing, {early} and its bases have no release"));
    git(&fixture, &["switch", "--quiet", "main"]);
    let version = fixture.build("80");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    fixture.devpi(&["promote"]).ok();
    fixture.by_hand();
    git(&fixture, &["switch", "--quiet", "early"]);
    let run = fixture.devpi(&["env", "--check"]).code(1).says(&format!("{early} has no release of demo-pkg"));
    assert_eq!(run.text(), format!("demo-pkg 1.4.80 from {prod}"));
    let json = fixture.devpi(&["env", "--check", "--json"]).code(1).json();
    let expected = json!({"version": "1.4.80", "index": prod});
    assert_eq!((&json["projects"][0]["installed"], &json["projects"][0]["of_branch"]), (&expected, &json!(false)));
}
