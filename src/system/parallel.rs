//! Work on many items at once, in scoped threads.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, Scope};

/// Calls `work` for every item, at most `max` at a time; returns the results in the order of the items.
pub fn map<T: Sync, R: Send>(items: &[T], max: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if let [only] = items {
        return vec![work(only)];
    }
    let queue = Mutex::new(items.iter().enumerate());
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    let run = || {
        let mut results = Vec::new();
        while let Some((place, item)) = next() {
            results.push((place, work(item)));
        }
        results
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..items.len().min(max)).map(|_| scope.spawn(run)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    });
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Calls both at once; returns both results.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// A result that a thread works out meanwhile.
pub struct Pending<T>(Receiver<thread::Result<T>>);

impl<T: Send> Pending<T> {
    /// Starts the thread.
    pub fn start<'scope>(scope: &'scope Scope<'scope, '_>, work: impl FnOnce() -> T + Send + 'scope) -> Self
    where
        T: 'scope,
    {
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || {
            // The result of a caller that has failed meanwhile is not received.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        });
        Self(receiver)
    }

    /// Waits for the result; `None` from the second call on. A panic of the thread goes on here.
    pub fn take(&self) -> Option<T> {
        let result = self.0.recv().ok()?;
        Some(result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

/// A number of threads that do a kind of work at once; further ones wait.
#[derive(Debug)]
pub struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A slot that a thread has; dropping it lets another thread go on.
#[derive(Debug)]
pub struct Slot<'a>(&'a Slots);

impl Slots {
    /// That many slots.
    pub fn new(count: NonZeroUsize) -> Self {
        Self { free: Mutex::new(count.get()), freed: Condvar::new() }
    }

    /// Waits for a free slot.
    pub fn take(&self) -> Slot<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_more_threads_have_a_slot_than_there_are_slots() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let slots = Slots::new(NonZeroUsize::new(2).unwrap());
        map(&[(); 8], 8, |()| {
            let _slot = slots.take();
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(5));
            running.fetch_sub(1, Ordering::SeqCst);
        });
        assert_eq!(most.into_inner(), 2);
    }

    #[test]
    fn a_pending_result_is_worked_out_once_beside_other_work() {
        let (started, begin) = (AtomicUsize::new(0), std::sync::Barrier::new(2));
        thread::scope(|scope| {
            let pending = Pending::start(scope, || {
                begin.wait();
                started.fetch_add(1, Ordering::SeqCst)
            });
            // The thread waits for this one.
            begin.wait();
            assert_eq!((pending.take(), pending.take()), (Some(0), None));
        });
        assert_eq!(started.into_inner(), 1);
    }

    #[test]
    fn results_are_in_order_and_no_more_than_the_maximum_run_at_once() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items: Vec<u64> = (0..20).collect();
        let squares = map(&items, 4, |n| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis((20 - n) % 7));
            running.fetch_sub(1, Ordering::SeqCst);
            n * n
        });
        assert_eq!(squares, items.iter().map(|n| n * n).collect::<Vec<_>>());
        assert!((2..=4).contains(&most.into_inner()));
        assert!(map(&[] as &[u8], 4, |n| *n).is_empty());
    }
}
