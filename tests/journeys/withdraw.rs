//! `git devpi withdraw`: a release leaves production at once and completely, and `promote` brings it back with the same bytes.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Fault, Link, Proxy};

/// Builds, tests and promotes the builds with these numbers.
fn promoted(numbers: &[&str]) -> Fixture {
    let mut fixture = Fixture::new();
    for number in numbers {
        let version = fixture.build(number);
        fixture.report(&fixture.api, ("main", &version), ("unit", true));
        fixture.devpi(&["promote", &version]).ok();
    }
    fixture
}

/// The files of a release in production.
fn in_production(fixture: &Fixture, version: &str) -> Vec<Link> {
    fixture.api.files(&fixture.user.index("prod"), PROJECT, version)
}

fn logs(fixture: &Fixture) -> Vec<PathBuf> {
    let folder = fixture.sandbox.path("home/git-devpi/state/withdrawn-releases");
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    entries.into_iter().map(|entry| entry.path()).collect()
}

#[test]
fn a_withdrawn_release_comes_back_with_the_same_bytes_and_results() {
    let fixture = promoted(&["101", "102"]);
    let prod = fixture.user.index("prod");
    let file = fixture.file("prod", "1.4.102");
    let bytes = fixture.api.bytes(&file.path);

    let done = fixture.devpi(&["withdraw", "1.4.102", "--yes", "--json"]).ok().json();
    assert_eq!((&done["schema"], &done["withdrawn"]), (&json!(1), &json!(true)), "{done}");
    assert_eq!(
        (&done["project"], &done["version"], &done["index"]),
        (&json!(PROJECT), &json!("1.4.102"), &json!(prod))
    );
    assert_eq!(done["files"], json!([{"name": file.name, "sha256": file.sha256}]));
    assert_eq!(done["installed_instead"], json!({"version": "1.4.101", "index": prod}));
    assert_eq!(done["release_index"], json!(fixture.user.index("main")));
    assert_eq!(done["restore"], "git devpi promote demo-pkg==1.4.102");
    assert_eq!(in_production(&fixture, "1.4.102"), []);
    assert_eq!(in_production(&fixture, "1.4.101").len(), 1);
    assert_eq!(fixture.api.index(&prod).unwrap()["volatile"], json!(false));

    let log: Value = serde_json::from_slice(&std::fs::read(done["log"].as_str().unwrap()).unwrap()).unwrap();
    let head = fixture.sandbox.git(&fixture.work, &["rev-parse", "HEAD"]).ok();
    assert_eq!((&log["index"], &log["commit"]), (&json!(prod), &json!(head.text())), "{log:#}");
    assert_eq!((&log["project"], &log["version"]), (&json!(PROJECT), &json!("1.4.102")));
    assert_eq!((&log["files"][0]["file"], &log["files"][0]["sha256"]), (&json!(file.name), &json!(file.sha256)));
    assert_eq!(log["config"]["volatile"], json!(false));
    assert_eq!(
        (&log["evidence"][0]["environment"], &log["evidence"][0]["verdict"]),
        (&json!("unit"), &json!("passed"))
    );
    assert_eq!(logs(&fixture).len(), 1, "nothing needs to be saved");

    // No pipeline brings it back by itself: a promotion has to name it.
    assert_eq!(done["recorded"], json!(true));
    fixture.devpi(&["promote"]).code(1).says("withdrawn from").says("git devpi promote VERSION");
    let latest = fixture.devpi(&["promote", "--latest-green", "--json"]).ok().json();
    assert_eq!((&latest["version"], &latest["decision"]), (&json!("1.4.101"), &json!("already there")), "{latest}");
    assert_eq!(in_production(&fixture, "1.4.102"), []);
    fixture.devpi(&["promote", "1.4.102"]).ok();
    assert_eq!(fixture.devpi(&["promote", "--json"]).ok().json()["decision"], "already there");
    let back = fixture.file("prod", "1.4.102");
    assert_eq!((back.sha256, fixture.api.bytes(&back.path)), (file.sha256, bytes));
    assert_eq!(fixture.verdicts("prod", "1.4.102"), [("unit".to_owned(), true)]);

    // An older one: the command that brings it back works as it is printed.
    let done = fixture.devpi(&["withdraw", "Demo.Pkg==1.4.101", "--yes", "--json"]).ok().json();
    assert_eq!(done["installed_instead"], json!({"version": "1.4.102", "index": prod}));
    let words: Vec<&str> = done["restore"].as_str().unwrap().split(' ').collect();
    fixture.sandbox.git(&fixture.work, &words[1..]).ok();
    assert_eq!(in_production(&fixture, "1.4.101").len(), 1);
}

