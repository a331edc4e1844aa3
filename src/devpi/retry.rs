//! RetryBudget: how long a request may be tried again, and which.

use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};

use super::error::Error;
use super::error::RetryClass;

/// Whether a request may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// Reads, and writes that end in the same state.
    Idempotent,
    /// Only when it is certain that nothing was sent.
    NotIdempotent,
}

/// A rest below which no further attempt is worth making.
const TOO_LATE: Duration = Duration::from_millis(20);

/// The time that one operation has.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryBudget {
    started: Instant,
    until: Instant,
    /// Somebody waits for everything together: a hook.
    is_hurried: bool,
    /// The server has answered before, so it is there, and will be again.
    is_known: bool,
}

impl RetryBudget {
    /// `deadline` from now, but not beyond `ends`.
    pub(super) fn new(deadline: Duration, ends: Option<Instant>) -> Self {
        let started = Instant::now();
        let until = started + deadline;
        let until = ends.map_or(until, |ends| until.min(ends));
        Self { started, until, is_hurried: ends.is_some(), is_known: false }
    }

    /// The same with a server that has answered before.
    pub(super) fn known(self, is_known: bool) -> Self {
        Self { is_known, ..self }
    }

    /// What is left of it.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// How long it has been.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// A server that is down or fails is given a quarter of the time: enough for a hiccup, and nobody waits a minute to hear that
    /// the address is wrong; in a hook a sixteenth must do. One that has answered before is being restarted, and is given all of
    /// it, like a replica that lags.
    fn is_worth_another(&self, repeat: Idempotency, error: &Error) -> bool {
        let total = self.until.saturating_duration_since(self.started);
        let enough_left = self.left() > TOO_LATE;
        let share = match (self.is_hurried, self.is_known) {
            (true, _) => 16,
            (false, false) => 4,
            (false, true) => 1,
        };
        let is_early = self.elapsed() < total / share;
        match error.retry_class() {
            RetryClass::Permanent => false,
            RetryClass::NotSent => enough_left && is_early,
            RetryClass::MaybeProcessed => enough_left && is_early && repeat == Idempotency::Idempotent,
            RetryClass::Stale => enough_left,
        }
    }

    /// Makes attempts until one succeeds, fails for good, or time is up; the last error is the one that counts.
    pub(super) fn retry<T>(&self, repeat: Idempotency, attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_millis(500))
            .with_factor(2.0)
            .with_jitter()
            .without_max_times();
        let this = *self;
        attempt
            .retry(backoff)
            .sleep(move |pause: Duration| std::thread::sleep(pause.min(this.left() / 2)))
            .when(move |error| this.is_worth_another(repeat, error))
            .notify(|error, pause| tracing::debug!(%error, ?pause, "try again"))
            .call()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault() -> Error {
        Error::ServerError { what: "x".into(), status: 502, message: String::new() }
    }

    #[test]
    fn what_passes_is_tried_again_and_what_stays_is_not() {
        let budget = RetryBudget::new(Duration::from_secs(4), None);
        let mut attempts = 0;
        let answer = budget.retry(Idempotency::Idempotent, || {
            attempts += 1;
            if attempts < 3 { Err(fault()) } else { Ok(attempts) }
        });
        assert_eq!(answer.unwrap(), 3);
        let mut attempts = 0;
        let refused = budget.retry(Idempotency::Idempotent, || {
            attempts += 1;
            Err::<(), _>(Error::Gone { what: "x".into() })
        });
        assert!(matches!(refused, Err(Error::Gone { .. })));
        assert_eq!(attempts, 1);
    }

    #[test]
    fn a_write_that_may_have_happened_is_not_sent_again() {
        let budget = RetryBudget::new(Duration::from_secs(4), None);
        let mut attempts = 0;
        let _ = budget.retry(Idempotency::NotIdempotent, || {
            attempts += 1;
            Err::<(), _>(fault())
        });
        assert_eq!(attempts, 1);
    }

    #[test]
    fn a_server_that_has_answered_before_gets_all_the_time() {
        let lasts = |is_known| {
            let started = Instant::now();
            let budget = RetryBudget::new(Duration::from_secs(1), None).known(is_known);
            let answer = budget.retry(Idempotency::Idempotent, || Err::<(), _>(fault()));
            assert!(matches!(answer, Err(Error::ServerError { .. })));
            started.elapsed()
        };
        let (known, unknown) = (lasts(true), lasts(false));
        assert!(known > Duration::from_millis(500) && unknown < known, "{known:?} {unknown:?}");
    }

    #[test]
    fn patience_ends() {
        let started = Instant::now();
        let budget = RetryBudget::new(Duration::from_secs(60), Some(started + Duration::from_millis(300)));
        let error = budget.retry(Idempotency::Idempotent, || Err::<(), _>(Error::StaleReplica { url: "u".into() }));
        assert!(matches!(error, Err(Error::StaleReplica { .. })));
        assert!(started.elapsed() < Duration::from_millis(700), "{:?}", started.elapsed());
    }
}
