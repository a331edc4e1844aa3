//! The cache: its files are checked before use, its size is limited, and local versions are built once per commit.

#[cfg(unix)]
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
#[cfg(unix)]
use std::time::{Duration, SystemTime};

use super::fixture::{Fixture, Machine, listing, sha256};

#[cfg(unix)]
const HOUR: u64 = 60 * 60;
#[cfg(unix)]
const DAY: u64 = 24 * HOUR;

/// A developer's machine: local versions, no server.
fn developer<'a>(fixture: &'a Fixture, name: &str) -> Machine<'a> {
    let machine = fixture.machine(name, "feature/x").unset("BUILD_NUMBER").unset("GIT_DEVPI_PASSWORD").set("CI", "");
    machine.set("GIT_DEVPI_SERVER", "http://127.0.0.1:9/")
}

fn flip_a_byte(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[cfg(unix)]
fn set_age(path: &Path, seconds: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
}

/// A sparse file in the cache, last used `age` seconds ago.
#[cfg(unix)]
fn old_file(machine: &Machine<'_>, name: &str, (size, age): (u64, u64)) -> std::path::PathBuf {
    let folder = machine.home.join("cache/files").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("x-1-py3-none-any.whl");
    File::create(&path).unwrap().set_len(size).unwrap();
    set_age(&path, age);
    set_folder_age(&folder, age);
    path
}

#[cfg(unix)]
fn set_folder_age(folder: &Path, seconds: u64) {
    File::open(folder).unwrap().set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
}

#[test]
fn a_damaged_file_in_the_cache_is_fetched_again() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    let answer = machine.ensure(&[]).ok().json();
    let cached = Path::new(answer["path"].as_str().unwrap());
    for arguments in [&[][..], &["--dest", "dist"]] {
        flip_a_byte(cached);
        let again = machine.ensure(arguments).ok().json();
        assert_eq!(again["sha256"], answer["sha256"]);
        assert_eq!(sha256(again["path"].as_str().unwrap().as_ref()), answer["sha256"].as_str().unwrap());
        assert_eq!(sha256(cached), answer["sha256"].as_str().unwrap(), "the cache is repaired");
    }
    std::fs::remove_dir_all(machine.home.join("cache")).unwrap();
    machine.ensure(&["--dest", "other"]).ok();
    assert_eq!(fixture.builds(), 1);
}

#[test]
fn a_local_version_is_built_once_per_commit() {
    let fixture = Fixture::new();
    let machine = developer(&fixture, "first");
    let first = machine.ensure(&["--dest", "../one"]).ok().json();
    let again = machine.ensure(&["--dest", "../two"]).ok().says("which was built on this machine before");
    assert_eq!((&again.json()["sha256"], fixture.builds()), (&first["sha256"], 1));
    assert_eq!(sha256(again.json()["path"].as_str().unwrap().as_ref()), first["sha256"].as_str().unwrap());
    assert_eq!(machine.ensure(&[]).ok().json()["sha256"], first["sha256"]);

    let old = machine.commit();
    fixture.sandbox.write(&machine.clone, "notes/more", "x");
    fixture.sandbox.commit_all(&machine.clone, "More");
    assert_ne!(machine.ensure(&[]).ok().json()["sha256"], first["sha256"]);
    assert_eq!(fixture.builds(), 2);
    fixture.sandbox.git(&machine.clone, &["checkout", "--quiet", &old]).ok();
    assert_eq!(machine.ensure(&[]).ok().json()["sha256"], first["sha256"]);
    assert_eq!(fixture.builds(), 2);
}

#[test]
fn a_damaged_local_build_in_the_cache_is_built_again() {
    let fixture = Fixture::new();
    let machine = developer(&fixture, "first");
    let first = machine.ensure(&[]).ok().json();
    let cached = first["path"].as_str().unwrap();
    flip_a_byte(cached.as_ref());
    let again = machine.ensure(&["--dest", "../dist"]).ok().json();
    assert_eq!((fixture.builds(), again["path"] == first["path"]), (2, false));
    assert_eq!(sha256(again["path"].as_str().unwrap().as_ref()), again["sha256"].as_str().unwrap());
    assert_eq!(machine.ensure(&[]).ok().json()["sha256"], again["sha256"]);
    for note in listing(&machine.home.join("cache/local")) {
        std::fs::write(machine.home.join("cache/local").join(note), "no note").unwrap();
    }
    machine.ensure(&[]).ok();
    assert_eq!(fixture.builds(), 3);
}