#[test]
fn without_a_terminal_nothing_is_withdrawn_unasked() {
    let fixture = promoted(&["103"]);
    fixture.devpi(&["withdraw", "1.4.103"]).code(2).says("withdraw demo-pkg 1.4.103").says("--yes");
    assert_eq!(in_production(&fixture, "1.4.103").len(), 1);
    assert_eq!(logs(&fixture), [] as [PathBuf; 0]);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_asks() {
    let fixture = promoted(&["104", "105"]);
    let words = ["git", "devpi", "withdraw", "1.4.105"];
    let asked =
        |answer: &str| fixture.sandbox.on_terminal(&fixture.work, &words, &[("withdraw demo-pkg 1.4.105", answer)]);
    let declined = asked("n").code(1);
    assert!(declined.stdout.contains("installers will get demo-pkg 1.4.104"), "{declined}");
    assert!(declined.stdout.contains("git devpi promote demo-pkg==1.4.105"), "{declined}");
    assert_eq!(in_production(&fixture, "1.4.105").len(), 1);
    assert_eq!(logs(&fixture), [] as [PathBuf; 0]);
    let accepted = asked("y").ok();
    assert!(accepted.stdout.contains("installers now get demo-pkg 1.4.104"), "{accepted}");
    assert_eq!(in_production(&fixture, "1.4.105"), []);
}

/// devpi forgets a project with its last version, and then a mirror among the bases would answer for its name.
#[test]
fn the_name_stays_registered_when_the_last_release_goes() {
    let fixture = promoted(&["106"]);
    let prod = fixture.user.index("prod");
    fixture.api.delete(&format!("{prod}/{PROJECT}/0?force="));
    let projects = || fixture.api.get(&prod).unwrap()["result"]["projects"].clone();
    let done = fixture.devpi(&["withdraw", "1.4.106", "--yes", "--json"]).ok().json();
    assert_eq!(done["installed_instead"], json!(null));
    assert_eq!(in_production(&fixture, "1.4.106"), []);
    assert_eq!(projects(), json!([PROJECT]));
}

#[test]
fn what_a_base_offers_is_named() {
    let fixture = promoted(&["107", "108"]);
    let (prod, base) = (fixture.user.index("prod"), fixture.user.index("base"));
    fixture.api.put(&base, &json!({"volatile": false}));
    fixture.api.patch(&prod, &json!({"bases": [base]}));
    fixture.api.upload(&base, (PROJECT, "2.0rc1"), ("demo_pkg-2.0rc1-py3-none-any.whl", b"candidate"));
    fixture.api.upload(&base, (PROJECT, "1.4.108"), ("demo_pkg-1.4.108-py3-none-any.whl", b"a copy"));
    // The same version on a base is what installers get.
    let done = fixture.devpi(&["withdraw", "1.4.108", "--yes", "--json"]).ok().json();
    assert_eq!(done["installed_instead"], json!({"version": "1.4.108", "index": base}));
    let shown = fixture.devpi(&["withdraw", "1.4.107", "--yes"]).ok();
    assert!(shown.stdout.contains(&format!("demo-pkg 1.4.108 from {base}")), "{shown}");
}

#[test]
fn files_that_no_release_index_holds_are_saved() {
    let fixture = promoted(&["109"]);
    let prod = fixture.user.index("prod");
    for (file, bytes) in [("demo_pkg-1.4.109.tar.gz", &b"sdist by hand"[..]), ("demo_pkg-1.4.109.zip", b"zip by hand")]
    {
        fixture.api.upload(&prod, (PROJECT, "1.4.109"), (file, bytes));
    }
    let links = in_production(&fixture, "1.4.109");
    let expected: Vec<Vec<u8>> = links.iter().map(|link| fixture.api.bytes(&link.path)).collect();
    let done = fixture.devpi(&["withdraw", "1.4.109", "--yes", "--json"]).ok().json();
    assert_eq!((&done["restore"], &done["release_index"]), (&json!(null), &json!(null)));
    let saved: Vec<&str> = done["saved"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert_eq!(saved.len(), 3);
    for (link, bytes) in links.iter().zip(expected) {
        let path = saved.iter().find(|path| path.ends_with(&link.name)).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), bytes, "{}", link.name);
    }
    let log: Value = serde_json::from_slice(&std::fs::read(done["log"].as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(log["saved"], done["saved"]);
}

#[test]
fn the_remotes_release_branch_says_what_production_is() {
    let fixture = promoted(&["110"]);
    let other = fixture.user.index("other");
    fixture.api.put(&other, &json!({"volatile": false}));
    fixture.api.upload(&other, (PROJECT, "1.4.110"), ("demo_pkg-1.4.110-py3-none-any.whl", b"other"));
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "elsewhere"]).ok();
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &(own + "production = \"other\"\n"));
    fixture.sandbox.commit_all(&fixture.work, "Another production");
    fixture.devpi(&["withdraw", "1.4.110", "--yes"]).ok();
    assert_eq!(fixture.api.files(&other, PROJECT, "1.4.110").len(), 1);
    assert_eq!(in_production(&fixture, "1.4.110"), []);
}

