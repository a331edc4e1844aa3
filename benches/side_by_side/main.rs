//! Benchmarks of git-devpi against a command with the same effect, in one run, alternating.
//!
//! `cargo bench` prints a line for each budget: medians, their ratio, and the requests that the server answered. Absolute times say
//! little about another machine; the ratios do. `cargo bench --bench side_by_side -- ensure` runs those whose name has `ensure` in it.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../../tests/support/mod.rs"]
mod support;

mod branches;
mod build;
mod ensure;
mod fixture;
mod growth;
mod hooks;
mod large;
mod measure;
mod promote;
mod prune;
mod slow_line;
mod start;
mod status;
mod tox;

use support::DevpiServer;

/// Runs and prints one measurement. Most use the shared server.
type Measurement = fn(&DevpiServer);

/// The measurements by name, the fastest first.
const MEASUREMENTS: [(&str, Measurement); 20] = [
    ("start", start::start),
    ("pre-push-known", hooks::index_known),
    ("pre-push-new", hooks::new_branch),
    ("status", status::status),
    ("promote-requests", promote::promote),
    ("promote-push", promote::against_push),
    ("results-requests", promote::results),
    ("ensure-hit", ensure::hit),
    ("ensure-requests", ensure::requests),
    ("ensure-waiting", ensure::waiting),
    ("ensure-indexes", ensure::many_indexes),
    ("ensure-build-uv", build::against_uv),
    ("ensure-build-build", build::against_build),
    ("merged-branches", branches::merged),
    ("prune-tables", prune::tables),
    ("prune-200", prune::prune),
    ("slow-line", slow_line::verbs),
    ("tox", tox::tox),
    ("growth", growth::growth),
    ("large", large::large),
];

fn main() {
    // cargo adds the argument `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let server = DevpiServer::own();
    for (name, measure) in MEASUREMENTS {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            measure(&server);
        }
    }
}
