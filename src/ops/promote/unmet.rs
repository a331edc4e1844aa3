//! The requirements of a release that production does not meet yet: the other repository's release is promoted separately.

use std::collections::BTreeSet;

use crate::index::bases::{self, BasesFrom};
use crate::index::branch_index;
use crate::model::dependency::Dependency;
use crate::model::names::ProjectName;
use crate::ops::Error;
use crate::ops::promote::candidate::{Checked, Scope};
use crate::ops::promote::request::UnmetRequirement;

/// The number of indexes of the other repositories whose projects are listed, the newest first.
const MAX_INDEXES: usize = 8;

/// Returns the requirements for projects of `bases-from` that no version in production meets.
///
/// Where the setting is set, one request for the owner's indexes, one for the projects of each of the other repositories' indexes, one for the
/// requirements of each release, and one for each required project in production.
pub(super) fn unmet_requirements(scope: &Scope<'_>, checked: &[Checked]) -> Result<Vec<UnmetRequirement>, Error> {
    let Scope { workspace, server, rules, .. } = *scope;
    if !bases::is_from_set(workspace) {
        return Ok(Vec::new());
    }
    let indexes = branch_index::indexes_of(server, &rules.owner)?;
    let Some(from) = BasesFrom::read((workspace, server), &indexes)? else { return Ok(Vec::new()) };
    let mut theirs: BTreeSet<ProjectName> = BTreeSet::new();
    for index in from.indexes_of_repositories().iter().take(MAX_INDEXES) {
        theirs.extend(server.projects(index)?.iter().filter_map(|name| ProjectName::parse(name).ok()));
    }
    let mut unmet = Vec::new();
    for candidate in checked.iter().map(|checked| &checked.candidate) {
        let Some(release) = &candidate.release else { continue };
        for requirement in server.requirements(&release.index, &release.project, &release.version)? {
            let Some(dependency) = Dependency::parse(&requirement).filter(|one| theirs.contains(&one.project)) else {
                continue;
            };
            let production = server.releases(&rules.to, &dependency.project)?;
            if !production.iter().any(|release| dependency.is_met_by(&release.version)) {
                let (project, production) = (candidate.project.clone(), rules.to.clone());
                unmet.push(UnmetRequirement { project, requirement, production });
            }
        }
    }
    Ok(unmet)
}
