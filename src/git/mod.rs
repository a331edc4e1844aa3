//! Floor 2: the git repository. The only room that uses git2 and the `git` executable.
//!
//! git2 answers simple queries without a process. The executable does what libgit2 cannot open (reftable, SHA-256, unknown extensions,
//! `safe.directory` globs), does not support (ls-remote, credential helpers, `git -c`, hooks) or does much more slowly (ancestry of many
//! branches). Both are behind the same functions.
//!
//! The room does not print, does not read git-devpi's settings, and prompts only if the caller allows it.

mod ancestry;
mod bare_clone;
mod batch_mode;
mod changes;
mod clone;
#[cfg(test)]
mod clone_tests;
mod config;
mod config_entry;
mod credential;
mod error;
mod executable;
mod fetch;
mod file_modes;
mod global_config;
mod head;
mod hidden_branches;
mod hooks;
mod ignored;
mod layout;
mod lfs;
mod ls_remote;
mod objects;
mod patch_merge;
mod remotes;
mod repository;
mod snapshot;
mod stamp_repository;
mod submodules;
mod tags;
#[cfg(test)]
mod testing;
mod tracked_files;
mod worktrees;

pub use ancestry::Containment;
pub use bare_clone::clone_default_branch;
pub use changes::WorkTreeChanges;
pub use clone::{CloneOptions, Submodules};
pub use config_entry::{ConfigEntry, ConfigScope};
pub use credential::{
    Credential, CredentialRequest, approve_credential, credential_helper, fill_credential, reject_credential,
};
pub use error::Error;
pub use executable::git_version;
pub use fetch::{Deepen, FetchRequest};
pub use global_config::global_config;
pub use head::Head;
pub use hooks::{HooksLocation, HooksPath};
pub use ls_remote::{LsRemote, Prompts, RemoteRefs};
pub use patch_merge::PatchMerge;
pub use repository::Repository;
pub use stamp_repository::StampRepository;
pub use tags::{NearestTag, TagQuery, VersionTag};
pub use tracked_files::{TrackedFile, TrackedFiles};
