//! `git devpi status`.

use crate::fixture::Fixture;
use crate::measure::{in_turns, report};
use crate::support::{Backend, DevpiServer, Tools};

pub fn status(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::InTree);
    fixture.ensure(1);
    let index = format!("{}{}/main", server.url(), fixture.user.name);
    let client = fixture.sandbox.path("client");
    let client = client.to_str().unwrap();
    let devpi = Tools::get().bin().join("devpi");
    let devpi = |words: &[&str]| drop(fixture.sandbox.run(&fixture.work, devpi.to_str().unwrap(), words).ok());
    devpi(&["use", "--clientdir", client, &index]);
    let ours = || drop(fixture.sandbox.devpi(&fixture.work, &["status"]).ok());
    let theirs = || {
        devpi(&["index", "--clientdir", client]);
        devpi(&["list", "--clientdir", client]);
    };
    ours();
    let requests = fixture.requests(ours);
    let budget = format!("{requests} requests; at most 1/12, 2 requests");
    report("status, against devpi index + devpi list", in_turns(9, ours, theirs), &budget);
}
