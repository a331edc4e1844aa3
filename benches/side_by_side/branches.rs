//! Which branches are merged, in a long history, against `git for-each-ref --merged`.

use std::fmt::Write as _;

use git_devpi::git::Repository;
use git_devpi::model::names::CommitId;
use git_devpi::model::staleness::Containment;
use git_devpi::system::environment::Environment;

use crate::measure::{in_turns, report};
use crate::support::{DevpiServer, Sandbox};

const COMMITS: usize = 80_000;
const BRANCHES: usize = 1_000;

/// 1,000 branches, half of them merged, in a history of 80,000 commits.
pub fn merged(_server: &DevpiServer) {
    let sandbox = Sandbox::new();
    let folder = sandbox.bare_remote("long.git");
    sandbox.run_with_input(&folder, &["git", "fast-import", "--quiet"], history().as_bytes()).ok();
    let list = sandbox.git(&folder, &["for-each-ref", "--format=%(objectname)", "refs/heads/b"]).ok();
    let tips: Vec<CommitId> = list.text().lines().map(|line| CommitId::parse(line).unwrap()).collect();
    let main = CommitId::parse(sandbox.git(&folder, &["rev-parse", "main"]).ok().text()).unwrap();
    let environment = Environment::from_process();
    let ours = || {
        let repository = Repository::open(&folder, &environment).unwrap();
        let answers = repository.contained_in(&tips, std::slice::from_ref(&main)).unwrap();
        assert_eq!(answers.values().filter(|answer| **answer == Containment::Yes).count(), BRANCHES / 2);
    };
    let theirs = || drop(sandbox.git(&folder, &["for-each-ref", "--merged=main", "refs/heads/b"]).ok());
    report(
        "1,000 branches in 80,000 commits, against for-each-ref --merged",
        in_turns(9, ours, theirs),
        "at most 1.3 times",
    );
    sandbox.git(&folder, &["commit-graph", "write", "--reachable"]).ok();
    report("the same with a commit-graph", in_turns(9, ours, theirs), "at most 1.3 times");
}

/// A stream for `git fast-import`: every 160th commit is the tip of a merged branch, and has a child that is the tip of another branch.
fn history() -> String {
    let mut stream = String::new();
    let mut commit = |reference: &str, number: usize, from: Option<usize>| {
        writeln!(
            stream,
            "commit {reference}\nmark :{number}\ncommitter T <t@example.invalid> {} +0000\ndata 1\nx",
            1_700_000_000 + number
        )
        .unwrap();
        if let Some(from) = from {
            writeln!(stream, "from :{from}").unwrap();
        }
    };
    for number in 1..=COMMITS {
        commit("refs/heads/main", number, (number > 1).then(|| number - 1));
    }
    let every = COMMITS / (BRANCHES / 2);
    for branch in 1..=BRANCHES / 2 {
        commit(&format!("refs/heads/b/live{branch}"), COMMITS + branch, Some(branch * every));
    }
    for branch in 1..=BRANCHES / 2 {
        writeln!(stream, "reset refs/heads/b/merged{branch}\nfrom :{}\n", branch * every).unwrap();
    }
    stream
}
