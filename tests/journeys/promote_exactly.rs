//! `git devpi promote` promotes the release that is meant, and exactly the files that were decided on, whatever happens in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT, report};
use crate::support::{Arrival, Backend, DevpiServer, Fault, Proxy, PythonProject};

const WHEEL: &str = "demo_pkg-1.4.57-py3-none-any.whl";
const SDIST: &str = "demo_pkg-1.4.57.tar.gz";
/// The request that creates the private copy: the decision has been made, and nothing is copied yet.
const DECIDED: (&str, &str) = ("PUT", ".claim-");

/// The files of 1.4.57 in production: name and sha256.
fn production(fixture: &Fixture) -> Vec<(String, String)> {
    let files = fixture.api.files(&fixture.user.index("prod"), PROJECT, "1.4.57");
    let mut files: Vec<_> = files.into_iter().map(|file| (file.name, file.sha256)).collect();
    files.sort();
    files
}

/// The indexes of the user that are neither a branch's nor production.
fn leftovers(fixture: &Fixture) -> Vec<String> {
    fixture.api.index_names(&fixture.user.name).into_iter().filter(|name| name.contains(".claim-")).collect()
}

/// Build 57 of main, green in `unit`, and a proxy before the server.
fn green_release() -> (Fixture, Proxy) {
    let mut fixture = Fixture::new();
    let version = fixture.build("57");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    (fixture, Proxy::start(DevpiServer::shared().url()))
}

/// The user is logged in at the proxy, and every command goes through it.
fn use_proxy(fixture: &mut Fixture, proxy: &Proxy) {
    let login = ["git-devpi", "login", proxy.url(), "--login", &fixture.user.name, "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.work, &login, fixture.user.password.as_bytes()).ok();
    fixture.sandbox.set("GIT_DEVPI_SERVER", proxy.url());
}

#[test]
fn a_commit_without_a_release_promotes_no_other_commits_release() {
    let mut fixture = Fixture::new();
    let version = fixture.build("57");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let built_from = fixture.sandbox.git(&fixture.work, &["rev-parse", "HEAD"]).ok().text().to_owned();
    fixture.sandbox.commit_all(&fixture.work, "Second, never built");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    let nothing = "no release of demo-pkg was built from commit";
    let refused = |fixture: &Fixture| {
        for words in [&["promote"][..], &["promote", "--dry-run"], &["results"], &["promote", "--from", "main"]] {
            fixture.devpi(words).code(1).says(nothing).says("hint: ");
        }
    };
    refused(&fixture);
    // Neither the CI system's counter nor an explicit number of the other commit's build selects it.
    fixture.in_ci("57");
    refused(&fixture);
    fixture.by_hand();
    fixture.sandbox.set("GIT_DEVPI_BUILD_NUMBER", "57");
    refused(&fixture);
    fixture.sandbox.unset("GIT_DEVPI_BUILD_NUMBER");
    fixture.devpi(&["promote", "--number", "57"]).code(1).says(nothing);
    // An unrelated branch, and a detached commit.
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "unrelated"]).ok();
    fixture.devpi(&["promote", "--dry-run"]).code(1).says(nothing);
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "--detach"]).ok();
    fixture.devpi(&["promote", "--dry-run"]).code(1).says(nothing);
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "main"]).ok();
    assert_eq!(production(&fixture), []);

    // Named, it is promoted, and the answer names the commit.
    let promoted = fixture.devpi(&["promote", "1.4.57", "--json"]).ok().json();
    assert_eq!((&promoted["decision"], &promoted["commit"]), (&json!("promoted"), &json!(built_from)));
    assert_eq!(promoted["production"], json!([{"name": WHEEL, "sha256": fixture.file("main", "1.4.57").sha256}]));
    // That production has another commit's release does not make this commit's job succeed.
    refused(&fixture);
    assert!(fixture.devpi(&["promote", "1.4.57"]).ok().stdout.contains(&built_from[..7]));
    // Back on the first commit, its release is found by the commit.
    fixture.sandbox.git(&fixture.work, &["checkout", "--quiet", &built_from]).ok();
    assert_eq!(fixture.devpi(&["promote", "--json"]).ok().json()["decision"], "already there");
}

