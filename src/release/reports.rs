//! The tox reports of a release. A report never changes: it is asked for once and kept in the cache folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;
use sha2::Digest;

use crate::devpi::{self, Server};
use crate::model::release::{Release, ToxResultLink};
use crate::model::tox_result::ToxReport;
use crate::release::Error;
use crate::system::files::{self, Access};
use crate::workspace::{Workspace, cache};

/// How many reports are asked for at the same time.
const MAX_PARALLEL: usize = 8;

/// Reports by the path of their link, for the rules in `model::evidence`.
pub type Reports = BTreeMap<String, ToxReport>;

/// Every report of `release`.
pub fn read(workspace: &Workspace<'_>, server: &Server, release: &Release) -> Result<Reports, Error> {
    let mut reports = Reports::new();
    let mut unknown = Vec::new();
    for link in &release.tox_results {
        match read_cached(&cache_path(workspace, server, link)) {
            Some(report) => drop(reports.insert(link.path.clone(), ToxReport::parse(&report))),
            None => unknown.push(link),
        }
    }
    for (link, report) in fetch_all(server, &unknown)? {
        let text = serde_json::to_vec(&report).unwrap_or_default();
        // A cache that cannot be written costs a request the next time, no more.
        let _ = files::write_atomic(&cache_path(workspace, server, link), &text, Access::Shared);
        reports.insert(link.path.clone(), ToxReport::parse(&report));
    }
    Ok(reports)
}

fn fetch_all<'a>(server: &Server, links: &[&'a ToxResultLink]) -> Result<Vec<(&'a ToxResultLink, Value)>, Error> {
    let queue = Mutex::new(links.iter());
    let answers = Mutex::new(Vec::new());
    let failure: Mutex<Option<devpi::Error>> = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..links.len().min(MAX_PARALLEL) {
            scope.spawn(|| {
                while let Some(link) = queue.lock().ok().and_then(|mut queue| queue.next()) {
                    match (server.tox_report(link), answers.lock(), failure.lock()) {
                        (Ok(report), Ok(mut answers), _) => answers.push((*link, report)),
                        // Somebody deleted the file in between, or posted something that is no JSON: no evidence.
                        (Err(devpi::Error::Gone { .. } | devpi::Error::NotFound { .. }), _, _) => {}
                        (Err(error), _, Ok(mut failure)) => *failure = Some(error),
                        _ => {}
                    }
                }
            });
        }
    });
    match failure.into_inner() {
        Ok(Some(error)) => Err(error.into()),
        _ => Ok(answers.into_inner().unwrap_or_default()),
    }
}

fn cache_path(workspace: &Workspace<'_>, server: &Server, link: &ToxResultLink) -> PathBuf {
    let mut digest = sha2::Sha256::new();
    digest.update(server.root().as_str());
    digest.update([0]);
    digest.update(&link.path);
    let name = files::finish_sha256(digest);
    workspace.directories.cache.join(cache::REPORTS).join(format!("{name}.json"))
}

fn read_cached(path: &std::path::Path) -> Option<Value> {
    let report = serde_json::from_slice(&files::read_optional(path).ok()??).ok();
    cache::mark_used(path);
    report
}
