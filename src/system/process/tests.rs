//! Real processes, run by `sh`.

use super::*;

#[test]
fn output_and_status_come_back() {
    let output = Tool::new("sh").args(["-c", "cat; echo e >&2; exit 3"]).stdin_bytes("in").output().unwrap();
    assert_eq!((output.status, output.text().as_str(), output.error_text().as_str()), (Some(3), "in", "e"));
}

#[test]
fn a_failure_carries_what_was_printed() {
    let error = Tool::new("sh").args(["-c", "echo why >&2; exit 7"]).checked().unwrap_err();
    assert!(matches!(error, Error::ToolFailed { status: Some(7), ref output, .. } if output == "why"), "{error:?}");
}

#[test]
fn a_slow_child_is_stopped() {
    let started = Instant::now();
    let error = Tool::new("sleep").arg("5").deadline(Duration::from_millis(50)).output().unwrap_err();
    assert!(matches!(error, Error::ToolTimedOut { .. }));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn descendants_end_with_the_process_at_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let late = dir.path().join("late");
    let write_late = format!("(sleep 1.5; touch '{}') & ", late.display());
    // The second script ends at once, but its descendant keeps the pipes open.
    for script in [format!("{write_late} wait"), write_late] {
        let started = Instant::now();
        let tool = Tool::new("sh").args(["-c", &script]).kill_descendants().deadline(Duration::from_millis(100));
        let error = tool.output().unwrap_err();
        assert!(matches!(error, Error::ToolTimedOut { .. }) && started.elapsed() < Duration::from_millis(1400));
    }
    thread::sleep(Duration::from_millis(1700));
    assert!(!late.exists());
}

#[test]
fn a_missing_program_is_named() {
    let error = Tool::new("no-such-program-here").output().unwrap_err();
    assert!(matches!(error, Error::ToolMissing { ref program } if program == "no-such-program-here"));
}

#[test]
fn streamed_output_is_seen_as_it_comes_and_kept() {
    let mut seen = Vec::new();
    let output = Tool::new("sh").args(["-c", "echo a; echo b >&2"]).stream(&mut |b| seen.extend_from_slice(b)).unwrap();
    assert_eq!((output.text().as_str(), output.error_text().as_str(), seen.len()), ("a", "b", 4));
}
