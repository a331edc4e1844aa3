//! The answer of `status`.

use serde_json::{Value, json};

use super::evidence::unreadable_json;
use super::hooks::obstacle_text;
use crate::cli::ui::Ui;
use crate::index::bases::RepositoryBase;
use crate::model::bases_from::FoundBase;
use crate::model::evidence::Origin;
use crate::model::names::{IndexName, escape_for_terminal};
use crate::ops::hooks::{NoCreation, Obstacle};
use crate::ops::status::{FileStatus, IndexState, ProjectStatus, ReleaseStatus, Status};

/// Shows the status of the branch.
pub fn show(ui: &Ui, status: &Status) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(status));
    }
    ui.answer(&as_text(status));
    ui.detail(&format!("{} requests", status.requests));
}

fn as_text(status: &Status) -> String {
    let mut lines = vec![
        format!("repository  {}  ({})", status.repository.value, status.repository.origin),
        format!("branch      {}  ({})", status.branch.name, status.branch.origin),
        format!("server      {}", status.server),
        format!("index       {}", index_text(&status.index)),
    ];
    lines.extend(status.bases_from.iter().map(|base| format!("base        {}", base_text(base, status))));
    for project in &status.projects {
        lines.push(String::new());
        lines.extend(project_lines(project));
    }
    lines.join("\n")
}

/// What a repository of `bases-from` gives the index.
fn base_text(base: &RepositoryBase, status: &Status) -> String {
    let repository = &base.repository;
    match &base.found {
        FoundBase::Index(index) if is_base(index, status) => format!("{index} of {repository}"),
        FoundBase::Index(index) => format!("{index} of {repository}, from the next `git devpi ensure` on"),
        FoundBase::None => format!("none from {repository}: it has no index of {}", status.branch.name),
        FoundBase::OtherRemote(index) => {
            format!(
                "none from {repository}: the record of {index} does not name its remote on this git server (a fork?)"
            )
        }
        FoundBase::BeingDeleted(index) => format!("none from {repository}: {index} is being deleted"),
        FoundBase::Circle(index) => format!("none from {repository}: {index} has this index as a base already"),
    }
}

fn is_base(index: &IndexName, status: &Status) -> bool {
    matches!(&status.index, IndexState::Exists(own) if own.config.bases.contains(index))
}

fn base_json(base: &RepositoryBase, status: &Status) -> Value {
    let (index, state) = match &base.found {
        FoundBase::Index(index) if is_base(index, status) => (Some(index), "base"),
        FoundBase::Index(index) => (Some(index), "to be added"),
        FoundBase::None => (None, "no index"),
        FoundBase::OtherRemote(index) => (Some(index), "other remote"),
        FoundBase::BeingDeleted(index) => (Some(index), "being deleted"),
        FoundBase::Circle(index) => (Some(index), "circle"),
    };
    let index = index.map(ToString::to_string);
    json!({ "user": base.user.as_str(), "repository": base.repository.as_str(), "index": index, "state": state })
}

fn index_text(state: &IndexState) -> String {
    match state {
        IndexState::Exists(index) if index.config.volatile => {
            format!("{} (volatile: its deletion was interrupted; `git devpi prune` completes it)", index.name)
        }
        IndexState::Exists(index) => index.name.to_string(),
        IndexState::Missing { name, taken, not_by_push } => {
            let because = match &taken[..] {
                [] => String::new(),
                taken => format!(", because {} belongs to another branch or repository", names(taken)),
            };
            match not_by_push {
                None => format!("none yet; the next push creates {name}{because}"),
                Some(why) => {
                    let why = no_creation_text(why);
                    format!("none yet (its name is {name}{because}); the next push does not create it: {why}")
                }
            }
        }
        IndexState::AllTaken(taken) => format!("none: {} belong to other branches or repositories", names(taken)),
    }
}

/// Why a push does not create an index, with the command that changes it.
fn no_creation_text(why: &NoCreation) -> String {
    match why {
        NoCreation::PullRequest => "it is a pull request's, and `git devpi ensure` in CI creates it".to_owned(),
        NoCreation::Ignored(pattern) => {
            format!("the branch matches {} in ignore-branches", escape_for_terminal(pattern))
        }
        NoCreation::NotInstalled => "git runs no pre-push hook of git-devpi (`git devpi hooks install`)".to_owned(),
        NoCreation::Obstacle(obstacle @ Obstacle::Skipped(_)) => {
            format!("{} (`git devpi login`, or CI creates it)", obstacle_text(obstacle))
        }
        NoCreation::Obstacle(obstacle) => obstacle_text(obstacle),
        NoCreation::UpToDate => {
            "the remote has this commit, so that there is nothing to push (`git devpi index create`)".to_owned()
        }
    }
}

