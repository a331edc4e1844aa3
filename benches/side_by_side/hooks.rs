//! pre-push.

use crate::measure::{in_turns, median, millis, repeat, report};
use crate::place::Place;
use crate::support::{Backend, DevpiServer};

const NULL: &str = "0000000000000000000000000000000000000000";

pub fn index_known(server: &DevpiServer) {
    let place = Place::new(server, Backend::InTree);
    let pushed = Pushed::of(&place);
    pushed.run("pre-push", &pushed.line("main", NULL));
    std::fs::write(place.work.join(".git/hooks/empty"), "#!/bin/sh\n").unwrap();
    let update = pushed.line("main", &pushed.tip);
    let mut pair = None;
    let run = |hook: &str| pushed.run(hook, &update);
    let requests = place.requests(|| pair = Some(in_turns(60, || run("pre-push"), || run("empty"))));
    let budget = format!("{requests} requests; at most +5 ms, 0 requests");
    report("pre-push, index known, against an empty sh hook", pair.unwrap(), &budget);
}

pub fn new_branch(server: &DevpiServer) {
    let place = Place::new(server, Backend::InTree);
    let pushed = Pushed::of(&place);
    let mut count = 0;
    let mut times = Vec::new();
    let requests = place.requests(|| {
        times = repeat(10, || {
            count += 1;
            pushed.run("pre-push", &pushed.line(&format!("b{count}"), NULL));
        });
    });
    let each = requests as f64 / 10.0;
    println!("pre-push, new branch: {:.1} ms, {each:.1} requests (at most 3)", millis(median(times)));
}

struct Pushed<'a> {
    place: &'a Place<'a>,
    tip: String,
}

impl<'a> Pushed<'a> {
    fn of(place: &'a Place<'a>) -> Self {
        Self { place, tip: place.sandbox.git(&place.work, &["rev-parse", "HEAD"]).ok().text().to_owned() }
    }

    /// What git tells the hook.
    fn line(&self, branch: &str, before: &str) -> String {
        format!("refs/heads/{branch} {} refs/heads/{branch} {before}\n", self.tip)
    }

    fn run(&self, hook: &str, line: &str) {
        let hook = self.place.work.join(".git/hooks").join(hook);
        let words = ["sh", hook.to_str().unwrap(), "origin", self.place.remote.to_str().unwrap()];
        self.place.sandbox.run_with_input(&self.place.work, &words, line.as_bytes()).ok();
    }
}