#[test]
fn a_record_of_another_version_is_not_used() {
    let fixture = Fixture::new();
    let machine = developer(&fixture, "first");
    let first = machine.ensure(&[]).ok().json();
    let folder = machine.home.join("cache/local");
    let record = std::fs::read(folder.join(&listing(&folder)[0])).unwrap();
    fixture.sandbox.write(&machine.clone, "notes/more", "x");
    fixture.sandbox.commit_all(&machine.clone, "More");
    machine.ensure(&[]).ok();
    for name in listing(&folder) {
        std::fs::write(folder.join(name), &record).unwrap();
    }
    let second = machine.ensure(&[]).ok().json();
    assert_eq!(fixture.builds(), 3);
    assert_ne!((&second["version"], &second["file"]), (&first["version"], &first["file"]));
}

#[test]
fn uncommitted_changes_are_built_each_time() {
    let fixture = Fixture::new();
    let machine = developer(&fixture, "first");
    machine.ensure(&[]).ok();
    for build in 2..4 {
        fixture.sandbox.write(&machine.clone, "src/demo_pkg/more.py", &format!("N = {build}\n"));
        let answer = machine.ensure(&[]).ok().json();
        assert!(answer["version"].as_str().unwrap().ends_with(".dirty"), "{answer}");
        assert_eq!(fixture.builds(), build);
    }
    std::fs::remove_file(machine.clone.join("src/demo_pkg/more.py")).unwrap();
    machine.ensure(&[]).ok();
    assert_eq!(fixture.builds(), 3);
}

#[test]
fn concurrent_processes_build_a_local_version_once() {
    let fixture = Fixture::new();
    let machine = developer(&fixture, "first").set("BUILD_SECONDS", "1");
    let start = |n: usize| {
        let dest = format!("../dist{n}");
        let mut command = machine.command(&["ensure", "--json", "--dest", &dest]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let outputs: Vec<_> =
        (0..4).map(start).collect::<Vec<_>>().into_iter().map(|c| c.wait_with_output().unwrap()).collect();
    let mut sums: Vec<String> = Vec::new();
    for output in outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        sums.push(sha256(answer["path"].as_str().unwrap().as_ref()));
    }
    sums.dedup();
    assert_eq!((sums.len(), fixture.builds()), (1, 1));
}

#[cfg(unix)]
#[test]
fn the_least_recently_used_files_are_evicted() {
    const SIZE: u64 = 900 << 20;
    let fixture = Fixture::new();
    let machine = developer(&fixture, "first");
    let file = |name: &str, age: u64| old_file(&machine, name, (SIZE, age));
    let files = [file("a", 5 * DAY), file("b", 3 * DAY), file("c", 2 * DAY), file("d", 20 * HOUR)];
    let there = || files.iter().map(|file| file.exists()).collect::<Vec<_>>();
    let first = machine.ensure(&[]).ok().json();
    assert_eq!(there(), [false, false, true, true]);
    let left = listing(&machine.home.join("cache"));
    assert_eq!(left, ["files", "local", "thinned"], "no temporary files are left");

    // Eviction runs once an hour at most.
    file("e", 4 * DAY);
    fixture.sandbox.write(&machine.clone, "notes/more", "x");
    fixture.sandbox.commit_all(&machine.clone, "More");
    machine.ensure(&[]).ok();
    assert!(machine.home.join("cache/files/e").exists());
    set_age(&machine.home.join("cache/thinned"), 2 * HOUR);
    // A cache hit does not evict, and updates the time of the last use.
    let used = Path::new(first["path"].as_str().unwrap());
    set_age(used, 50 * DAY);
    set_folder_age(used.parent().unwrap(), 50 * DAY);
    fixture.sandbox.git(&machine.clone, &["checkout", "--quiet", "HEAD~1"]).ok();
    machine.ensure(&[]).ok();
    assert!(machine.home.join("cache/files/e").exists());
    fixture.sandbox.write(&machine.clone, "notes/much more", "x");
    fixture.sandbox.commit_all(&machine.clone, "Much more");
    machine.ensure(&[]).ok();
    assert!(!machine.home.join("cache/files/e").exists() && used.exists());
    assert_eq!(there(), [false, false, true, true]);
}
