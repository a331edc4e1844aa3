//! Runs cleanup actions when a signal interrupts the process.
//!
//! SIGINT, SIGTERM and SIGHUP run the registered actions, newest first, and end the process with status 130.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};

type Action = Box<dyn FnOnce() + Send>;

static ACTIONS: Mutex<Vec<(u64, Action)>> = Mutex::new(Vec::new());
static HANDLER: Once = Once::new();
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The registration of an action; dropping it removes the action.
#[derive(Debug)]
pub struct OnInterrupt {
    id: u64,
}

/// Registers `action` to run on an interruption.
pub fn on_interrupt(action: impl FnOnce() + Send + 'static) -> OnInterrupt {
    HANDLER.call_once(|| {
        // Without a handler, the signal ends the process and no action runs.
        let _ = ctrlc::set_handler(|| {
            INTERRUPTED.store(true, Ordering::SeqCst);
            let actions = ACTIONS.lock().map(|mut actions| std::mem::take(&mut *actions)).unwrap_or_default();
            for (_, action) in actions.into_iter().rev() {
                action();
            }
            std::process::exit(130);
        });
    });
    let mut actions = ACTIONS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let id = actions.last().map_or(0, |(id, _)| id + 1);
    actions.push((id, Box::new(action)));
    OnInterrupt { id }
}

/// Blocks forever if an interruption is in progress, until the signal handler ends the process.
///
/// Prevents that failures which the actions cause are reported or recorded.
pub fn block_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

impl Drop for OnInterrupt {
    fn drop(&mut self) {
        let mut actions = ACTIONS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        actions.retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_registered_as_long_as_its_guard_lives() {
        let registered = || ACTIONS.lock().unwrap().len();
        let before = registered();
        let one = on_interrupt(|| {});
        let two = on_interrupt(|| {});
        assert_eq!(registered(), before + 2);
        drop(one);
        assert_eq!(registered(), before + 1);
        drop(two);
        assert_eq!(registered(), before);
    }
}
