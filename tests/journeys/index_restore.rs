//! `index trash` and `index restore`: a deletion by hand, by `prune` or by a hook is undone, byte for byte, as far as its files were kept.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT, report};
use crate::prune_fixture::PruneFixture;
use crate::support::{DevpiServer, Link};

/// The sha256 and the bytes of a file; sha256 and user of each of its results.
type Contents = (String, Vec<u8>, Vec<(String, Option<String>)>);

impl Fixture {
    /// Creates, checks out and pushes a branch with a commit of its own.
    fn topic(&self, name: &str) {
        self.sandbox.git(&self.work, &["checkout", "--quiet", "-b", name]).ok();
        self.sandbox.commit_all(&self.work, name);
        self.sandbox.git(&self.work, &["push", "--quiet", "origin", name]).ok();
    }

    /// The file of a release and its results.
    fn contents(&self, index: &str, version: &str) -> Contents {
        let file = self.file(index, version);
        let results = self.api.tox_results(&self.user.index(index), PROJECT, version);
        let results = results.iter().map(|(link, _)| (link.sha256.clone(), link.log[0].1.clone())).collect();
        (file.sha256.clone(), self.api.bytes(&file.path), results)
    }
}

fn files(fixture: &PruneFixture, index: &str) -> Vec<Link> {
    fixture.api.files(&fixture.user.index(index), "demo-pkg", "1.0")
}

impl PruneFixture {
    #[track_caller]
    fn index_verb(&self, arguments: &[&str]) -> crate::support::Run {
        self.sandbox.devpi(&self.clone, &[&["index"], arguments].concat())
    }

    /// The folder of kept files of the only deletion.
    fn kept(&self) -> PathBuf {
        let folder = self.sandbox.path("home/git-devpi/state/deleted-indexes");
        let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let mut kept: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "files")).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        kept.remove(0)
    }
}

#[test]
fn a_deleted_index_comes_back_with_its_builds_and_their_evidence() {
    let mut fixture = Fixture::new();
    fixture.topic("feature/x");
    let (first, second) = (fixture.build("57"), fixture.build("58"));
    let full = fixture.user.index("feature-x");
    let other = DevpiServer::shared().user();
    let theirs = DevpiServer::shared().api().logged_in(&other);
    fixture
        .api
        .patch(&full, &json!({"acl_toxresult_upload": [fixture.user.name, other.name], "title": "kept as it is"}));
    for (version, green) in [(&first, true), (&second, false), (&second, true)] {
        fixture.report(&fixture.api, ("feature-x", version), ("unit", green));
    }
    let before =
        (fixture.api.index(&full), fixture.contents("feature-x", &first), fixture.contents("feature-x", &second));
    // This user's results do not count: posted again by the owner, they would.
    let file = fixture.file("feature-x", &first);
    theirs.post(&file.path, &report(&file.sha256, "system", true));

    let deleted = fixture.devpi(&["index", "delete", "--yes", "--force", "--json"]).ok().json();
    assert_eq!((&deleted["files"], &deleted["kept_files"]), (&json!(2), &json!(2)), "{deleted}");
    assert_eq!(fixture.api.index(&full), None);
    // The cache is no part of it.
    std::fs::remove_dir_all(fixture.sandbox.path("home/git-devpi/cache")).unwrap();
    let trash = fixture.devpi(&["index", "trash", "--json"]).ok().json();
    let entry = &trash["deletions"][0];
    assert_eq!(trash["deletions"].as_array().unwrap().len(), 1, "{trash}");
    assert_eq!(
        (&entry["index"], &entry["branch"], &entry["kind"]),
        (&json!(full), &json!("feature/x"), &json!("index"))
    );
    assert_eq!((&entry["files"], &entry["kept_files"], &entry["log"]), (&json!(2), &json!(2), &deleted["log"]));
    let shown = fixture.devpi(&["index", "trash"]).ok().says("at most 2.1 GB");
    assert!(shown.stdout.contains("2 of 2") && shown.stdout.contains("feature/x"), "{shown}");

    let restored =
        fixture.devpi(&["index", "restore", "feature-x", "--json"]).ok().says("whose results do not count").json();
    assert_eq!((&restored["created"], &restored["conflict"]), (&json!(true), &json!(false)));
    assert_eq!(restored["restored"].as_array().unwrap().len(), 2, "{restored}");
    // Two files with their provenance, three results.
    assert_eq!((&restored["results"], &restored["not_restored"]), (&json!(5), &json!([])));
    let after =
        (fixture.api.index(&full), fixture.contents("feature-x", &first), fixture.contents("feature-x", &second));
    assert_eq!(after, before);
    assert_eq!(fixture.verdicts("feature-x", &first), [("unit".to_owned(), true)]);
    let results = fixture.devpi(&["results", &second, "--json"]).ok().json();
    assert!(results.to_string().contains("\"passed\""), "the newest result counts, as before: {results}");
    // The provenance counts: CI finds the build and does not build again.
    fixture.in_ci("57");
    let ensured = fixture.devpi(&["ensure", "--dest", "../dist", "--no-build", "--json"]).ok().json();
    assert_eq!(ensured["sha256"], json!(before.1.0), "{ensured}");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["feature-x", "prod"], "no private index is left");

    // Again: nothing to do.
    let again = fixture.devpi(&["index", "restore", deleted["log"].as_str().unwrap(), "--json"]).ok().json();
    assert_eq!((&again["created"], again["already_there"].as_array().unwrap().len()), (&json!(false), 2), "{again}");
    assert_eq!(fixture.contents("feature-x", &first), before.1);
}

