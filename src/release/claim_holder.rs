//! How long the answer counts that a claim is this machine's.
//!
//! The holder is read right before each write into a claim. A process that was suspended between the two has an old answer: the age is measured
//! when the write is sent, from the moment at which the question was sent. Reads whose answer is younger are left out, which saves a round
//! trip for each of several writes in a row.

use std::time::{Duration, Instant, SystemTime};

/// The longest time that an answer counts: far less than any claim's timeout, and more than a few requests on a slow line take.
const MAX_FRESHNESS: Duration = Duration::from_secs(1);

/// The share of the claim's timeout for which an answer counts at the most: a tenth of the third at which the claim is renewed.
const SHARE_OF_TIMEOUT: u32 = 30;

/// How long the answer about a claim with this timeout counts.
pub(crate) fn freshness(timeout: Duration) -> Duration {
    MAX_FRESHNESS.min(timeout / SHARE_OF_TIMEOUT)
}

/// A moment by both clocks: the monotonic one stands still while the machine sleeps, the other one can be set back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// Whether less than `limit` has passed since, by both clocks.
    pub fn is_younger_than(self, limit: Duration) -> bool {
        self.monotonic.elapsed() < limit && self.wall.elapsed().is_ok_and(|elapsed| elapsed < limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_for_a_fraction_of_the_time_between_renewals() {
        assert_eq!(freshness(Duration::from_secs(15 * 60)), Duration::from_secs(1));
        assert!(freshness(Duration::from_secs(10)) <= Duration::from_secs(10) / 3 / 10);
    }

    #[test]
    fn both_clocks_count() {
        let (now, second) = (Moment::now(), Duration::from_secs(1));
        let is_young = |moment: Moment| moment.is_younger_than(Duration::from_millis(500));
        assert!(is_young(now));
        assert!(!is_young(Moment { monotonic: now.monotonic.checked_sub(second).unwrap(), ..now }));
        assert!(!is_young(Moment { wall: now.wall - second, ..now }), "the machine has slept");
        assert!(!is_young(Moment { wall: now.wall + second, ..now }), "the clock was set back");
    }
}
