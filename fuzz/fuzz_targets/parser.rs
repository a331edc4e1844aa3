//! Runs the parser that the variable `PARSER` names; `fuzz/run.sh` runs all.

#![no_main]

use std::sync::LazyLock;

use git_devpi::fuzz_targets;
use libfuzzer_sys::fuzz_target;

static PARSER: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("PARSER").unwrap_or_default();
    let found = fuzz_targets::all().into_iter().find(|(target, _)| *target == name);
    found.unwrap_or_else(|| panic!("PARSER={name:?} is no parser of git_devpi::fuzz_targets")).1
});

fuzz_target!(|bytes: &[u8]| PARSER(bytes));
