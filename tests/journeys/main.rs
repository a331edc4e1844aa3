//! Whole workflows with a real devpi-server, real git, real builders and real tox. The assertions query the server's own API.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod fixture;
#[cfg(unix)]
mod git_hosts;
mod prune_fixture;
mod push_fixture;

mod attestations;
#[cfg(unix)]
mod bases_from;
#[cfg(unix)]
mod ci_recipes;
mod closed_servers;
mod deciding_remote;
#[cfg(unix)]
mod demo;
mod doctor_login;
mod ensure;
mod env;
mod evidence;
mod examples;
#[cfg(target_os = "linux")]
mod finish_push;
mod fleet;
#[cfg(unix)]
mod fleet_prune;
mod index;
#[cfg(unix)]
mod index_adopt;
mod index_restore;
mod index_sync;
mod init;
mod init_checks;
mod init_fixture;
mod init_tox;
#[cfg(unix)]
mod init_undo;
mod login;
mod login_tokens;
#[cfg(unix)]
mod merge_styles;
mod new_life;
mod post_merge;
#[cfg(target_os = "linux")]
mod post_receive;
#[cfg(unix)]
mod pre_commit_hook;
mod pre_push;
mod pre_push_errors;
mod project_set_ups;
mod promote;
mod promote_exactly;
mod promote_upload;
mod prune;
mod prune_doubts;
mod prune_races;
mod prune_releases;
mod push_without_login;
mod random_histories;
mod real_packages;
mod repository_formats;
mod required_environments;
mod requirements;
mod results;
#[cfg(unix)]
mod self_publish;
mod server_verb;
#[cfg(unix)]
mod status_page;
mod support_checks;
mod test_verb;
mod tox_evidence;
#[cfg(unix)]
mod tox_plugin;
mod tox_plugin_projects;
mod tox_versions;
mod unpublished_builds;
mod upload_users;
mod withdraw;
mod without_tox;
#[cfg(unix)]
mod workflow_page;