#[test]
fn what_was_not_kept_is_named_and_keep_files_keeps_everything() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("gone", "gone");
    let commit = fixture.tip("gone");
    fixture.built("gone", "1.0", &commit);
    let base = fixture.user.index("base");
    fixture.api.put(&base, &json!({}));
    fixture.api.patch(&fixture.user.index("gone"), &json!({"bases": [base, fixture.user.index("main")]}));
    let before = (files(&fixture, "gone"), fixture.api.index(&fixture.user.index("gone")).unwrap());

    let pruned = fixture.prune(&["--yes", "--json"]).ok().json();
    assert_eq!(
        (&pruned["deleted"][0]["files"], &pruned["deleted"][0]["kept_files"]),
        (&json!(1), &json!(0)),
        "{pruned}"
    );
    let lost = fixture.index_verb(&["restore", "gone", "--json"]).code(1).says("it was not kept").json();
    assert_eq!((&lost["created"], &lost["restored"]), (&json!(true), &json!([])));
    assert_eq!(lost["not_restored"][0]["sha256"], json!(before.0[0].sha256));
    assert_eq!(fixture.api.index(&fixture.user.index("gone")).unwrap(), before.1, "the configuration is the same");

    // It is merged, so the next prune deletes it again.
    fixture.built("gone", "1.0", &commit);
    let results = fixture.api.tox_results(&fixture.user.index("gone"), "demo-pkg", "1.0");
    let pruned = fixture.prune(&["--yes", "--keep-files"]).ok().says("kept 1 of 1 files").says("at most 2.1 GB");
    assert!(pruned.stdout.contains("deleted"), "{pruned}");
    fixture.api.delete(&base);
    let restored = fixture.index_verb(&["restore", "gone"]).ok().says(&format!("left out: {base}"));
    assert!(restored.stdout.contains("1 of 1 files, 1 results"), "{restored}");
    assert_eq!(files(&fixture, "gone")[0].sha256, before.0[0].sha256);
    let again = fixture.api.tox_results(&fixture.user.index("gone"), "demo-pkg", "1.0");
    assert_eq!((again.len(), &again[0].1, &again[0].0.sha256), (1, &results[0].1, &results[0].0.sha256));
    let index = fixture.api.index(&fixture.user.index("gone")).unwrap();
    assert_eq!(index["bases"], json!([fixture.user.index("main")]));
}

#[test]
fn an_index_whose_files_cannot_be_saved_is_not_deleted() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("gone", "gone");
    fixture.upload("gone");
    // The server sends other bytes than it lists.
    let stored = DevpiServer::shared().data_folder().join("+files").join(&files(&fixture, "gone")[0].path);
    let mut damaged = std::fs::read(&stored).unwrap();
    damaged[0] ^= 1;
    std::fs::write(&stored, damaged).unwrap();
    for verb in [&["prune", "--yes", "--keep-files"][..], &["index", "delete", "gone", "--yes", "--keep-files"]] {
        let run = fixture.sandbox.devpi(&fixture.clone, verb);
        assert!(run.status != 0 && run.stderr.contains("sha256"), "{run}");
        let index = fixture.api.index(&fixture.user.index("gone")).unwrap();
        assert_eq!(index["volatile"], json!(false), "{verb:?}");
    }
    assert_eq!(fixture.logs(), Vec::<Value>::new(), "nothing was deleted");
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn an_index_or_a_file_that_exists_meanwhile_is_not_changed() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("gone", "gone");
    fixture.upload("gone");
    let full = fixture.user.index("gone");
    fixture.index_verb(&["delete", "gone", "--yes", "--keep-files"]).ok();
    let restore = || fixture.index_verb(&["restore", "gone"]);
    // Another repository's, one without a record, and a new one of the same branch, also under another name.
    let other = |repository: &str, branch: &str| {
        json!({"custom_data": {"git-devpi": {"schema": 1, "kind": "branch", "repository": repository, "branch": branch,
            "own_commits": true, "created": "2026-01-02T03:04:05Z"}}})
    };
    for (name, config, why) in [
        ("gone", other("other", "gone"), "its record names gone of other"),
        ("gone", other("shiny", "another"), "its record names another of shiny"),
        ("gone", json!({}), "no record of a branch"),
        ("gone", other("shiny", "gone"), "created anew at 2026-01-02"),
        ("elsewhere", other("shiny", "gone"), "it is the index of gone now"),
    ] {
        let index = fixture.user.index(name);
        fixture.api.put(&index, &config);
        let before = fixture.api.indexes(&fixture.user.name);
        restore().code(5).says(&index).says(why).says("nothing was changed");
        assert_eq!(fixture.api.indexes(&fixture.user.name), before);
        fixture.api.delete(&index);
    }
    restore().ok();
    // A file with other bytes: the first restoration was interrupted, and another machine built it again.
    fixture.api.patch(&full, &json!({"volatile": true}));
    fixture.api.delete(&format!("{full}/demo-pkg/1.0"));
    fixture.api.upload(&full, ("demo-pkg", "1.0"), ("demo_pkg-1.0-py3-none-any.whl", b"another build"));
    let another = files(&fixture, "gone");
    restore().code(5).says("with other bytes");
    assert_eq!(files(&fixture, "gone"), another);
    assert_eq!(fixture.api.index(&full).unwrap()["volatile"], json!(false));
}

