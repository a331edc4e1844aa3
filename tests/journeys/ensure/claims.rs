//! The claim: many machines at once build once, also when the one that builds is killed, stopped or fails.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::stage::{Machine, PROJECT, Stage};

const VERSION: &str = "1.4.57.dev0";
const INDEX: &str = "feature-x";

/// Starts `ensure` in a process group of its own, with a file of its own for the marks of its builds.
fn start(machine: &Machine<'_>, name: &str) -> Child {
    let mut command = machine.command(&["ensure", "--json", "--dest", "dist"]);
    command.env("BUILD_MARKS", machine.stage.sandbox.path(&format!("marks-{name}")));
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn builds(stage: &Stage, name: &str) -> usize {
    std::fs::read_to_string(stage.sandbox.path(&format!("marks-{name}"))).unwrap_or_default().lines().count()
}

fn signal(child: &Child, signal: &str) {
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args([signal, "--", &group]).status().unwrap().success());
}

/// Waits until one of the machines builds; gives its position.
fn builder(stage: &Stage, names: &[String]) -> usize {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        if let Some(position) = names.iter().position(|name| builds(stage, name) > 0) {
            return position;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("nobody builds");
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("machine{n}")).collect()
}

fn finish(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[track_caller]
fn sha256_of(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["sha256"].as_str().unwrap().to_owned()
}

fn claims(stage: &Stage) -> Vec<String> {
    stage.api.index_names(&stage.user.name).into_iter().filter(|name| name.contains(".claim-")).collect()
}

#[track_caller]
fn one_release(stage: &Stage, outputs: &[Output]) {
    let mut shas: Vec<_> = outputs.iter().map(sha256_of).collect();
    shas.dedup();
    assert_eq!(shas.len(), 1, "{shas:?}");
    assert_eq!(stage.files(INDEX, VERSION), [(Stage::wheel(VERSION), shas[0].clone())]);
    assert_eq!(stage.provenance(INDEX, VERSION).len(), 1);
    assert_eq!(claims(stage), Vec::<String>::new());
}

#[test]
fn eight_machines_build_once() {
    let mut stage = Stage::new();
    stage.sandbox.set("BUILD_SECONDS", "3");
    let names = names(8);
    let machines: Vec<_> = names.iter().map(|name| stage.machine(name, "feature/x")).collect();
    let children: Vec<_> = machines.iter().zip(&names).map(|(machine, name)| start(machine, name)).collect();
    let outputs: Vec<_> = children.into_iter().map(finish).collect();
    one_release(&stage, &outputs);
    let built: usize = names.iter().map(|name| builds(&stage, name)).sum();
    assert_eq!(built, 1, "built more than once");
}

#[test]
fn the_work_of_a_builder_that_is_killed_is_taken_over() {
    let mut stage = Stage::new();
    stage.sandbox.set("BUILD_SECONDS", "3");
    let names = names(4);
    let machines: Vec<_> = names.iter().map(|name| stage.machine(name, "feature/x")).collect();
    let mut children: Vec<_> = machines.iter().zip(&names).map(|(machine, name)| start(machine, name)).collect();
    let victim = builder(&stage, &names);
    assert_eq!(claims(&stage).len(), 1);
    signal(&children[victim], "-KILL");
    finish(children.remove(victim));
    let outputs: Vec<_> = children.into_iter().map(finish).collect();
    one_release(&stage, &outputs);
    let built: usize = names.iter().map(|name| builds(&stage, name)).sum();
    assert_eq!(built, 2, "one that was killed, and one that took over");
}

#[test]
fn a_builder_that_is_told_to_stop_takes_its_claim_away() {
    let mut stage = Stage::new();
    stage.sandbox.set("BUILD_SECONDS", "30");
    let names = names(1);
    let machine = stage.machine(&names[0], "feature/x");
    let child = start(&machine, &names[0]);
    builder(&stage, &names);
    assert_eq!(claims(&stage).len(), 1);
    signal(&child, "-TERM");
    finish(child);
    let started = Instant::now();
    while !claims(&stage).is_empty() && started.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(claims(&stage), Vec::<String>::new());
    assert!(stage.files(INDEX, VERSION).is_empty());
}

#[test]
fn who_waits_for_a_build_that_fails_fails_with_it_and_a_fresh_one_builds_anew() {
    let mut stage = Stage::new();
    let backend = std::fs::read_to_string(stage.work.join("backend/in_tree.py")).unwrap();
    let failing = "\nplain_wheel = build_wheel\ndef build_wheel(d, c=None, m=None):\n    name = plain_wheel(d)\n    \
                   if os.environ.get('FAIL'):\n        raise SystemExit('broken on purpose')\n    return name\n";
    stage.sandbox.write(&stage.work, "backend/in_tree.py", &format!("{backend}{failing}"));
    stage.sandbox.commit_all(&stage.work, "may fail");
    stage.sandbox.git(&stage.work, &["push", "--quiet"]).ok();
    stage.sandbox.set("BUILD_SECONDS", "4");
    let names = names(2);
    let machines: Vec<_> = names.iter().map(|name| stage.machine(name, "feature/x").set("FAIL", "1")).collect();
    let children: Vec<_> = machines.iter().zip(&names).map(|(machine, name)| start(machine, name)).collect();
    let outputs: Vec<_> = children.into_iter().map(finish).collect();
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    for output in &outputs {
        assert_eq!(output.status.code(), Some(7), "{}", said(output));
    }
    assert_eq!(names.iter().map(|name| builds(&stage, name)).sum::<usize>(), 1);
    assert!(outputs.iter().any(|output| said(output).contains("broken on purpose")));
    assert!(outputs.iter().any(|output| said(output).contains("failed on another machine")));

    stage.sandbox.set("BUILD_SECONDS", "0");
    let healthy = stage.machine("healthy", "feature/x");
    one_release(&stage, &[finish(start(&healthy, "healthy"))]);
}

#[test]
fn somebody_elses_index_under_a_claims_name_is_passed_over() {
    let mut stage = Stage::new();
    stage.sandbox.set("BUILD_SECONDS", "30");
    let names = names(1);
    let machine = stage.machine(&names[0], "feature/x");
    let child = start(&machine, &names[0]);
    builder(&stage, &names);
    let name = claims(&stage).remove(0);
    signal(&child, "-KILL");
    finish(child);
    let foreign = stage.user.index(&name);
    stage.api.patch(&foreign, &serde_json::json!({ "custom_data": {}, "title": "not ours" }));
    stage.sandbox.set("BUILD_SECONDS", "0");
    let other = stage.machine("other", "feature/x");
    sha256_of(&finish(start(&other, "other")));
    assert_eq!(stage.files(INDEX, VERSION).len(), 1);
    assert_eq!(claims(&stage), [name], "it is left alone, and ours is gone");
}

#[test]
fn of_two_commits_with_one_number_one_is_published_and_the_other_told() {
    let mut stage = Stage::new();
    stage.sandbox.set("BUILD_SECONDS", "1");
    let first = stage.machine("first", "feature/x");
    stage.sandbox.write(&stage.work, "more", "more");
    stage.sandbox.commit_all(&stage.work, "More");
    stage.sandbox.git(&stage.work, &["push", "--quiet"]).ok();
    let second = stage.machine("second", "feature/x");
    let children = [start(&first, "first"), start(&second, "second")];
    let outputs = children.map(finish);
    let codes: Vec<_> = outputs.iter().map(|output| output.status.code().unwrap()).collect();
    assert!(codes == [0, 5] || codes == [5, 0], "{codes:?} {}", String::from_utf8_lossy(&outputs[1].stderr));
    let told = outputs.iter().find(|output| output.status.code() == Some(5)).unwrap();
    let message = String::from_utf8_lossy(&told.stderr).into_owned();
    for machine in [&first, &second] {
        assert!(message.contains(&machine.commit()[..7]), "{message}");
    }
    let published = stage.provenance(INDEX, VERSION);
    let winner = if codes[0] == 0 { &first } else { &second };
    assert_eq!(published.len(), 1, "{published:?}");
    assert_eq!(published[0]["commit"], winner.commit().as_str());
    assert_eq!(stage.api.files(&stage.user.index(INDEX), PROJECT, VERSION).len(), 1);
}
