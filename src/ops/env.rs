//! `env`: the variables that make pip and uv install from the branch's index.

use crate::index;
use crate::index::branch_index::{self, IndexLookup};
use crate::model::names::IndexName;
use crate::ops::Error;
use crate::python::installer::installer_variables;
use crate::release::constraints::{self, Pin};
use crate::settings::Key;
use crate::workspace::Workspace;

/// The variables for one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// The branch's index.
    pub index: IndexName,
    /// Names with their values, without credentials: those would end up in logs.
    pub variables: Vec<(String, String)>,
    /// The versions of the repository's projects that the constraints file names.
    pub pins: Vec<Pin>,
}

/// Returns the variables for the branch's index, which must exist.
pub fn variables(workspace: &Workspace<'_>) -> Result<Variables, Error> {
    let branch = workspace.branch()?.name;
    let query = workspace.branch_index_query(&branch)?;
    let server = workspace.server_for_reading()?;
    let indexes = branch_index::indexes_of(server, &query.owner)?;
    let IndexLookup::Index(index) = branch_index::find(&indexes, &query) else {
        return Err(index::Error::NoIndex { branch }.into());
    };
    let simple = server.simple_url(&index.name);
    let ca_bundle = workspace.settings.file(Key::CaBundle)?;
    // The index is useful also in a repository without a Python project.
    let pins = match workspace.projects() {
        Ok(_) => constraints::pins(workspace, server, &index.name, (&[], None))?,
        Err(_) => Vec::new(),
    };
    let constraints = constraints::write(workspace, &pins)?;
    let variables = installer_variables(&simple, ca_bundle.as_deref(), constraints.as_deref());
    Ok(Variables { index: index.name, variables, pins })
}
