//! Retries: which requests may be sent again, and for how long.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};

use super::error::Error;
use super::error::RetryClass;

/// Whether a request may be sent more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// Reads, and writes that lead to the same state when repeated.
    Idempotent,
    /// May be repeated only if the client sent nothing.
    NotIdempotent,
}

/// Receives the waiting times of all requests of this process.
pub trait RetryObserver: Send + Sync {
    /// A request failed, and is repeated for at most `left`.
    fn waiting(&self, error: &Error, left: Duration);
    /// The repeated request ended, with or without success.
    fn ended(&self);
}

static OBSERVER: OnceLock<Box<dyn RetryObserver>> = OnceLock::new();

/// Sets the observer of this process; the first one stays. Requests of hooks are too short to be observed.
pub fn observe_retries(observer: Box<dyn RetryObserver>) {
    let _ = OBSERVER.set(observer);
}

/// The minimum remaining time for another attempt.
const MIN_REMAINING: Duration = Duration::from_millis(20);

/// The time limit of one operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryBudget {
    started: Instant,
    until: Instant,
    /// Whether a limit for all operations applies, as in a hook.
    has_overall_limit: bool,
    /// Whether the server has responded to an earlier request.
    is_known: bool,
}

impl RetryBudget {
    /// A budget of `deadline` from now on that ends at `ends` at the latest.
    pub(super) fn new(deadline: Duration, ends: Option<Instant>) -> Self {
        let started = Instant::now();
        let until = started + deadline;
        let until = ends.map_or(until, |ends| until.min(ends));
        Self { started, until, has_overall_limit: ends.is_some(), is_known: false }
    }

    /// The same budget, for a server that has responded before.
    pub(super) fn known(self, is_known: bool) -> Self {
        Self { is_known, ..self }
    }

    /// The remaining time.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether to send a request again after `error`.
    ///
    /// A server that is down or fails gets a quarter of the time, and a sixteenth in a hook: a wrong address must fail quickly. A
    /// server that has responded before may be restarting and gets all of the time, as does a replica that lags behind.
    fn should_retry(&self, repeat: Idempotency, error: &Error) -> bool {
        let enough_left = self.left() > MIN_REMAINING;
        let is_early = self.elapsed() < self.limit_of_faults();
        match error.retry_class() {
            RetryClass::Permanent => false,
            RetryClass::NotSent => enough_left && is_early,
            RetryClass::MaybeProcessed => enough_left && is_early && repeat == Idempotency::Idempotent,
            RetryClass::Stale => enough_left,
            RetryClass::Limited(after) => after.unwrap_or_default() + MIN_REMAINING < self.left(),
        }
    }

    /// The time from the start within which a server that is down or fails is asked again.
    fn limit_of_faults(&self) -> Duration {
        let share = match (self.has_overall_limit, self.is_known) {
            (true, _) => 16,
            (false, false) => 4,
            (false, true) => 1,
        };
        self.until.saturating_duration_since(self.started) / share
    }

    fn report(&self, error: &Error) {
        let left = match error.retry_class() {
            RetryClass::NotSent | RetryClass::MaybeProcessed => {
                self.limit_of_faults().saturating_sub(self.elapsed()).min(self.left())
            }
            RetryClass::Limited(Some(after)) => after,
            _ => self.left(),
        };
        if let Some(observer) = OBSERVER.get().filter(|_| !self.has_overall_limit) {
            observer.waiting(error, left);
        }
    }

    /// Retries `attempt` with exponential backoff until it succeeds, fails permanently, or the time is up; returns the last error.
    ///
    /// When an attempt runs into the deadline, the error before it says more: it is returned, unless it concerns a write that the
    /// server may have processed since.
    pub(super) fn retry<T>(&self, repeat: Idempotency, attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
        let mut retries = 0;
        let result = self.attempts(repeat, attempt, &mut retries);
        if let Some(observer) = OBSERVER.get().filter(|_| retries > 0) {
            observer.ended();
        }
        result
    }

    fn attempts<T>(
        &self,
        repeat: Idempotency,
        mut attempt: impl FnMut() -> Result<T, Error>,
        retries: &mut u32,
    ) -> Result<T, Error> {
        let mut pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_millis(500))
            .with_factor(2.0)
            .with_jitter()
            .without_max_times()
            .build();
        let mut previous = None;
        loop {
            let error = match (attempt(), previous.take()) {
                (Ok(value), _) => return Ok(value),
                (Err(Error::DeadlineExceeded { .. }), Some(previous)) => return Err(previous),
                (Err(error), _) => error,
            };
            let Some(pause) = pauses.next().filter(|_| self.should_retry(repeat, &error)) else { return Err(error) };
            let pause = pause.min(self.left() / 2);
            let pause = match error.retry_class() {
                RetryClass::Limited(Some(after)) => after.max(pause),
                _ => pause,
            };
            tracing::debug!(%error, ?pause, "retrying");
            *retries += 1;
            self.report(&error);
            std::thread::sleep(pause);
            previous = (repeat == Idempotency::Idempotent).then_some(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault() -> Error {
        Error::ServerError { what: "x".into(), status: 502, message: String::new() }
    }

    #[test]
    fn only_transient_errors_are_retried() {
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
    fn an_attempt_that_runs_into_the_deadline_returns_the_error_before_it() {
        let timeout = || Error::DeadlineExceeded { url: "u".into(), after: Duration::from_secs(4) };
        let outcome = |repeat, first: fn() -> Error| {
            let mut attempts = 0;
            let answer = RetryBudget::new(Duration::from_secs(4), None).retry(repeat, || {
                attempts += 1;
                Err::<(), _>(if attempts == 1 { first() } else { timeout() })
            });
            assert_eq!(attempts, 2);
            answer.unwrap_err()
        };
        let stale = || Error::StaleReplica { url: "u".into() };
        let refused = || Error::Unreachable { url: "u".into(), cause: "refused".into() };
        assert!(matches!(outcome(Idempotency::Idempotent, stale), Error::StaleReplica { .. }));
        assert!(matches!(outcome(Idempotency::Idempotent, fault), Error::ServerError { .. }));
        assert!(matches!(outcome(Idempotency::Idempotent, refused), Error::Unreachable { .. }));
        // The second attempt of this write may have arrived.
        assert!(matches!(outcome(Idempotency::NotIdempotent, refused), Error::DeadlineExceeded { .. }));
        let answer =
            RetryBudget::new(Duration::from_secs(4), None).retry(Idempotency::Idempotent, || Err::<(), _>(timeout()));
        assert!(matches!(answer, Err(Error::DeadlineExceeded { .. })));
    }

    #[test]
    fn a_known_server_gets_the_whole_budget() {
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
    fn a_limited_client_waits_as_long_as_the_server_says() {
        let limited = |after| Error::TooManyRequests { what: "x".into(), after };
        for (after, attempts) in [(Some(300), 2), (Some(5000), 1), (None, 2)] {
            let (started, mut made) = (Instant::now(), 0);
            // Also a write: the server has not processed it.
            let answer = RetryBudget::new(Duration::from_secs(1), None).retry(Idempotency::NotIdempotent, || {
                made += 1;
                if made == 1 { Err(limited(after.map(Duration::from_millis))) } else { Ok(()) }
            });
            assert_eq!((made, answer.is_ok()), (attempts, attempts == 2), "{after:?}");
            let waited = started.elapsed() >= Duration::from_millis(300);
            assert_eq!(waited, after == Some(300), "{after:?} {:?}", started.elapsed());
        }
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
