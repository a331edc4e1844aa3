//! The proposal for `require`: the tox environments whose results are evidence for every project.

use std::path::PathBuf;

use crate::ops::Error;
use crate::ops::init::tox::ToxRequest;
use crate::python::tox_environments::{ConfigurationVersion, EnvironmentList, EnvironmentReader, Role, ToxEnvironment};
use crate::python::tox_file;
use crate::workspace::project::ToxFolder;
use crate::workspace::{self, Workspace};

/// A proposal for `require`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequireProposal {
    /// The environments. Empty if not every configuration can be read: a part of them would let untested releases pass.
    pub environments: Vec<String>,
    /// Where they come from.
    pub source: String,
    /// Which environments are left out, or why there is no proposal.
    pub notes: Vec<String>,
}

/// A tox configuration.
struct Configuration {
    folder: Option<PathBuf>,
    projects: String,
    version: ConfigurationVersion,
}

/// The environments of the projects that share a tox configuration.
struct Configured {
    projects: String,
    environments: Vec<ToxEnvironment>,
}

/// Reads tox's configuration of each project. Starts tox once, and once or twice for each configuration.
pub(super) fn propose(workspace: &Workspace<'_>, tox: ToxRequest) -> Result<RequireProposal, Error> {
    let top = workspace.work_tree()?;
    let reader = EnvironmentReader::new(&workspace.environment)?;
    let mut configured = Vec::new();
    let mut obstacles = Vec::new();
    for Configuration { folder, projects, version } in configurations(workspace, tox)? {
        let list = match &folder {
            Some(folder) => reader.env_list(folder, version)?,
            None => None,
        };
        match list {
            None => obstacles.push(format!("{projects} has no tox configuration")),
            Some(EnvironmentList::Unreadable { file, reason }) => {
                obstacles.push(format!("{} {reason}", file.strip_prefix(top).unwrap_or(&file).display()));
            }
            Some(EnvironmentList::Complete(list)) if list.is_empty() => {
                obstacles.push(format!("the tox configuration of {projects} has no env_list"));
            }
            Some(EnvironmentList::Complete(environments)) => configured.push(Configured { projects, environments }),
        }
    }
    let source = if reader.has_tox() { "tox's env_list" } else { "env_list, read without tox" }.to_owned();
    if !obstacles.is_empty() {
        let retry = if reader.has_tox() { "" } else { "; with tox on PATH, `git devpi init` may know more" };
        let notes = vec![format!("require is not proposed: {}{retry}", obstacles.join(", "))];
        return Ok(RequireProposal { environments: Vec::new(), source, notes });
    }
    let (environments, notes) = common(&configured);
    Ok(RequireProposal { environments, source, notes })
}

/// The tox configurations of all projects, as `init` leaves them if the user declines to replace a snippet.
fn configurations(workspace: &Workspace<'_>, tox: ToxRequest) -> Result<Vec<Configuration>, Error> {
    let tox = if tox == ToxRequest::Ask { ToxRequest::KeepSnippet } else { tox };
    let version = |folder: &Option<PathBuf>| match folder {
        Some(folder) => tox.way(folder).map(ConfigurationVersion::AfterInit),
        None => Ok(ConfigurationVersion::Current),
    };
    let Ok(folders) = workspace.tox_folders() else {
        // `init` also sets up a repository whose project cannot be read yet.
        let top = workspace.work_tree()?;
        let folder = tox_file::nearest_folder(top, top).map_err(workspace::Error::from)?;
        let version = version(&folder)?;
        return Ok(vec![Configuration { folder, projects: "this repository".to_owned(), version }]);
    };
    let configuration = |ToxFolder { folder, projects }| {
        let names: Vec<String> = projects.iter().map(|project| project.name().to_string()).collect();
        let version = version(&folder)?;
        Ok(Configuration { folder, projects: names.join(", "), version })
    };
    folders.into_iter().map(configuration).collect()
}

/// The environments that are evidence in each configuration, and notes about the others.
///
/// `require` is one list for all projects, and a project can never meet an environment that it does not have.
fn common(configured: &[Configured]) -> (Vec<String>, Vec<String>) {
    let mut required: Vec<String> = Vec::new();
    let mut left_out: Vec<String> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for environment in configured.iter().flat_map(|each| &each.environments) {
        if names.contains(&environment.name.as_str()) {
            continue;
        }
        names.push(&environment.name);
        let reasons: Vec<String> = configured.iter().filter_map(|each| each.objection(&environment.name)).collect();
        match reasons.is_empty() {
            true => required.push(environment.name.clone()),
            false if configured.len() == 1 => left_out.push(format!("{} {}", environment.name, environment.role)),
            false => left_out.push(format!("{} ({})", environment.name, reasons.join(", "))),
        }
    }
    let mut notes = Vec::new();
    if required.is_empty() && !configured.is_empty() {
        notes.push("require is not proposed: no environment tests the package of every project".to_owned());
    }
    if !left_out.is_empty() {
        notes.push(format!("left out of require: {}", left_out.join(", ")));
    }
    (required, notes)
}

impl Configured {
    /// Why an environment is no evidence for these projects.
    fn objection(&self, name: &str) -> Option<String> {
        match self.environments.iter().find(|environment| environment.name == name) {
            None => Some(format!("no environment of {}", self.projects)),
            Some(environment) if environment.role == Role::TestsPackage => None,
            Some(environment) => Some(format!("{} in {}", environment.role, self.projects)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(projects: &str, environments: &[(&str, Role)]) -> Configured {
        let environment = |(name, role): &(&str, Role)| ToxEnvironment { name: (*name).to_owned(), role: role.clone() };
        Configured { projects: projects.to_owned(), environments: environments.iter().map(environment).collect() }
    }

    #[test]
    fn what_is_no_evidence_is_left_out_and_named() {
        let only = of("a", &[("unit", Role::TestsPackage), ("lint", Role::NoPackage), ("dev", Role::Editable)]);
        let (required, notes) = common(&[only]);
        assert_eq!(required, ["unit"]);
        assert_eq!(notes, ["left out of require: lint installs no package, dev installs the project in editable mode"]);
        let (required, notes) = common(&[of("a", &[("lint", Role::NoCommands)])]);
        assert!(required.is_empty() && notes[0].contains("is not proposed"), "{notes:?}");
    }

    #[test]
    fn several_projects_require_what_each_of_them_can_meet() {
        let a = of("a", &[("unit", Role::TestsPackage), ("system", Role::TestsPackage), ("docs", Role::TestsPackage)]);
        let b = of("b, c", &[("docs", Role::Editable), ("unit", Role::TestsPackage), ("slow", Role::TestsPackage)]);
        let (required, notes) = common(&[a, b]);
        assert_eq!(required, ["unit"]);
        assert_eq!(
            notes,
            ["left out of require: system (no environment of b, c), docs (installs the project in editable mode in \
              b, c), slow (no environment of a)"]
        );
    }
}
