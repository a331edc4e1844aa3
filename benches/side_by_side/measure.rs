//! Alternating measurements and their report.

use std::process::Command;
use std::time::{Duration, Instant};

/// The medians of both sides.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub ours: Duration,
    pub theirs: Duration,
}

/// Runs `what` several times; returns the durations.
pub fn repeat(times: usize, mut what: impl FnMut()) -> Vec<Duration> {
    let mut one = || {
        let started = Instant::now();
        what();
        started.elapsed()
    };
    (0..times).map(|_| one()).collect()
}

/// Runs both sides alternately, so that other load affects both; returns the medians.
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

/// Prints one line: the name, the result and the budget.
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

/// Runs a command; returns the peak memory of its process in MB, as the kernel counts it.
pub fn peak_memory(command: &mut Command) -> f64 {
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    loop {
        // Reads until the process ends; the last value is the highest.
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
