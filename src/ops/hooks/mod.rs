//! `hooks`: put our hooks where git finds them, take them away again, and say whether they work.
//!
//! Two ways: `hook.*` in the repository's configuration (git 2.54 and newer; it lives beside everything else), or files in the folder
//! of hooks. A hook of somebody else's is never changed unasked.

mod event;
mod install;
mod place;
mod print;
mod status;
mod uninstall;

pub use event::{Event, Shape};
pub use install::{Done, InstallOutcome, InstallRequest, Mode, install};
pub use place::HookFile;
pub use print::{Recipe, recipes};
pub use status::{ConfigHook, EventStatus, HooksStatus, Obstacle, status};
pub use uninstall::{Removed, uninstall};

use super::{Error, Workbench};
