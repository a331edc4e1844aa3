//! Being interrupted: what is to be done before the process ends.
//!
//! SIGINT, SIGTERM and SIGHUP run every action that is registered at that moment, newest first, and end the process with 130.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};

type Action = Box<dyn FnOnce() + Send>;

static ACTIONS: Mutex<Vec<(u64, Action)>> = Mutex::new(Vec::new());
static HANDLER: Once = Once::new();
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// An action that is registered as long as this lives.
#[derive(Debug)]
pub struct OnInterrupt {
    id: u64,
}

/// Registers `action` for an interruption.
pub fn on_interrupt(action: impl FnOnce() + Send + 'static) -> OnInterrupt {
    HANDLER.call_once(|| {
        // Where no handler can be set, an interruption ends the process as it does anyway.
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

/// Never comes back when an interruption is under way: the actions end the process, and what fails because of them is no failure to be
/// told or written down.
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