#[test]
fn the_latest_green_release_is_promoted_when_it_is_asked_for() {
    let mut fixture = Fixture::new();
    let before = fixture.build("60");
    fixture.sandbox.commit_all(&fixture.work, "Second");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    let green = fixture.build("61");
    let red = fixture.build("62");
    fixture.sandbox.commit_all(&fixture.work, "Third");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    let untested = fixture.build("64");
    for (version, is_green) in [(&before, true), (&green, true), (&red, false)] {
        fixture.report(&fixture.api, ("main", version), ("unit", is_green));
    }
    fixture.devpi(&["promote", "1.4.61", "--latest-green"]).code(2);
    let planned = fixture.devpi(&["promote", "--latest-green", "--dry-run", "--json"]).ok().json();
    assert_eq!((&planned["version"], &planned["decision"]), (&json!(green), &json!("ready")), "{untested}");
    let promoted = fixture.devpi(&["promote", "--latest-green", "--json"]).ok().json();
    assert_eq!((&promoted["version"], &promoted["decision"]), (&json!(green), &json!("promoted")));
    let again = fixture.devpi(&["promote", "--latest-green", "--json"]).ok().json();
    assert_eq!((&again["version"], &again["decision"]), (&json!(green), &json!("already there")));
    // Without any green release the newest one's blockers are the answer.
    fixture.devpi(&["promote", "--latest-green", "--require", "system", "--to", "main"]).ok();
    let api = fixture.api.clone();
    api.put(&fixture.user.index("other"), &json!({"volatile": false}));
    let blocked =
        fixture.devpi(&["promote", "--latest-green", "--require", "system", "--to", "other", "--json"]).code(1);
    assert_eq!(blocked.json()["version"], "1.4.64");
}

#[test]
fn what_appears_or_changes_after_the_decision_does_not_reach_production() {
    let (mut fixture, proxy) = green_release();
    use_proxy(&mut fixture, &proxy);
    let main = fixture.user.index("main");
    let wheel = fixture.file("main", "1.4.57");
    // An untested file appears.
    let (api, index) = (fixture.api.clone(), main.clone());
    let upload = move || api.upload(&index, (PROJECT, "1.4.57"), (SDIST, b"untested"));
    proxy.inject_at(DECIDED, Fault::Call(Box::new(upload)));
    let promoted = fixture.devpi(&["promote", "1.4.57", "--json"]).ok().json();
    assert!(proxy.has_injected());
    assert_eq!(promoted["decision"], "promoted");
    assert_eq!(production(&fixture), [(WHEEL.to_owned(), wheel.sha256.clone())]);
    assert_eq!(fixture.api.files(&main, PROJECT, "1.4.57").len(), 2);
    // From now on the sdist is part of the release, and needs evidence.
    fixture.devpi(&["promote", "1.4.57"]).code(1).says(&format!("no evidence for {SDIST} in unit"));
    fixture.api.delete(&format!(
        "{}?force=",
        fixture.api.files(&main, PROJECT, "1.4.57").iter().find(|f| f.name == SDIST).unwrap().path
    ));
    let clear = |fixture: &Fixture| {
        drop(fixture.api.delete(&format!("{}/{PROJECT}/1.4.57?force=", fixture.user.index("prod"))))
    };
    clear(&fixture);

    // A red result arrives.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let (api, path, red) = (fixture.api.clone(), wheel.path.clone(), report(&wheel.sha256, "unit", false));
    proxy.inject_at(DECIDED, Fault::Call(Box::new(move || drop(api.post(&path, &red)))));
    fixture.devpi(&["promote", "1.4.57"]).code(1).says("failed in unit");
    assert!(proxy.has_injected());
    assert_eq!(production(&fixture), []);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    fixture.report(&fixture.api, ("main", "1.4.57"), ("unit", true));

    // The file is deleted, and uploaded with other bytes.
    let (api, index) = (fixture.api.clone(), main.clone());
    let replace = move || {
        api.patch(&index, &json!({"volatile": true}));
        api.upload(&index, (PROJECT, "1.4.57"), (WHEEL, b"other bytes"));
        api.patch(&index, &json!({"volatile": false}));
    };
    proxy.inject_at(DECIDED, Fault::Call(Box::new(replace)));
    fixture.devpi(&["promote", "1.4.57"]).code(5).says("has other bytes").says("production was not changed");
    assert!(proxy.has_injected());
    assert_eq!(production(&fixture), []);
    assert_eq!(leftovers(&fixture), [] as [&str; 0]);
}

