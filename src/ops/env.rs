//! `env`: the variables that make pip and uv install from the branch's index, and what they install with them.

use crate::index;
use crate::index::branch_index::IndexLookup;
use crate::index::expected;
use crate::model::available::{AvailableVersion, preferred};
use crate::model::names::{IndexName, ProjectName};
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
    /// The versions that the constraints file names: of the repository's projects, and of those on `bases-from`.
    pub pins: Vec<Pin>,
}

/// Returns the variables for the branch's index, which must exist.
pub fn variables(workspace: &Workspace<'_>) -> Result<Variables, Error> {
    let branch = workspace.branch()?.name;
    let query = workspace.branch_index_query(&branch)?;
    let server = workspace.server_for_reading()?;
    let IndexLookup::Index(index) = expected::look_up(server, &query)? else {
        return Err(index::Error::NoIndex { branch }.into());
    };
    let simple = server.simple_url(&index.name);
    let ca_bundle = workspace.settings.file(Key::CaBundle)?;
    // The index is useful also in a repository without a Python project.
    let pins = match workspace.projects() {
        Ok(_) => constraints::pins(workspace, server, &index.name, (&[], None))?,
        Err(_) => constraints::pins_of_bases(workspace, server, &index.name)?,
    };
    let constraints = constraints::write(workspace, &pins)?;
    let variables = installer_variables(&simple, ca_bundle.as_deref(), constraints.as_deref());
    Ok(Variables { index: index.name, variables, pins })
}

/// What pip and uv install of one project with the variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The project.
    pub project: ProjectName,
    /// The version and the index that it comes from; `None` if the index offers none.
    pub found: Option<AvailableVersion>,
    /// The same for an installer that does not read the constraints file.
    pub without_constraint: Option<AvailableVersion>,
}

impl Installed {
    /// Whether the package comes from the branch's own index.
    pub fn is_of_branch(&self, index: &IndexName) -> bool {
        self.found.as_ref().is_some_and(|found| found.index == index.to_string())
    }
}

/// Asks the server what the installers get of each project of the repository, with one request for each.
///
/// The answer covers the choice of version and index; `requires-python` and tags are the installer's.
pub fn check(workspace: &Workspace<'_>, variables: &Variables) -> Result<Vec<Installed>, Error> {
    let server = workspace.server_for_reading()?;
    let mut checked = Vec::new();
    for project in workspace.projects()? {
        let project = project.name().clone();
        let available = server.available_versions(&variables.index, &project)?;
        let without_constraint = preferred(&available).cloned();
        let pin = variables.pins.iter().find(|(pinned, _)| *pinned == project);
        let found = match pin {
            Some((_, version)) => available.into_iter().find(|one| one.version == *version),
            None => without_constraint.clone(),
        };
        checked.push(Installed { project, found, without_constraint });
    }
    Ok(checked)
}

/// The variables that this process does not have with these values: the shell has not read them yet.
pub fn missing<'v>(workspace: &Workspace<'_>, variables: &'v Variables) -> Vec<&'v str> {
    let differs = |(name, value): &&(String, String)| workspace.environment.get(name) != Some(value.as_str());
    variables.variables.iter().filter(differs).map(|(name, _)| name.as_str()).collect()
}