#[test]
fn only_intact_files_and_readable_logs_are_restored() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("gone", "gone");
    let sha256 = fixture.upload("gone");
    fixture.index_verb(&["delete", "gone", "--yes", "--keep-files"]).ok();
    let kept = fixture.kept().join(&sha256).join("demo_pkg-1.0-py3-none-any.whl");
    std::fs::write(&kept, "other bytes").unwrap();
    fixture.index_verb(&["restore", "gone"]).code(1).says("the kept file has sha256");
    assert_eq!(files(&fixture, "gone"), []);
    // A log that was edited does not reach outside of its folder.
    let log = fixture.kept().with_extension("json");
    let text = std::fs::read_to_string(&log).unwrap();
    let outside = fixture.sandbox.path("secret-1.0.tar.gz");
    std::fs::write(&outside, "a secret").unwrap();
    std::fs::write(&log, text.replace("demo_pkg-1.0-py3-none-any.whl", outside.to_str().unwrap())).unwrap();
    fixture.index_verb(&["restore", log.to_str().unwrap()]).code(1).says("it was not kept");
    for (text, why) in [
        ("{}", "missing field"),
        ("no JSON", "expected"),
        (&text.replace(&fixture.user.name, "no/such/index"), "is not an index"),
        (&text.replace("\"branch\",", "\"claim\","), "not about the index of a branch"),
    ] {
        std::fs::write(&log, text).unwrap();
        fixture.index_verb(&["restore", log.to_str().unwrap()]).code(3).says(why);
        assert_eq!(fixture.index_verb(&["trash", "--json"]).ok().json()["deletions"], json!([]), "{text}");
    }
    let elsewhere = text.replace(DevpiServer::shared().url(), "https://devpi.example/");
    std::fs::write(&log, elsewhere).unwrap();
    fixture.index_verb(&["restore", log.to_str().unwrap()]).code(3).says("--server https://devpi.example/");
    for name in ["nothing", "nothing.json"] {
        fixture.index_verb(&["restore", name]).code(1).says("git devpi index trash");
    }
    fixture.index_verb(&["trash"]).ok().says("no deletion");
}

#[cfg(unix)]
#[test]
fn a_hook_keeps_what_the_cache_has() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("gone", "gone");
    let sha256 = fixture.upload("gone");
    let cached = format!("home/git-devpi/cache/files/{sha256}/demo_pkg-1.0-py3-none-any.whl");
    let bytes = fixture.api.bytes(&files(&fixture, "gone")[0].path);
    fixture.sandbox.write(&fixture.sandbox.path(""), &cached, std::str::from_utf8(&bytes).unwrap());
    fixture.install_hook(&fixture.clone, "post-merge");
    let colleague = fixture.colleague();
    fixture.sandbox.commit_all(&colleague, "Next");
    fixture.sandbox.git(&colleague, &["push", "--quiet", "origin", "main"]).ok();
    fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"]);
    std::fs::remove_file(fixture.sandbox.path(&cached)).unwrap();
    fixture.index_verb(&["restore", "gone"]).ok();
    assert_eq!(files(&fixture, "gone")[0].sha256, sha256);
}

#[test]
fn more_than_the_limit_is_not_kept() {
    let fixture = PruneFixture::new().without_grace();
    fixture.merged("gone", "gone");
    let sha256 = fixture.upload("gone");
    let cached = format!("home/git-devpi/cache/files/{sha256}/demo_pkg-1.0-py3-none-any.whl");
    fixture.sandbox.write(&fixture.sandbox.path(""), &cached, "");
    // A sparse file.
    let file = std::fs::File::options().write(true).open(fixture.sandbox.path(&cached)).unwrap();
    file.set_len(3 << 30).unwrap();
    let deleted = fixture.index_verb(&["delete", "gone", "--yes", "--json"]).ok().json();
    assert_eq!((&deleted["deleted"], &deleted["kept_files"]), (&json!(true), &json!(0)), "{deleted}");
    let log = PathBuf::from(deleted["log"].as_str().unwrap());
    assert!(log.is_file() && !log.with_extension("files").exists());
}