#[test]
fn a_late_file_joins_the_release_in_production() {
    let (fixture, _) = green_release();
    fixture.devpi(&["promote", "1.4.57"]).ok();
    assert_eq!(production(&fixture).len(), 1);
    fixture.sandbox.git(&fixture.work, &["config", "--add", "devpi.formats", "wheel sdist"]).ok();
    fixture.devpi(&["ensure", "--number", "57"]).ok();
    fixture.devpi(&["promote", "1.4.57"]).code(1).says(&format!("no evidence for {SDIST} in unit"));
    let built = fixture.api.files(&fixture.user.index("main"), PROJECT, "1.4.57");
    let sdist = built.iter().find(|file| file.name == SDIST).unwrap();
    fixture.api.post(&sdist.path, &report(&sdist.sha256, "unit", true));
    let promoted = fixture.devpi(&["promote", "1.4.57", "--json"]).ok().json();
    assert_eq!(promoted["decision"], "promoted");
    let mut built: Vec<_> = built.into_iter().map(|file| (file.name, file.sha256)).collect();
    built.sort();
    assert_eq!(production(&fixture), built);
    // A file in production that the release does not have is named.
    fixture.api.upload(&fixture.user.index("prod"), (PROJECT, "1.4.57"), ("demo_pkg-1.4.57.zip", b"by hand"));
    fixture.devpi(&["promote", "1.4.57"]).ok().says("not part of the promoted release").says("demo_pkg-1.4.57.zip");
}

/// Runs a promotion that is disturbed at every request in turn. Production is old or new afterwards, and a second run finishes.
fn disturbed_at_every_request(disturb: impl Fn(&Fixture, &Proxy, usize)) {
    let (mut fixture, proxy) = green_release();
    use_proxy(&mut fixture, &proxy);
    let new = vec![(WHEEL.to_owned(), fixture.file("main", "1.4.57").sha256)];
    let results = fixture.api.tox_results(&fixture.user.index("main"), PROJECT, "1.4.57").len();
    let prod = fixture.user.index("prod");
    // The first promotion reads the results into the cache; the second one sends the requests that every later one sends.
    fixture.devpi(&["promote", "1.4.57"]).ok();
    fixture.api.delete(&format!("{prod}/{PROJECT}/1.4.57?force="));
    let start = proxy.requests().len();
    fixture.devpi(&["promote", "1.4.57"]).ok();
    let count = proxy.requests().len() - start;
    assert!((8..=13).contains(&count), "{:#?}", &proxy.requests()[start..]);
    for n in 1..=count {
        fixture.api.delete(&format!("{prod}/{PROJECT}/1.4.57?force="));
        disturb(&fixture, &proxy, n);
        proxy.recover();
        let last = proxy.requests().last().cloned();
        let held = production(&fixture);
        assert!(held.is_empty() || held == new, "disturbed at request {n}, {last:?}: {held:?}");
        fixture.devpi(&["promote", "1.4.57"]).ok();
        assert_eq!(production(&fixture), new, "disturbed at request {n}, {last:?}");
        assert_eq!(fixture.api.tox_results(&prod, PROJECT, "1.4.57").len(), results);
    }
}

#[test]
fn a_promotion_that_is_killed_at_any_request_is_finished_by_the_next() {
    disturbed_at_every_request(|fixture, proxy, n| {
        let group = Arc::new(AtomicU32::new(0));
        let known = Arc::clone(&group);
        let kill = move || {
            while known.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            let process = known.load(Ordering::SeqCst).to_string();
            std::process::Command::new("kill").args(["-KILL", &process]).status().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(100));
        };
        proxy.inject_after(n, Fault::Call(Box::new(kill)));
        let mut command = fixture.sandbox.command(&fixture.work, "git-devpi");
        let mut child = command.args(["promote", "1.4.57"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        group.store(child.id(), Ordering::SeqCst);
        assert!(!child.wait().unwrap().success(), "killed at request {n}");
    });
}

#[test]
fn a_server_that_goes_down_at_any_request_leaves_production_old_or_new() {
    for arrival in [Arrival::Arrives, Arrival::IsLost] {
        disturbed_at_every_request(|fixture, proxy, n| {
            fixture.sandbox.git(&fixture.work, &["config", "devpi.deadline", "1s"]).ok();
            proxy.inject_after(n, Fault::GoDown(arrival));
            let run = fixture.devpi(&["promote", "1.4.57"]);
            assert!([0, 6].contains(&run.status), "{arrival:?} {n}: {run}");
            fixture.sandbox.git(&fixture.work, &["config", "--unset", "devpi.deadline"]).ok();
        });
    }
}

/// `server` 1.4 and `client` 2.0 in one repository.
fn two_projects() -> Fixture {
    let fixture = Fixture::new();
    for (folder, name, version) in [("apps/server", "server", "1.4"), ("apps/client", "client", "2.0")] {
        PythonProject::new().backend(Backend::InTree).name(name).version(version).write(&fixture.work.join(folder));
    }
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let settings = format!("{settings}project-dirs = [\"apps/server\", \"apps/client\"]\n");
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings);
    fixture.sandbox.commit_all(&fixture.work, "Two projects");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    fixture
}

