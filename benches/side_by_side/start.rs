//! The start of the program, against git.

use std::path::Path;

use crate::measure::{Pair, median, repeat, report};
use crate::support::{DevpiServer, Sandbox};

/// Other builds of the program to measure in the same run, separated as in PATH: `GIT_DEVPI_BENCH_PROGRAMS=a/git-devpi:b/git-devpi`.
const PROGRAMS: &str = "GIT_DEVPI_BENCH_PROGRAMS";

const ROUNDS: usize = 150;

pub fn start(_server: &DevpiServer) {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let mut programs = vec![env!("CARGO_BIN_EXE_git-devpi").to_owned()];
    if let Some(others) = std::env::var_os(PROGRAMS) {
        programs.extend(std::env::split_paths(&others).map(|path| path.to_str().unwrap().to_owned()));
    }
    // Each round starts git and every program once, so that other load affects all of them.
    let mut times = vec![Vec::new(); programs.len()];
    let mut git = Vec::new();
    for _ in 0..ROUNDS {
        git.extend(repeat(1, || drop(sandbox.run(&home, "git", &["--version"]).ok())));
        for (program, times) in programs.iter().zip(&mut times) {
            times.extend(repeat(1, || drop(sandbox.run(&home, program, &["--version"]).ok())));
        }
    }
    let theirs = median(git);
    for (program, times) in programs.iter().zip(times) {
        let name = Path::new(program).strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(Path::new(program)).display();
        report(
            &format!("start of {name}, against git --version"),
            Pair { ours: median(times), theirs },
            "at most 1.15 times",
        );
    }
}
