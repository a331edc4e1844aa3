//! Executes one step of the plan.

use crate::devpi::{Creation, Session};
use crate::index::branch_index::{self, NewBranch};
use crate::index::upkeep;
use crate::ops::Error;
use crate::ops::hooks::{self, InstallRequest};
use crate::ops::init::Step;
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
            workspace.repository()?.config_set("devpi.server", url)?;
            format!("set devpi.server to {url} in this clone")
        }
        Step::Production { name, new } => match session.create_index(name, new)? {
            Creation::Created(_) => format!("created the production index {name}"),
            Creation::Exists => format!("the production index {name} exists"),
        },
        Step::BranchIndex { branch, .. } => {
            let query = workspace.branch_index_query(branch)?;
            let new_branch = NewBranch { own_commits: false, remote: workspace.remote_hash()? };
            let (index, _) = branch_index::ensure(workspace, session, &query, &new_branch)?;
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
            hooks::install(workspace, InstallRequest { chain: !chained.is_empty(), ..InstallRequest::default() })?;
            "installed the hooks".to_owned()
        }
        Step::Settings { .. } | Step::Tox(_) => {
            let mut done = Vec::new();
            for edit in step.edits() {
                edit.write()?;
                let what = if edit.after.is_some() { "wrote" } else { "deleted" };
                done.push(format!("{what} {}", edit.path.display()));
            }
            done.join(", ")
        }
    }))
}
