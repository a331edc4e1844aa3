//! `status`.

use crate::measure::{in_turns, report};
use crate::place::Place;
use crate::support::{Backend, DevpiServer, Tools};

pub fn status(server: &DevpiServer) {
    let place = Place::new(server, Backend::InTree);
    place.ensure(1);
    let index = format!("{}{}/main", server.url(), place.user.name);
    let client = place.sandbox.path("client");
    let client = client.to_str().unwrap();
    let devpi = Tools::get().bin().join("devpi");
    let devpi = |words: &[&str]| drop(place.sandbox.run(&place.work, devpi.to_str().unwrap(), words).ok());
    devpi(&["use", "--clientdir", client, &index]);
    let ours = || drop(place.sandbox.devpi(&place.work, &["status"]).ok());
    let theirs = || {
        devpi(&["index", "--clientdir", client]);
        devpi(&["list", "--clientdir", client]);
    };
    ours();
    let requests = place.requests(ours);
    let budget = format!("{requests} requests; at most 1/12, 2 requests");
    report("status, against devpi index + devpi list", in_turns(9, ours, theirs), &budget);
}
