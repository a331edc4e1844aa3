//! `doctor`: runs all checks; a failed check has the error, whose hint tells how to fix it.

mod body_size;
mod clock;
mod finding;
mod login;
mod packaging;
mod replication;
mod required;
mod rights;
mod storage;

use crate::build::package;
use crate::devpi::{IndexConfig, Server, ServerInfo};
use crate::git;
use crate::index::branch_index::{IndexMap, indexes_of};
use crate::index::crowded::crowded;
use crate::model::names::{IndexName, escape_for_terminal};
use crate::model::record::Record;
use crate::model::thinning::MANY_RELEASES;
pub use crate::ops::doctor::finding::{Check, Finding};
use crate::ops::doctor::packaging::Packaging;
use crate::ops::doctor::required::Requirement;
use crate::ops::hooks::EventStatus;
use crate::ops::{Error, hooks};
use crate::python::tox::Tox;
use crate::system;
use crate::workspace::Workspace;

/// The number of indexes from which changes become slow: devpi stores all indexes of a user in one
/// record.
const MANY_INDEXES: usize = 100;
/// The oldest supported git.
const OLDEST_GIT: (u32, u32, u32) = (2, 25, 0);

/// Runs every check. Changes nothing.
pub fn doctor(workspace: &Workspace<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut check = |name, finding| checks.push(Check { name, finding });
    check("git", passed_or_failed(git_version(workspace)));
    check("repository", passed_or_failed(repository(workspace)));
    check("release branches", passed_or_failed(release_branches(workspace)));
    check("project", passed_or_failed(projects(workspace)));
    check("builder", passed_or_failed(builder(workspace)));
    check("tox", passed_or_failed(tox(workspace)));
    for finding in packaging(workspace) {
        check("packaging in tox", finding);
    }
    match required::check(workspace) {
        Ok(Requirement::Unset) => {}
        Ok(requirement) => check("require", require(requirement)),
        Err(error) => check("require", Finding::Failed(error)),
    }
    check("hooks", hooks(workspace).unwrap_or_else(Finding::Failed));
    match server(workspace) {
        Ok((server, info)) => {
            check("server", Finding::Passed(format!("{} (devpi-server {})", server.root(), info.version)));
            check("login", login::check(workspace, &info.auth).unwrap_or_else(Finding::Failed));
            check("clock", clock::check(server.server_time(), system::clock::now()));
            match server.state() {
                Ok(state) => {
                    check("storage", storage::check(workspace.keep_storage(server, Some(state.storage))));
                    let now = server.server_time().unwrap_or_else(system::clock::now);
                    if let Some(finding) = state.replication.and_then(|found| replication::check(found, now)) {
                        check("replication", finding);
                    }
                }
                Err(error) => check("storage", Finding::Failed(error.into())),
            }
            for (name, finding) in indexes(workspace, server) {
                check(name, finding);
            }
        }
        Err(error) => {
            check("server", Finding::Failed(error));
            check("login", Finding::Skipped);
            check("production", Finding::Skipped);
        }
    }
    checks
}

fn passed_or_failed(result: Result<String, Error>) -> Finding {
    match result {
        Ok(found) => Finding::Passed(found),
        Err(error) => Finding::Failed(error),
    }
}

fn git_version(workspace: &Workspace<'_>) -> Result<String, Error> {
    let version = git::git_version(&workspace.environment)?;
    let text = format!("{}.{}.{}", version.0, version.1, version.2);
    if version < OLDEST_GIT {
        return Err(Error::GitTooOld { version: text });
    }
    Ok(text)
}

fn repository(workspace: &Workspace<'_>) -> Result<String, Error> {
    let repository = workspace.repository()?;
    let name = workspace.repository_name()?;
    let reader = if repository.uses_libgit2() { "" } else { ", read through the git executable" };
    let shallow = if repository.is_shallow() { ", shallow" } else { "" };
    Ok(format!("{} ({}){shallow}{reader}", name.value, name.origin))
}

fn release_branches(workspace: &Workspace<'_>) -> Result<String, Error> {
    let patterns = workspace.release_branches()?;
    let names = patterns.value.iter().map(|pattern| pattern.as_str()).collect::<Vec<_>>().join(" ");
    Ok(format!("{names} ({})", patterns.origin))
}

