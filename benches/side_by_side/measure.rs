//! Taking times, in turns, and saying what came out.

use std::process::Command;
use std::time::{Duration, Instant};

/// What a turn of each took.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub ours: Duration,
    pub theirs: Duration,
}

/// How long each of several runs took.
pub fn repeat(times: usize, mut what: impl FnMut()) -> Vec<Duration> {
    let mut one = || {
        let started = Instant::now();
        what();
        started.elapsed()
    };
    (0..times).map(|_| one()).collect()
}

/// Runs both in turns, so that what disturbs one disturbs the other; medians.
pub fn in_turns(times: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> Pair {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..times {
        our_times.extend(repeat(1, &mut ours));
        their_times.extend(repeat(1, &mut theirs));
    }
    Pair { ours: median(our_times), theirs: median(their_times) }
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// One line: what was measured, what came out, and the budget.
pub fn report(what: &str, pair: Pair, budget: &str) {
    let Pair { ours, theirs } = pair;
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!(
        "{what}: {:.1} ms against {:.1} ms, ratio {ratio:.2}, {:+.1} ms ({budget})",
        millis(ours),
        millis(theirs),
        millis(ours) - millis(theirs)
    );
}

/// Runs a command to its end; gives the most memory that this very process had, in MB, as the kernel counts it.
pub fn peak_memory(command: &mut Command) -> f64 {
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    loop {
        // Read until it is gone: the last figure is the highest.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = kilobytes.unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}");
            return peak as f64 / 1024.0;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