#[test]
fn what_is_not_ours_or_not_there_is_refused() {
    let fixture = promoted(&["111"]);
    let prod = fixture.user.index("prod");
    fixture.api.upload(&prod, ("other-pkg", "1.0"), ("other_pkg-1.0-py3-none-any.whl", b"another team's"));
    fixture.devpi(&["withdraw", "other-pkg==1.0", "--yes"]).code(2).says("other-pkg");
    assert_eq!(fixture.api.files(&prod, "other-pkg", "1.0").len(), 1);
    fixture.devpi(&["withdraw", "1.4.112", "--yes"]).code(1).says("demo-pkg 1.4.112 not found on").says("hint: ");
    fixture.devpi(&["withdraw", "demo-pkg==", "--yes"]).code(2).says("no version");
    fixture.devpi(&["withdraw", "--yes"]).code(2);
    assert_eq!(logs(&fixture), [] as [PathBuf; 0]);

    // Done is done: a second run says so.
    fixture.devpi(&["withdraw", "1.4.111", "--yes"]).ok();
    let again = fixture.devpi(&["withdraw", "1.4.111", "--yes", "--json"]).ok().json();
    assert_eq!((&again["withdrawn"], &again["index"]), (&json!(false), &json!(prod)));
    assert_eq!(logs(&fixture), [PathBuf::from(again["log"].as_str().unwrap())]);
}

