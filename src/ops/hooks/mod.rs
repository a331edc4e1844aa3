//! `hooks`: installs and removes the hooks, and shows their state.
//!
//! There are two locations: `hook.*` in the repository's configuration (git 2.54 and newer, next to other hooks), or files in
//! the hooks folder. Hooks of other programs are changed only on request; those that run git-devpi's hook count as installed.

mod creation;
mod event;
mod folder;
mod install;
pub(in crate::ops) mod manager;
mod print;
mod route;
mod server_side;
mod status;
mod uninstall;

pub use crate::ops::hooks::creation::NoCreation;
pub use crate::ops::hooks::creation::no_creation;
pub use crate::ops::hooks::event::Event;
pub use crate::ops::hooks::event::ScriptState;
pub use crate::ops::hooks::folder::HookFile;
pub use crate::ops::hooks::install::InstallAction;
pub use crate::ops::hooks::install::InstallOutcome;
pub use crate::ops::hooks::install::InstallRequest;
pub use crate::ops::hooks::install::Mode;
pub use crate::ops::hooks::install::Preview;
pub use crate::ops::hooks::install::install;
pub use crate::ops::hooks::install::preview;
pub use crate::ops::hooks::manager::HookManager;
pub use crate::ops::hooks::print::Recipe;
pub use crate::ops::hooks::print::recipes;
pub use crate::ops::hooks::route::Route;
pub use crate::ops::hooks::server_side::install_server_side;
pub use crate::ops::hooks::status::ConfigHook;
pub use crate::ops::hooks::status::EventStatus;
pub use crate::ops::hooks::status::HooksStatus;
pub use crate::ops::hooks::status::Obstacle;
pub use crate::ops::hooks::status::status;
pub use crate::ops::hooks::uninstall::Removed;
pub use crate::ops::hooks::uninstall::uninstall;
