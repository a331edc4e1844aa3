//! Reads the tox reports of a release, from the cache folder or the server.
//!
//! Reports decide about production, and every user may be allowed to post them. So each is checked against the sha256 that the server lists,
//! wherever it comes from, and its size is limited. A report that cannot be read is recorded with the reason; it never fails the
//! reading of the others.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use crate::devpi::{self, Server};
use crate::model::evidence::Reports;
use crate::model::names::UserName;
use crate::model::release::{Release, ToxResultLink};
use crate::model::tox_result::{MAX_REPORT_SIZE, ToxReport, Unreadable};
use crate::release::Error;
use crate::system::directories::Directories;
use crate::system::files::{self, Access};
use crate::system::parallel;
use crate::workspace::{Workspace, cache};

/// The number of reports that are requested at the same time.
const MAX_PARALLEL: usize = 8;

/// The number of reports by users who do not count that are read, newest first. They are only shown: thousands of them must not delay a
/// decision.
const OTHERS_READ: usize = 50;

/// The maximum size of a report by a user who does not count, in bytes.
const OTHERS_SIZE: u64 = 1024 * 1024;

/// Reads every report of `release` by the trusted users, and the newest ones by others. One request for each report that is not cached.
///
/// Fails when the server does not respond, or does not send a trusted report for a reason that may pass.
pub fn read(
    workspace: &Workspace<'_>,
    server: &Server,
    release: &Release,
    trusted: &[UserName],
) -> Result<Reports, Error> {
    read_in(&workspace.directories, server, release, trusted)
}

fn read_in(
    directories: &Directories,
    server: &Server,
    release: &Release,
    trusted: &[UserName],
) -> Result<Reports, Error> {
    let (counting, mut others): (Vec<_>, Vec<_>) = release.tox_results.iter().partition(|link| link.is_by(trusted));
    others.sort_by_key(|link| std::cmp::Reverse(link.posted()));
    let mut reports = Reports::default();
    for link in others.split_off(OTHERS_READ.min(others.len())) {
        reports.insert(link, Err(Unreadable::NotRead));
    }
    let counting = counting.into_iter().map(|link| Wanted { link, counts: true });
    let others = others.into_iter().map(|link| Wanted { link, counts: false });
    let mut missing = VecDeque::new();
    for wanted in counting.chain(others) {
        match read_cached(directories, wanted.link) {
            Some(bytes) => reports.insert(wanted.link, ToxReport::from_bytes(&bytes)),
            None => missing.push_back(wanted),
        }
    }
    for (link, report) in fetch_all(directories, server, missing)? {
        reports.insert(link, report);
    }
    Ok(reports)
}

/// As [`read`] for several releases, at once.
pub fn read_all(
    workspace: &Workspace<'_>,
    server: &Server,
    releases: &[Release],
    trusted: &[UserName],
) -> Result<Vec<Reports>, Error> {
    let directories = &workspace.directories;
    let read = |release: &Release| read_in(directories, server, release, trusted);
    parallel::map(releases, MAX_PARALLEL, read).into_iter().collect()
}

/// As [`read`], only the reports by the trusted users: enough for the provenance.
pub fn read_trusted(
    workspace: &Workspace<'_>,
    server: &Server,
    release: &Release,
    trusted: &[UserName],
) -> Result<Reports, Error> {
    let tox_results = release.tox_results.iter().filter(|link| link.is_by(trusted)).cloned().collect();
    read(workspace, server, &Release { tox_results, ..release.clone() }, trusted)
}

/// A report to read.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    link: &'a ToxResultLink,
    /// Whether its uploader is a trusted user.
    counts: bool,
}

type Fetched<'a> = (&'a ToxResultLink, Result<ToxReport, Unreadable>);

/// Fetches the reports in parallel. Each is parsed at once, so that only what it says stays in memory.
fn fetch_all<'a>(
    directories: &Directories,
    server: &Server,
    missing: VecDeque<Wanted<'a>>,
) -> Result<Vec<Fetched<'a>>, Error> {
    let workers = missing.len().min(MAX_PARALLEL);
    let queue = Mutex::new(missing);
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    let work = || {
        let mut fetched = Vec::new();
        while let Some(wanted) = next() {
            match fetch_one(directories, server, wanted) {
                Ok(report) => fetched.push((wanted.link, report)),
                Err(error) => {
                    // The other workers stop after their present report.
                    while next().is_some() {}
                    return Err(error);
                }
            }
        }
        Ok::<_, devpi::Error>(fetched)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(all)
    })
}

fn fetch_one(
    directories: &Directories,
    server: &Server,
    wanted: Wanted<'_>,
) -> Result<Result<ToxReport, Unreadable>, devpi::Error> {
    let limit = if wanted.counts { MAX_REPORT_SIZE } else { OTHERS_SIZE };
    let bytes = match server.tox_report(wanted.link, limit) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(error, wanted.counts).map(Err),
    };
    if let Some(sha256) = &wanted.link.sha256 {
        // A cache that cannot be written costs a request the next time, no more.
        let _ = files::write_atomic(&cache::report(directories, sha256), &bytes, Access::Shared);
    }
    Ok(ToxReport::from_bytes(&bytes))
}

/// The reason why a report is not read; an error where it prevents the reading of all.
///
/// A report that counts and is not sent for a passing reason may have failed: no decision is made without it.
fn unreadable(error: devpi::Error, counts: bool) -> Result<Unreadable, devpi::Error> {
    use devpi::Error as E;
    match error {
        E::BodyTooLarge { limit, .. } => Ok(Unreadable::TooLarge { limit }),
        E::ChecksumMismatch { expected, found, .. } => Ok(Unreadable::ChecksumMismatch { expected, found }),
        E::Gone { .. } | E::NotFound { .. } => Ok(Unreadable::Missing),
        E::ServerError { .. }
        | E::TooManyRequests { .. }
        | E::Broken { .. }
        | E::DeadlineExceeded { .. }
        | E::Redirected { .. }
            if !counts =>
        {
            Ok(Unreadable::NotSent(error.to_string()))
        }
        error => Err(error),
    }
}

/// The cached report of `link`. A copy with other bytes than the server lists is deleted.
///
/// A report without a sha256 is not cached: nothing would protect the copy.
fn read_cached(directories: &Directories, link: &ToxResultLink) -> Option<Vec<u8>> {
    let sha256 = link.sha256.as_ref()?;
    let path = cache::report(directories, sha256);
    match files::read_at_most(&path, MAX_REPORT_SIZE) {
        Ok(Some(bytes)) if files::sha256_of(&bytes) == *sha256 => {
            cache::mark_used(&path);
            Some(bytes)
        }
        _ => {
            let _ = files::remove_if_exists(&path);
            None
        }
    }
}
