//! The contents of `--dest`.

use super::fixture::{Fixture, listing, sha256};

const VERSION: &str = "1.4.57.dev0";

#[test]
fn dest_contains_exactly_the_package() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    let dist = machine.clone.join("dist");
    fixture.sandbox.write(&dist, &Fixture::wheel("1.4.56.dev0"), "old");
    fixture.sandbox.write(&dist, &Fixture::wheel(VERSION), "not these bytes");
    let answer = machine.ensure(&["--dest", "dist"]).ok().json();
    assert_eq!(listing(&dist), [Fixture::wheel(VERSION)]);
    let file = dist.join(Fixture::wheel(VERSION));
    assert_eq!(answer["sha256"], sha256(&file).as_str());
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    let run = machine.devpi(&["ensure", "--dest", "dist"]).ok();
    assert_eq!(run.text(), file.to_str().unwrap(), "stdout is the path only");
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), before, "an identical file is not written again");
    let cached = machine.devpi(&["ensure"]).ok();
    assert_eq!(sha256(cached.text().as_ref()), sha256(&file));
}

#[test]
fn a_dest_with_other_files_is_rejected_before_the_build() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    machine.ensure(&["--dest", "."]).code(2).says("which is not a package").says("--dest DIR");
    assert_eq!((fixture.builds(), machine.clone.join("tox.ini").exists()), (0, true));
}

#[test]
fn concurrent_processes_share_one_dest() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    machine.ensure(&["--number", "56", "--dest", "dist"]).ok();
    machine.ensure(&[]).ok();
    let children: Vec<_> = (0..6)
        .map(|_| {
            machine
                .command(&["ensure", "--dest", "dist"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(listing(&machine.clone.join("dist")), [Fixture::wheel(VERSION)]);
    assert_eq!(fixture.sandbox.git(&machine.clone, &["status", "--porcelain"]).ok().text(), "");
}

#[cfg(unix)]
#[test]
fn an_unusable_dest_is_rejected_before_the_build() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    let path = |name: &str| fixture.sandbox.path(name);
    std::fs::create_dir(path("real")).unwrap();
    std::fs::write(path("file"), "text").unwrap();
    std::os::unix::fs::symlink("real", path("link")).unwrap();
    let run = machine.ensure(&["--dest", path("link").to_str().unwrap()]).code(2);
    let run = run.says(&format!("{} is a symbolic link to real", path("link").display()));
    run.says(&format!("--dest {}", path("real").display()));
    machine.ensure(&["--dest", path("file").to_str().unwrap()]).code(2).says("file is not a folder");
    machine.ensure(&["--dest", path("file/below").to_str().unwrap()]).code(2).says("file is not a folder");
    if cfg!(target_os = "linux") {
        machine.ensure(&["--dest", "/proc/self/task"]).code(3).says("/proc/self/task");
    }
    assert_eq!((fixture.builds(), listing(&path("real"))), (0, Vec::new()));
}
