//! Whether the server, or a proxy in front of it, would take the largest file again.

use crate::devpi::Server;
use crate::index::branch_index::{IndexLookup, IndexMap, find};
use crate::model::names::IndexName;
use crate::model::release::ReleaseFile;
use crate::model::size::size_text;
use crate::ops::Error;
use crate::ops::doctor::finding::Finding;
use crate::release::newest::newest;
use crate::settings::Pattern;
use crate::workspace::Workspace;

/// Announces an upload of the largest file among the newest releases; `None` without a login or without a release.
///
/// One request for each project (three where it has many releases), one for each file of its newest release, and one that announces the
/// size, which takes some seconds.
pub(super) fn check(workspace: &Workspace<'_>, server: &Server, all: &IndexMap) -> Result<Option<Finding>, Error> {
    if workspace.stored_token()?.is_none() {
        return Ok(None);
    }
    let Some(index) = index(workspace, all)? else { return Ok(None) };
    let Some((file, size)) = largest(workspace, server, &index)? else { return Ok(None) };
    workspace.progress.step(&format!("asking whether the server takes files of {}", size_text(size)));
    let what = format!("files of {}, the size of {}", size_text(size), file.file_name);
    Ok(Some(if workspace.session()?.refuses_size(&index, size) {
        let mend = "raise the limit of the proxy in front of devpi (nginx: client_max_body_size)".to_owned();
        Finding::Warning(format!("the server refuses {what}"), mend)
    } else {
        Finding::Passed(format!("the server takes {what}"))
    }))
}

/// The index of this branch, or else of a release branch.
fn index(workspace: &Workspace<'_>, all: &IndexMap) -> Result<Option<IndexName>, Error> {
    let here = workspace.branch().ok().map(|branch| branch.name);
    let release_branches = workspace.release_branches()?.value;
    for branch in here.into_iter().chain(release_branches.iter().filter_map(Pattern::literal)) {
        if let IndexLookup::Index(found) = find(all, &workspace.branch_index_query(&branch)?) {
            return Ok(Some(found.name));
        }
    }
    Ok(None)
}

fn largest(workspace: &Workspace<'_>, server: &Server, index: &IndexName) -> Result<Option<(ReleaseFile, u64)>, Error> {
    let mut largest: Option<(ReleaseFile, u64)> = None;
    // The check of the project says what is wrong with it.
    for project in workspace.projects().unwrap_or_default() {
        let newest = newest(server, index, project.name(), 1)?.releases.into_iter().next();
        for file in newest.into_iter().flat_map(|release| release.files) {
            let size = server.file_size(&file)?.unwrap_or(0);
            if largest.as_ref().is_none_or(|(_, known)| size > *known) {
                largest = Some((file, size));
            }
        }
    }
    Ok(largest)
}
