//! `ensure` with a build, against the builder alone on the same commit.

use crate::fixture::{Fixture, remove};
use crate::measure::{Pair, in_turns, millis, report};
use crate::support::{Backend, DevpiServer, Tools};

pub fn against_uv(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::Hatchling);
    let uv = Tools::get().bin().join("uv");
    let words = [uv.to_str().unwrap(), "build", "--wheel", "--quiet", "--out-dir"];
    measure(&fixture, "uv", (9, &words));
}

pub fn against_build(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::Hatchling);
    let python = Tools::get().python();
    let words = [python.to_str().unwrap(), "-m", "build", "--wheel", "--outdir"];
    measure(&fixture, "build", (3, &words));
}

fn measure(fixture: &Fixture<'_>, builder: &str, (times, words): (usize, &[&str])) {
    fixture.sandbox.git(&fixture.work, &["config", "devpi.builder", builder]).ok();
    let out = fixture.sandbox.path("out");
    let mut number = 0;
    let mut ours = || {
        number += 1;
        let mut command = fixture.command(number, "git");
        fixture.sandbox.finish(command.args(["devpi", "ensure", "--dest", "dist"])).ok();
    };
    let theirs = || {
        remove(&out);
        fixture.sandbox.run(&fixture.work, words[0], &[&words[1..], &[out.to_str().unwrap()]].concat()).ok();
    };
    // Warms the caches of both, and creates the index.
    ours();
    theirs();
    let pair = in_turns(times, ours, theirs);
    let Pair { ours, theirs } = pair;
    let allowed = millis(theirs) * 1.1 + 150.0;
    let verdict = if millis(ours) <= allowed { "kept" } else { "missed" };
    let budget = format!("at most 1.1 times + 150 ms = {allowed:.0} ms: {verdict}");
    report(&format!("ensure with a build, against {builder} alone"), pair, &budget);
}