fn projects(workspace: &Workspace<'_>) -> Result<String, Error> {
    let projects = workspace.projects()?;
    let lines = projects.iter().map(|project| {
        let base = project.source.base.as_deref().unwrap_or("from tags");
        format!("{} {base} ({})", project.name(), project.source.version_source)
    });
    Ok(lines.collect::<Vec<_>>().join(", "))
}

fn builder(workspace: &Workspace<'_>) -> Result<String, Error> {
    Ok(package::builder(workspace)?.name().to_owned())
}

fn tox(workspace: &Workspace<'_>) -> Result<String, Error> {
    Tox::find(&workspace.environment)?;
    Ok("found".to_owned())
}

fn packaging(workspace: &Workspace<'_>) -> Vec<Finding> {
    match packaging::check(workspace) {
        Ok(states) => states.into_iter().map(packaging_finding).collect(),
        Err(error) => vec![Finding::Failed(error)],
    }
}

fn packaging_finding(state: Packaging) -> Finding {
    let warning = |found: String, fix: &str| Finding::Warning(found, fix.to_owned());
    match state {
        Packaging::NoTox(project) => {
            warning(format!("{project} has no tox configuration"), "create a tox.ini; `git devpi test` needs it")
        }
        Packaging::Plugin(file) => Finding::Passed(format!("plugin: {file} requires git-devpi")),
        Packaging::PluginBesideTox(file) => Finding::Passed(format!(
            "plugin: git-devpi is installed beside tox here; CI needs it too, since {file} does not require it"
        )),
        Packaging::Snippet(file) => Finding::Passed(format!("snippet: git-devpi's lines in {file} and toxfile.py")),
        Packaging::PartOfSnippet(file) => warning(
            format!("a part of git-devpi's lines is missing in {file} or toxfile.py"),
            "`git devpi init` completes them; `git devpi init --tox plugin` replaces them",
        ),
        Packaging::Both(file) => warning(
            format!("{file} requires git-devpi, whose plugin does nothing beside git-devpi's lines in toxfile.py"),
            "`git devpi init --tox plugin` removes the lines",
        ),
        Packaging::PluginAndOldLines(file) => warning(
            format!("plugin: {file} requires git-devpi; the packaging environment in {file} has no effect beside it"),
            "`git devpi init --tox plugin` removes it",
        ),
        Packaging::Neither(file) => warning(
            format!("with {file} tox builds the package itself, instead of testing the published file"),
            "`git devpi init` adds git-devpi to `requires`",
        ),
        Packaging::Limited(file, limit) => Finding::Warning(format!("{file} {}", limit.problem), limit.remedy),
    }
}

fn require(requirement: Requirement) -> Finding {
    match requirement {
        Requirement::Unset => Finding::Skipped,
        Requirement::CanBeMet(environments) => Finding::Passed(environments.join(" ")),
        Requirement::NotChecked(reason) => Finding::Passed(format!("not checked: {reason}")),
        Requirement::CannotBeMet(reasons) => Finding::Warning(
            format!("no release can meet it with plain tox: {}", reasons.join(", ")),
            "change `require`, or these environments; `git devpi test` also gives evidence from editable ones"
                .to_owned(),
        ),
    }
}

fn hooks(workspace: &Workspace<'_>) -> Result<Finding, Error> {
    let status = hooks::status(workspace)?;
    let names =
        |events: &[&EventStatus]| events.iter().map(|status| status.event.name()).collect::<Vec<_>>().join(", ");
    let (working, missing): (Vec<&EventStatus>, Vec<&EventStatus>) =
        status.events.iter().partition(|event| event.works());
    if missing.is_empty() {
        let caller = working.iter().find_map(|event| event.route.caller.as_ref());
        let route = caller.map(|path| format!(", run from {}", path.display())).unwrap_or_default();
        return Ok(Finding::Passed(format!("{}{route}", names(&working))));
    }
    let bypassed = missing.iter().find_map(|event| event.route.bypassed.as_ref());
    let found = match bypassed {
        Some(path) => format!("git does not run {}: {}", names(&missing), path.display()),
        None => format!("not installed, or not run by git: {}", names(&missing)),
    };
    Ok(match hooks::preview(workspace)?.error() {
        Some(error) => Finding::Unfixable(found, error),
        None => {
            Finding::Warning(found, "`git devpi hooks install`; `git devpi hooks status` shows the details".to_owned())
        }
    })
}