/// Who withdraws need not be an evidence user: then nothing is recorded, and that is said.
#[test]
fn a_withdrawal_by_a_user_who_does_not_count_is_not_recorded() {
    let mut fixture = promoted(&["115"]);
    let (main, prod) = (fixture.user.index("main"), fixture.user.index("prod"));
    let helper = DevpiServer::shared().user();
    fixture.api.patch(&prod, &json!({"acl_upload": [fixture.user.name, helper.name]}));
    fixture.api.patch(&main, &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    let login = ["git-devpi", "login", DevpiServer::shared().url(), "--login", &helper.name, "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.work, &login, helper.password.as_bytes()).ok();
    fixture.sandbox.set("GIT_DEVPI_LOGIN", &helper.name);
    let before = fixture.api.tox_results(&main, PROJECT, "1.4.115").len();
    let done = fixture.devpi(&["withdraw", "1.4.115", "--yes", "--json"]).ok().says("evidence-users").json();
    assert_eq!((&done["withdrawn"], &done["recorded"]), (&json!(true), &json!(false)));
    assert_eq!(fixture.api.tox_results(&main, PROJECT, "1.4.115").len(), before);
}

#[test]
fn another_user_of_production_may_refuse() {
    let fixture = promoted(&["113"]);
    let guard = DevpiServer::shared().user();
    let api = DevpiServer::shared().api().logged_in(&guard);
    let theirs = guard.index("prod");
    api.put(&theirs, &json!({"volatile": false}));
    api.upload(&theirs, (PROJECT, "1.4.113"), ("demo_pkg-1.4.113-py3-none-any.whl", b"guarded"));
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &format!("{own}production = \"{theirs}\"\n"));
    fixture.sandbox.commit_all(&fixture.work, "A guarded production");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    fixture.devpi(&["withdraw", "1.4.113", "--yes"]).code(4);
    assert_eq!(api.files(&theirs, PROJECT, "1.4.113").len(), 1);
    assert_eq!(logs(&fixture), [] as [PathBuf; 0], "a log would say what did not happen");
}

/// Killed after any request, production holds the release or nothing of it, and a second run finishes.
#[cfg(unix)]
#[test]
fn a_killed_withdrawal_is_finished_by_the_next() {
    use std::os::unix::process::CommandExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let mut fixture = promoted(&["114"]);
    let proxy = Proxy::start(DevpiServer::shared().url());
    let login = ["git-devpi", "login", proxy.url(), "--login", &fixture.user.name, "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.work, &login, fixture.user.password.as_bytes()).ok();
    fixture.sandbox.set("GIT_DEVPI_SERVER", proxy.url());
    let sha256 = fixture.file("prod", "1.4.114").sha256;
    let before = proxy.requests().len();
    fixture.devpi(&["withdraw", "1.4.114", "--yes"]).ok();
    let count = proxy.requests().len() - before;
    assert!((5..20).contains(&count), "{:#?}", &proxy.requests()[before..]);
    for n in 1..=count {
        fixture.devpi(&["promote", "1.4.114"]).ok();
        let group = Arc::new(AtomicU32::new(0));
        let known = Arc::clone(&group);
        let kill = move || {
            let group = format!("-{}", known.load(Ordering::SeqCst));
            std::process::Command::new("kill").args(["-KILL", "--", &group]).status().unwrap();
        };
        // The barrier: no request is sent before the process group is known.
        let mut command = fixture.sandbox.command(&fixture.work, "sh");
        command.args(["-c", "read go && exec git-devpi withdraw 1.4.114 --yes"]);
        let mut child = command
            .process_group(0)
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        group.store(child.id(), Ordering::SeqCst);
        proxy.inject_after(n, Fault::Call(Box::new(kill)));
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"go\n").unwrap();
        assert!(!child.wait().unwrap().success(), "request {n}");
        let files: Vec<String> = in_production(&fixture, "1.4.114").into_iter().map(|file| file.sha256).collect();
        assert!(files.is_empty() || files == [sha256.clone()], "request {n}: {files:?}");
        fixture.devpi(&["withdraw", "1.4.114", "--yes"]).ok();
        assert_eq!(in_production(&fixture, "1.4.114"), [], "request {n}");
        assert_eq!(fixture.api.index(&fixture.user.index("prod")).unwrap()["volatile"], json!(false), "request {n}");
    }
    fixture.devpi(&["promote", "1.4.114"]).ok();
    assert_eq!(fixture.file("prod", "1.4.114").sha256, sha256);
}