#[test]
fn several_projects_are_all_checked_before_the_first_is_promoted() {
    let mut fixture = two_projects();
    fixture.in_ci("57");
    fixture.devpi(&["ensure"]).ok();
    let (main, prod) = (fixture.user.index("main"), fixture.user.index("prod"));
    let green = |fixture: &Fixture, (project, version): (&str, &str), is_green: bool| {
        let file = fixture.api.files(&main, project, version).remove(0);
        fixture.api.post(&file.path, &report(&file.sha256, "unit", is_green));
    };
    let promoted =
        |fixture: &Fixture, (project, version): (&str, &str)| !fixture.api.files(&prod, project, version).is_empty();
    let (server, client) = (("server", "1.4.57"), ("client", "2.0.57"));
    green(&fixture, server, true);
    green(&fixture, client, false);
    let blocked = fixture.devpi(&["promote", "--json"]).code(1).json();
    let decisions = |answer: &Value| -> Vec<Value> {
        answer["projects"].as_array().unwrap().iter().map(|one| one["decision"].clone()).collect()
    };
    assert_eq!(decisions(&blocked), ["ready", "blocked"]);
    assert!(!promoted(&fixture, server) && !promoted(&fixture, client));

    // A failure in between is reported project by project, and a second run finishes.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    green(&fixture, client, true);
    let proxy = Proxy::start(DevpiServer::shared().url());
    use_proxy(&mut fixture, &proxy);
    let api = fixture.api.clone();
    let (clone, index) = (api.clone(), prod.clone());
    // When the first project has reached production, the server takes no more from this user.
    let close = move || drop(clone.patch(&index, &json!({"acl_upload": []})));
    proxy.inject_at(("GET", "/prod/server/1.4.57"), Fault::Call(Box::new(close)));
    let run = fixture.devpi(&["promote"]).code(4).says("client 2.0.57");
    assert!(run.stdout.contains("promoted server 1.4.57"), "{run}");
    assert!(proxy.has_injected(), "{run}");
    assert!(promoted(&fixture, server) && !promoted(&fixture, client));
    api.patch(&prod, &json!({"acl_upload": [fixture.user.name]}));
    let done = fixture.devpi(&["promote", "--json"]).ok().json();
    assert_eq!(decisions(&done), ["already there", "promoted"]);
    assert!(promoted(&fixture, server) && promoted(&fixture, client));
    // One project is selected by name.
    assert_eq!(fixture.devpi(&["promote", "client==2.0.57", "--json"]).ok().json()["decision"], "already there");
}

#[test]
fn what_does_not_depend_on_each_other_is_asked_at_once() {
    let (mut fixture, proxy) = green_release();
    use_proxy(&mut fixture, &proxy);
    let traffic = proxy.traffic(|| drop(fixture.devpi(&["promote", "1.4.57"]).ok()));
    assert!(traffic.requests.len() >= traffic.round_trips + 2, "{traffic:#?}");
    assert!(traffic.round_trips <= 10, "{traffic:#?}");
    let listings = traffic.requests.iter().filter(|request| **request == format!("GET /{}", fixture.user.name)).count();
    assert_eq!(listings, 1, "the owner's indexes are listed once: {traffic:#?}");
    assert_eq!((production(&fixture).len(), leftovers(&fixture)), (1, vec![]));
}