fn server<'a>(workspace: &'a Workspace<'_>) -> Result<(&'a Server, ServerInfo), Error> {
    let server = workspace.server_for_reading()?;
    Ok((server, server.probe()?))
}

fn indexes(workspace: &Workspace<'_>, server: &Server) -> Vec<(&'static str, Finding)> {
    let look = || -> Result<Vec<(&'static str, Finding)>, Error> {
        let owner = workspace.owner()?;
        let name = workspace.production()?;
        let all = indexes_of(server, &owner)?;
        let production = if name.user() == &owner { all.get(name.name()).cloned() } else { server.index(&name)? };
        let mut findings = vec![(
            "production",
            match production {
                Some(config) => production_finding(&name.to_string(), &config),
                None => Finding::Warning(format!("index {name} not found"), "`git devpi init` creates it".to_owned()),
            },
        )];
        if name.user() == &owner {
            findings.push((
                "gate",
                Finding::Warning(
                    "the devpi user that builds also owns production: it can bypass the checks of promote".to_owned(),
                    "use a production index of another devpi user: `git config devpi.production USER/NAME`".to_owned(),
                ),
            ));
        }
        findings.push(("rights", rights::check(workspace, &all)?));
        findings.push(("releases", releases(workspace, server, &all)?));
        findings.extend(body_size::check(workspace, server, &all)?.map(|finding| ("body size", finding)));
        let of_branches = all.values().filter(|config| matches!(config.record, Some(Record::Branch(_)))).count();
        findings.push((
            "indexes",
            if all.len() >= MANY_INDEXES {
                Finding::Warning(
                    format!("{} has {} indexes: changes of an index are slow", owner, all.len()),
                    "`git devpi prune`, or use one devpi user per repository".to_owned(),
                )
            } else {
                Finding::Passed(format!("{} of {owner}, of which {of_branches} belong to branches", all.len()))
            },
        ));
        Ok(findings)
    };
    look().unwrap_or_else(|error| vec![("production", Finding::Failed(error))])
}

fn releases(workspace: &Workspace<'_>, server: &Server, all: &IndexMap) -> Result<Finding, Error> {
    let owner = workspace.owner()?;
    let branches = all.iter().filter_map(|(name, config)| match &config.record {
        Some(Record::Branch(record)) => Some((IndexName::new(&owner, name).ok()?, record)),
        _ => None,
    });
    let crowded = crowded(workspace, server, branches)?;
    if crowded.is_empty() {
        return Ok(Finding::Passed(format!(
            "fewer than {MANY_RELEASES} of each project on the indexes of long-lived branches"
        )));
    }
    let found = crowded.iter().map(|one| format!("{} has {} releases of {}", one.index, one.releases, one.project));
    let found = found.collect::<Vec<_>>().join(", ");
    Ok(Finding::Warning(format!("{found}: uploads are slow"), "`git devpi prune --releases`".to_owned()))
}

fn production_finding(name: &str, config: &IndexConfig) -> Finding {
    if config.volatile {
        return Finding::Warning(
            format!("{name} is volatile: files can be overwritten"),
            format!("`devpi index {name} volatile=False`"),
        );
    }
    let owner = name.split('/').next().unwrap_or_default();
    let others: Vec<&str> = config.acl_upload.iter().map(String::as_str).filter(|user| *user != owner).collect();
    if !others.is_empty() {
        let others = escape_for_terminal(&others.join(", "));
        return Finding::Warning(
            format!("{others} may upload to {name} directly, without the checks of promote"),
            format!("`devpi index {name} acl_upload={owner}`, unless they are who promotes"),
        );
    }
    if config.takes_anonymous_results() {
        return Finding::Warning(
            format!("every user may post results to {name} (they are shown but do not count)"),
            format!("`devpi index {name} acl_toxresult_upload={owner}`"),
        );
    }
    Finding::Passed(name.to_owned())
}
