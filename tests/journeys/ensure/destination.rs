//! What is in `--dest` afterwards.

use serde_json::json;

use super::stage::{Stage, listing, sha256};
use crate::support::{Backend, PythonProject};

const VERSION: &str = "1.4.57.dev0";

#[test]
fn exactly_the_package_is_left() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x");
    let dist = machine.clone.join("dist");
    stage.sandbox.write(&dist, &Stage::wheel("1.4.56.dev0"), "old");
    stage.sandbox.write(&dist, &Stage::wheel(VERSION), "not these bytes");
    let answer = machine.ensure(&["--dest", "dist"]).ok().json();
    assert_eq!(listing(&dist), [Stage::wheel(VERSION)]);
    let file = dist.join(Stage::wheel(VERSION));
    assert_eq!(answer["sha256"], sha256(&file).as_str());
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    let run = machine.devpi(&["ensure", "--dest", "dist"]).ok();
    assert_eq!(run.text(), file.to_str().unwrap(), "stdout is the path and nothing else");
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), before, "the same bytes are not touched");
    let cached = machine.devpi(&["ensure"]).ok();
    assert_eq!(sha256(cached.text().as_ref()), sha256(&file));
}

#[test]
fn a_folder_with_other_things_is_refused_before_anything_is_built() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x");
    machine.ensure(&["--dest", "."]).code(2).says("which is no package").says("--dest DIR");
    assert_eq!((stage.builds(), machine.clone.join("tox.ini").exists()), (0, true));
}

#[test]
fn several_projects_go_to_a_folder_each() {
    let stage = Stage::new();
    for name in ["one", "two"] {
        PythonProject::new().backend(Backend::InTree).name(name).write(&stage.work.join(name));
    }
    let settings = std::fs::read_to_string(stage.work.join(".git-devpi.toml")).unwrap();
    stage.sandbox.write(&stage.work, ".git-devpi.toml", &format!("{settings}project-dirs = [\"one\", \"two\"]\n"));
    stage.branch("feature/two");
    let machine = stage.machine("first", "feature/two");
    let answer = machine.ensure(&["--dest", "dist"]).ok().json();
    assert_eq!((&answer["schema"], answer["projects"].as_array().unwrap().len()), (&json!(1), 2));
    assert_eq!(listing(&machine.clone.join("dist")), ["one", "two"]);
    for name in ["one", "two"] {
        let file = format!("{name}-{VERSION}-py3-none-any.whl");
        assert_eq!(listing(&machine.clone.join("dist").join(name)), [file]);
    }
    let mut alone = machine.command(&["ensure", "--json", "--dest", "../dist2"]);
    let answer = stage.sandbox.finish(alone.current_dir(machine.clone.join("two"))).ok().json();
    assert_eq!((&answer["project"], &answer["action"]), (&json!("two"), &json!("found")));
    assert_eq!(listing(&machine.clone.join("dist2")), [format!("two-{VERSION}-py3-none-any.whl")]);
}

#[test]
fn several_at_once_on_one_folder_do_not_get_into_each_others_way() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x");
    machine.ensure(&["--number", "56", "--dest", "dist"]).ok();
    machine.ensure(&[]).ok();
    let children: Vec<_> = (0..6)
        .map(|_| machine.command(&["ensure", "--dest", "dist"]).stderr(std::process::Stdio::piped()).spawn().unwrap())
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(listing(&machine.clone.join("dist")), [Stage::wheel(VERSION)]);
    assert_eq!(stage.sandbox.git(&machine.clone, &["status", "--porcelain"]).ok().text(), "");
}
