//! Parses durations in settings.

use std::time::Duration;

/// Parses `90s`, `15m`, `2h`, `14d`, or a number of seconds; at most ten years.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return None,
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(factor).filter(|s| *s <= 3_650 * 86_400).map(Duration::from_secs)
}

/// Writes a duration of whole seconds as a setting's value, in its largest unit.
pub(super) fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match [(86_400, "d"), (3600, "h"), (60, "m")]
        .into_iter()
        .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit))
    {
        Some((unit, letter)) => format!("{}{letter}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_and_without_unit() {
        for (text, seconds) in [("0", 0), ("90", 90), ("4s", 4), ("15m", 900), ("2h", 7200), ("14d", 1_209_600)] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "m", "-1", "1.5m", "1w", "ten", "99999999999999999999d", "9999d"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_shown_in_their_largest_unit() {
        for text in ["10s", "30s", "15m", "90m", "2h", "14d"] {
            assert_eq!(parse_duration(text).map(shown).as_deref(), Some(text));
        }
    }
}
