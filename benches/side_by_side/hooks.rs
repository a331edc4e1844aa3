//! The pre-push hook, for known and new branches.

use crate::fixture::Fixture;
use crate::measure::{in_turns, median, millis, repeat, report};
use crate::support::{Backend, DevpiServer};

const NULL: &str = "0000000000000000000000000000000000000000";

pub fn index_known(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::InTree);
    // Not the release branch: after a push of that one a background process cleans up.
    let git = |words: &[&str]| drop(fixture.sandbox.git(&fixture.work, words).ok());
    git(&["checkout", "-q", "-b", "topic"]);
    git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    let first = Pushed::of(&fixture);
    first.run("pre-push", &first.line("topic", NULL));
    git(&["commit", "-q", "--allow-empty", "-m", "second"]);
    let pushed = Pushed::of(&fixture);
    std::fs::write(fixture.work.join(".git/hooks/empty"), "#!/bin/sh\n").unwrap();
    let update = pushed.line("topic", &first.tip);
    let mut pair = None;
    let run = |hook: &str| pushed.run(hook, &update);
    let requests = fixture.requests(|| pair = Some(in_turns(60, || run("pre-push"), || run("empty"))));
    let budget = format!("{requests} requests; at most +5 ms, 0 requests");
    report("pre-push, index known, against an empty sh hook", pair.unwrap(), &budget);
}

pub fn new_branch(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::InTree);
    let pushed = Pushed::of(&fixture);
    // As git does after each push. A known branch without a remote-tracking branch would count as deleted, and start the finisher.
    for number in 1..=10 {
        fixture
            .sandbox
            .git(&fixture.work, &["update-ref", &format!("refs/remotes/origin/b{number}"), &pushed.tip])
            .ok();
    }
    let mut count = 0;
    let mut times = Vec::new();
    let requests = fixture.requests(|| {
        times = repeat(10, || {
            count += 1;
            pushed.run("pre-push", &pushed.line(&format!("b{count}"), NULL));
        });
    });
    let each = requests as f64 / 10.0;
    println!("pre-push, new branch: {:.1} ms, {each:.1} requests (at most 3)", millis(median(times)));
}

struct Pushed<'a> {
    fixture: &'a Fixture<'a>,
    tip: String,
}

impl<'a> Pushed<'a> {
    fn of(fixture: &'a Fixture<'a>) -> Self {
        Self { fixture, tip: fixture.sandbox.git(&fixture.work, &["rev-parse", "HEAD"]).ok().text().to_owned() }
    }

    /// A line of the hook's stdin.
    fn line(&self, branch: &str, before: &str) -> String {
        format!("refs/heads/{branch} {} refs/heads/{branch} {before}\n", self.tip)
    }

    fn run(&self, hook: &str, line: &str) {
        let hook = self.fixture.work.join(".git/hooks").join(hook);
        let words = ["sh", hook.to_str().unwrap(), "origin", self.fixture.remote.to_str().unwrap()];
        self.fixture.sandbox.run_with_input(&self.fixture.work, &words, line.as_bytes()).ok();
    }
}
