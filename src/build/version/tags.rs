//! The version tag that holds a project's base.

use pep440_rs::Version;

use crate::build;
use crate::git::{NearestTag, TagQuery};
use crate::model::names::CommitId;
use crate::python::version_source::{Parents, TagKinds, TagName, TagRule, VersionSource};
use crate::workspace::Workspace;
use crate::workspace::project::Project;

/// Returns the nearest tag that the project's tool takes as a version.
pub(super) fn nearest(
    workspace: &Workspace<'_>,
    project: &Project,
    commit: &CommitId,
) -> Result<NearestTag, build::Error> {
    let name = project.name();
    let own = [format!("{name}-v"), format!("{name}-")];
    let rule = match &project.source.version_source {
        VersionSource::Scm { tags, .. } => (**tags).clone(),
        _ => TagRule::prefixed(&["v", "", &own[0], &own[1]]),
    };
    let find = |rule: &TagRule, accepts: &dyn Fn(&TagName) -> bool| -> Result<NearestTag, build::Error> {
        let read = |name: &str| -> Option<Version> {
            rule.read(name).filter(|found| accepts(found)).map(|found| found.version)
        };
        let query = TagQuery {
            matches: &rule.matches,
            excludes: &rule.excludes,
            annotated_only: rule.kinds == TagKinds::Annotated,
            first_parent: rule.parents == Parents::First,
            read: &read,
        };
        Ok(workspace.repository()?.nearest_version_tag(commit, &query)?)
    };
    if rule.takes_any_prefix() {
        // Where tags name this project, those that name others belong to other projects of the repository.
        let names_project =
            |found: &TagName| own.iter().any(|own| own.eq_ignore_ascii_case(&normalized(&found.prefix)));
        if let NearestTag::Found(_) = find(&rule, &names_project)? {
            return find(&rule, &|found| matches!(found.prefix.as_str(), "" | "v" | "V") || names_project(found));
        }
    }
    find(&rule, &|_| true)
}

fn normalized(prefix: &str) -> String {
    prefix.replace(['_', '.'], "-")
}
