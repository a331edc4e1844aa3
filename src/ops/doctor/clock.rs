//! Whether the server's clock agrees with this machine's.

use jiff::{SignedDuration, Timestamp};

use crate::model::staleness::ClockDoubt;
use crate::ops::doctor::finding::Finding;

/// The difference from which the check warns. Claims and grace periods count by the server's clock, the log and tokens also by this machine's.
const WORTH_SAYING: SignedDuration = SignedDuration::from_secs(60);

/// Compares the time in the server's last response with that of this machine.
pub(super) fn check(server: Option<Timestamp>, here: Timestamp) -> Finding {
    const MEND: &str = "set the clock of this machine or of the server (NTP)";
    if let Some(doubt) = ClockDoubt::of(server, here) {
        return Finding::Warning(format!("{doubt}: no index is deleted because of its age"), MEND.to_owned());
    }
    let difference = server.map_or(SignedDuration::ZERO, |server| server.duration_since(here));
    if difference.abs() < WORTH_SAYING {
        return Finding::Passed("the server's agrees with this machine's".to_owned());
    }
    let direction = if difference.is_positive() { "ahead of" } else { "behind" };
    Finding::Warning(format!("the server's is {:#} {direction} this machine's", difference.abs()), MEND.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_a_minute_is_a_warning() {
        let here = Timestamp::from_second(1_700_000_000).unwrap();
        let at = |difference: i64| check(Timestamp::from_second(1_700_000_000 + difference).ok(), here);
        assert!(matches!(at(-59), Finding::Passed(_)));
        for (difference, expected) in [(90, "is 1m 30s ahead of"), (-3600, "is 1h behind"), (200_000, "no index")] {
            let found = at(difference);
            assert!(matches!(&found, Finding::Warning(found, _) if found.contains(expected)), "{found:?}");
        }
        assert!(matches!(check(None, here), Finding::Warning(..)));
    }
}
