//! From `tox -e unit` to the first test command in a fresh work folder: plain tox, which builds its own wheel, against the ways in which it
//! gets the file of `git devpi ensure` that the index has.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use git_devpi::python::tox_setup::{SetupPlan, ToxWay, plan};

use crate::fixture::{Fixture, remove};
use crate::measure::{Pair, median, report};
use crate::support::{Backend, DevpiServer, Tools};

/// The first test command writes the file `started`.
const TOX_INI: &str = "[tox]\nenv_list = unit\n\n[testenv]\npackage = wheel\n\
    commands = python -c \"import demo_pkg, pathlib; pathlib.Path('started').touch()\"\n";

/// A way to give tox its package.
struct Way {
    name: &'static str,
    tox: Tools,
    /// The files beside the project.
    files: Vec<(PathBuf, String)>,
}

pub fn tox(server: &DevpiServer) {
    for (name, pins) in
        [("tox", Tools::pins("tox")), ("tox-uv", format!("{}{}", Tools::pins("tox"), Tools::pins("tox-uv")))]
    {
        measure(server, name, &pins);
    }
}

fn measure(server: &DevpiServer, name: &str, pins: &str) {
    let fixture = Fixture::new(server, Backend::Hatchling);
    let plugin = Tools::tox_with_plugin(pins);
    let plain = || vec![(PathBuf::from("tox.ini"), TOX_INI.to_owned())];
    let required = TOX_INI.replace("[tox]\n", "[tox]\nrequires =\n  git-devpi\n  tox-uv\n");
    let required = if name == "tox" { required.replace("  tox-uv\n", "") } else { required };
    let ways = [
        Way { name: "plain tox", tox: Tools::tox(pins), files: plain() },
        Way { name: "snippet", tox: Tools::tox(pins), files: snippet() },
        Way { name: "plugin beside tox", tox: plugin, files: plain() },
        Way { name: "plugin by requires", tox: Tools::tox(pins), files: vec![("tox.ini".into(), required)] },
    ];
    // A numbered build refuses changes of tracked files.
    fixture.sandbox.git(&fixture.work, &["rm", "--quiet", "tox.ini"]).ok();
    std::fs::write(fixture.work.join(".git/info/exclude"), "tox.ini\ntoxfile.py\nstarted\nbuild\ndist\n").unwrap();
    fixture.sandbox.commit_all(&fixture.work, "Another tox.ini for each way");
    fixture.ensure(1);
    let mut times: Vec<Vec<Duration>> = ways.iter().map(|_| Vec::new()).collect();
    // The first round fills the caches of pip and uv.
    for round in 0..8 {
        for (way, times) in ways.iter().zip(&mut times) {
            let time = first_command(&fixture, way);
            if round > 0 {
                times.push(time);
            }
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    for (way, ours) in ways.iter().zip(&medians).skip(1) {
        let budget = match (way.name, name) {
            ("plugin beside tox", "tox") => "budget 0.5",
            ("plugin beside tox", _) => "budget 0.4",
            _ => "no budget",
        };
        report(
            &format!("{name}, {}, to the first test command", way.name),
            Pair { ours: *ours, theirs: medians[0] },
            budget,
        );
    }
}

/// The configuration with the snippet, and `toxfile.py`.
fn snippet() -> Vec<(PathBuf, String)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tox.ini"), TOX_INI).unwrap();
    let SetupPlan::Edits(edits) = plan(folder.path(), ToxWay::Snippet).unwrap() else { panic!("no snippet") };
    edits.into_iter().map(|edit| (edit.path.file_name().unwrap().into(), edit.after.unwrap())).collect()
}

fn first_command(fixture: &Fixture<'_>, way: &Way) -> Duration {
    for name in [".tox", "toxfile.py", "started", "build"] {
        let path = fixture.work.join(name);
        if path.is_dir() { remove(&path) } else { drop(std::fs::remove_file(path)) }
    }
    for (name, text) in &way.files {
        std::fs::write(fixture.work.join(name), text).unwrap();
    }
    let wheels = Tools::plugin_wheel();
    let wheels = wheels.parent().and_then(Path::to_str).unwrap();
    let mut command: Command = fixture.command(1, way.tox.bin().join("tox").to_str().unwrap());
    command.args(["-e", "unit"]).env("PIP_FIND_LINKS", wheels).env("UV_FIND_LINKS", wheels);
    command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    let began = SystemTime::now();
    fixture.sandbox.finish(&mut command).ok();
    std::fs::metadata(fixture.work.join("started")).unwrap().modified().unwrap().duration_since(began).unwrap()
}
