//! Executes one step of the plan.

use crate::devpi::{Creation, Session};
use crate::index::branch_index::{self, IndexOrigin, NewBranch};
use crate::index::upkeep;
use crate::model::names::{BranchName, IndexName};
use crate::ops::Error;
use crate::ops::hooks::{self, InstallAction, InstallRequest};
use crate::ops::init::Step;
use crate::ops::init::journal::{Entry, local_values, note, note_edit};
use crate::release::registration;
use crate::workspace::Workspace;

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The step is done; a description.
    Done(String),
    /// The user must do it; the reason.
    Manual(String),
}

/// Executes a step. If it is done already, that is success.
pub fn carry_out(workspace: &Workspace<'_>, session: &Session, step: &Step) -> Result<Outcome, Error> {
    Ok(Outcome::Done(match step {
        Step::Server(url) => {
            set_server(workspace, url)?;
            format!("set devpi.server to {url} in this clone")
        }
        Step::Production { name, new } => match session.create_index(name, new)? {
            Creation::Created(_) => {
                note(workspace, created(workspace, session, (name, None))?)?;
                format!("created the production index {name}")
            }
            Creation::Exists => format!("the production index {name} exists"),
        },
        Step::BranchIndex { branch, .. } => {
            let query = workspace.branch_index_query(branch)?;
            let new_branch = NewBranch { own_commits: false, remote: workspace.remote_hash()? };
            let (index, origin) = branch_index::ensure(workspace, session, &query, &new_branch)?;
            if origin == IndexOrigin::Created {
                note(workspace, created(workspace, session, (&index.name, Some(branch)))?)?;
            }
            format!("{} is the index of {branch}", index.name)
        }
        Step::Remote { index, config, remote } => {
            upkeep::add_remote(session, index, (config, remote))?;
            format!("named the remote in the record of {index}")
        }
        Step::Register { project, indexes } => match registration::register(session, project, indexes)? {
            Some(index) => format!("registered {project} on {index}"),
            None => {
                return Ok(Outcome::Manual(format!(
                    "{project} is not registered: you may not upload to {}",
                    indexes[0]
                )));
            }
        },
        Step::Hooks { chained } => {
            let request = InstallRequest { chain: !chained.is_empty(), ..InstallRequest::default() };
            let installed = hooks::install(workspace, request)?;
            let is_new = |action: InstallAction| matches!(action, InstallAction::Installed | InstallAction::Chained);
            if installed.hooks.iter().any(|(_, action)| is_new(*action)) {
                note(workspace, Entry::Hooks)?;
            }
            "installed the hooks".to_owned()
        }
        Step::Settings { .. } | Step::Tox(_) => {
            let mut done = Vec::new();
            for edit in step.edits() {
                note_edit(workspace, edit)?;
                edit.write()?;
                let what = if edit.after.is_some() { "wrote" } else { "deleted" };
                done.push(format!("{what} {}", edit.path.display()));
            }
            done.join(", ")
        }
    }))
}

/// Names the server in the clone's configuration, and notes the values from before.
fn set_server(workspace: &Workspace<'_>, url: &str) -> Result<(), Error> {
    let repository = workspace.repository()?;
    let key = "devpi.server".to_owned();
    let before = local_values(repository, &key)?;
    repository.config_set(&key, url)?;
    note(workspace, Entry::Config { key, before, after: url.to_owned() })
}

/// The note about a new index.
fn created(
    workspace: &Workspace<'_>,
    session: &Session,
    (name, branch): (&IndexName, Option<&BranchName>),
) -> Result<Entry, Error> {
    Ok(Entry::Index {
        server: session.root().to_string(),
        name: name.to_string(),
        repository: workspace.repository_name()?.value.to_string(),
        branch: branch.map(ToString::to_string),
    })
}