fn names(indexes: &[IndexName]) -> String {
    indexes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn project_lines(project: &ProjectStatus) -> Vec<String> {
    let version = match &project.version {
        Ok(version) => format!("this commit has the version {}", version.version),
        Err(error) => format!("this commit has no version: {error}"),
    };
    let mut lines = vec![format!("{}: {version}", project.name)];
    for release in &project.releases {
        lines.push(format!("  {}  {}", escape_for_terminal(&release.version), provenance_text(&release.provenance)));
        lines.extend(release.files.iter().map(|file| format!("    {}", file_text(file))));
        lines.extend(unreadable_text(release));
    }
    match project.count - project.releases.len() {
        0 if project.count == 0 => lines.push("  no releases on the index".to_owned()),
        0 => {}
        more => lines.push(format!("  and {more} older releases")),
    }
    lines
}

fn unreadable_text(release: &ReleaseStatus) -> Option<String> {
    let results = match release.unreadable.len() {
        0 => return None,
        1 => "1 tox result cannot be read and does".to_owned(),
        count => format!("{count} tox results cannot be read and do"),
    };
    let version = escape_for_terminal(&release.version);
    Some(format!("    {results} not count: `git devpi results {version}` names them"))
}

fn file_text(file: &FileStatus) -> String {
    let verdicts = file.verdicts.iter().map(|(name, verdict)| format!("{} {verdict}", escape_for_terminal(name)));
    let verdicts = verdicts.collect::<Vec<_>>().join(", ");
    let verdicts = if verdicts.is_empty() { "no evidence".to_owned() } else { verdicts };
    format!("{}  {}", escape_for_terminal(&file.file.file_name), verdicts)
}

/// Returns the provenance of a release, for people.
pub fn provenance_text(origin: &Origin) -> String {
    match origin {
        Origin::Commit(commit) => format!("from {}", commit.short()),
        Origin::Unproven { .. } => "without provenance".to_owned(),
        Origin::Mixed { commits } => {
            let shorts: Vec<&str> = commits.iter().map(|commit| commit.short()).collect();
            format!("from several commits: {}", shorts.join(", "))
        }
    }
}

fn as_json(status: &Status) -> Value {
    let (index, exists) = match &status.index {
        IndexState::Exists(index) => (Some(index.name.to_string()), true),
        IndexState::Missing { name, .. } => (Some(name.to_string()), false),
        IndexState::AllTaken(_) => (None, false),
    };
    let not_by_push = match &status.index {
        IndexState::Missing { not_by_push: Some(why), .. } => Some(no_creation_text(why)),
        _ => None,
    };
    let taken = match &status.index {
        IndexState::Exists(_) => Vec::new(),
        IndexState::Missing { taken, .. } | IndexState::AllTaken(taken) => {
            taken.iter().map(ToString::to_string).collect()
        }
    };
    json!({
        "schema": 1,
        "repository": status.repository.value.as_str(),
        "branch": status.branch.name.as_str(),
        "server": status.server.as_str(),
        "index": {
            "name": index,
            "exists": exists,
            "taken": taken,
            "next_push_creates_it": matches!(status.index, IndexState::Missing { not_by_push: None, .. }),
            "not_by_push": not_by_push,
        },
        "bases_from": status.bases_from.iter().map(|base| base_json(base, status)).collect::<Vec<_>>(),
        "projects": status.projects.iter().map(project_json).collect::<Vec<_>>(),
    })
}

fn project_json(project: &ProjectStatus) -> Value {
    json!({
        "name": project.name.as_str(),
        "version": project.version.as_ref().ok().map(|v| v.version.to_string()),
        "version_error": project.version.as_ref().err().map(ToString::to_string),
        "release_count": project.count,
        "releases": project.releases.iter().map(release_json).collect::<Vec<_>>(),
    })
}

fn release_json(release: &ReleaseStatus) -> Value {
    let commit = match &release.provenance {
        Origin::Commit(commit) => Some(commit.as_str()),
        _ => None,
    };
    let file = |file: &FileStatus| {
        let verdicts: serde_json::Map<String, Value> =
            file.verdicts.iter().map(|(name, verdict)| (name.clone(), json!(verdict.as_str()))).collect();
        json!({ "name": file.file.file_name, "sha256": file.file.sha256.as_str(), "verdicts": verdicts })
    };
    json!({
        "version": release.version,
        "commit": commit,
        "files": release.files.iter().map(file).collect::<Vec<_>>(),
        "unreadable": unreadable_json(&release.unreadable),
    })
}
