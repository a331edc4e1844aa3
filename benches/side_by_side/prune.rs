//! `git devpi prune` and its table, against curl with the same requests.

use std::fmt::Write as _;

use serde_json::json;

use crate::fixture::Fixture;
use crate::measure::{Pair, median, repeat, report};
use crate::support::{Backend, DevpiServer};

/// The name of the repository, set in git's configuration.
const REPOSITORY: &str = "acme/shiny";

/// Deletes 200 of 400 indexes, against curl sending PATCH and DELETE for 200 on one connection.
pub fn prune(server: &DevpiServer) {
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..3 {
        let repository = Repository::new(server, 400, 200);
        let prune = || repository.devpi(&["prune", "--force", "--yes"]);
        let requests = repository.fixture.requests(|| ours.extend(repeat(1, prune)));
        println!("prune of 200 of 400: {requests} requests");
        // The 200 of the branches that the remote has, main's, topic's and the production index.
        let left = repository.fixture.api().index_names(&repository.fixture.user.name).len();
        assert!((200..=203).contains(&left), "{left} indexes are left");
        let curl = Repository::new(server, 400, 200);
        theirs.extend(repeat(1, || curl.delete_with_curl(200)));
    }
    let pair = Pair { ours: median(ours), theirs: median(theirs) };
    report("prune of 200 of 400, against curl sending PATCH and DELETE", pair, "at most 1.3 times");
}

/// The tables of 500 indexes that can go.
pub fn tables(server: &DevpiServer) {
    let repository = Repository::new(server, 500, 500);
    for words in [["prune", "--dry-run"], ["status", "--all"]] {
        let mut times = Vec::new();
        let requests = repository.fixture.requests(|| times = repeat(5, || repository.devpi(&words)));
        let time = median(times).as_secs_f64();
        println!("{} with 500 to delete: {time:.2} s, {} requests (at most 1 s)", words.join(" "), requests / 5);
    }
}

/// A repository with indexes of branches.
struct Repository<'a> {
    fixture: Fixture<'a>,
}

impl<'a> Repository<'a> {
    /// Creates `count` indexes; the remote does not have the branches of the first `gone`.
    fn new(server: &'a DevpiServer, count: usize, gone: usize) -> Self {
        let fixture = Fixture::new(server, Backend::InTree);
        let api = fixture.api();
        let git = |words: &[&str]| fixture.sandbox.git(&fixture.work, words).ok();
        git(&["config", "--global", "devpi.repository", REPOSITORY]);
        git(&["switch", "--quiet", "--create", "topic"]);
        git(&["commit", "--quiet", "--allow-empty", "-m", "own"]);
        git(&["push", "--quiet", "origin", "topic"]);
        let tip = git(&["rev-parse", "HEAD"]).text().to_owned();
        git(&["switch", "--quiet", "main"]);
        let mut refs = String::new();
        for number in 0..count {
            let record = json!({"schema": 1, "kind": "branch", "repository": REPOSITORY, "branch": format!("b/{number}"),
                "own_commits": true, "created": "2020-01-02T03:04:05Z"});
            let config = json!({"volatile": false, "bases": [], "custom_data": {"git-devpi": record}});
            api.put(&fixture.user.index(&format!("b-{number}")), &config);
            if number >= gone {
                writeln!(refs, "create refs/heads/b/{number} {tip}").unwrap();
            }
        }
        fixture.sandbox.run_with_input(&fixture.remote, &["git", "update-ref", "--stdin"], refs.as_bytes()).ok();
        Self { fixture }
    }

    fn devpi(&self, words: &[&str]) {
        self.fixture.sandbox.devpi(&self.fixture.work, words).ok();
    }

    /// Sends PATCH and DELETE for the first `count` indexes on one connection.
    fn delete_with_curl(&self, count: usize) {
        let api = self.fixture.api();
        let mut config = String::new();
        for number in 0..count {
            let url = format!("{}{}", self.fixture.server.url(), self.fixture.user.index(&format!("b-{number}")));
            for (method, data) in [("PATCH", Some(r#"["volatile=True"]"#)), ("DELETE", None)] {
                writeln!(config, "url = \"{url}\"\nrequest = {method}\nsilent\nfail\noutput = /dev/null").unwrap();
                writeln!(config, "user = {:?}", format!("{}:{}", self.fixture.user.name, api.token())).unwrap();
                if let Some(data) = data {
                    writeln!(config, "header = \"Content-Type: application/json\"\ndata = {data:?}").unwrap();
                }
                config.push_str("next\n");
            }
        }
        let config = config.trim_end_matches("next\n");
        let path = self.fixture.sandbox.path("curl");
        std::fs::write(&path, config).unwrap();
        self.fixture.sandbox.run(&self.fixture.work, "curl", &["--config", path.to_str().unwrap()]).ok();
    }
}
