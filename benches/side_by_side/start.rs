//! The start of the program, against git.

use crate::measure::{in_turns, report};
use crate::support::{DevpiServer, Sandbox};

pub fn start(_server: &DevpiServer) {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let ours = || drop(sandbox.run(&home, "git-devpi", &["--version"]).ok());
    let theirs = || drop(sandbox.run(&home, "git", &["--version"]).ok());
    report("start, against git --version", in_turns(100, ours, theirs), "at most 1.3 times");
}
