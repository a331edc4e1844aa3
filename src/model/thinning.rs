//! Determines which old releases of a project on one index are superfluous.
//!
//! A server becomes slow when an index has hundreds of releases of one project. A pure rule: a release whose age or version is unknown stays.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use pep440_rs::Version;

use super::promotion::base_of;
use super::release::Release;

/// The number of the newest releases of a project that stay.
pub const NEWEST_KEPT: usize = 50;

/// The number of releases of a project on one index from which it is time to delete old ones.
pub const MANY_RELEASES: usize = 300;

/// How long a release stays after the last upload of a file or result to it.
const YOUNG: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The releases of one project on one index that are superfluous at `now`, by the server's clock; oldest first.
///
/// The newest [`NEWEST_KEPT`] stay, all that were used in the last 14 days, and the highest of each base version.
pub fn superfluous(releases: &[Release], now: Timestamp) -> Vec<&Release> {
    let mut dated: Vec<(Timestamp, Version, &Release)> = releases.iter().filter_map(dated).collect();
    dated.sort_by(|one, other| (&other.0, &other.1).cmp(&(&one.0, &one.1)));
    let mut highest: BTreeMap<(u64, Vec<u64>), &Version> = BTreeMap::new();
    for (_, version, _) in &dated {
        let best = highest.entry(base_of(version)).or_insert(version);
        *best = std::cmp::Ord::max(version, *best);
    }
    // Releases that cannot be dated stay, and count as new.
    let unknown = releases.len() - dated.len();
    let old = dated.iter().skip(NEWEST_KEPT.saturating_sub(unknown));
    let is_superfluous = |(_, version, release): &&(Timestamp, Version, &Release)| {
        let is_old = last_used(release).is_some_and(|used| now.duration_since(used) >= YOUNG);
        is_old && highest.get(&base_of(version)).is_some_and(|best| *best > version)
    };
    let mut found: Vec<&Release> = old.filter(is_superfluous).map(|(_, _, release)| *release).collect();
    found.reverse();
    found
}

/// The time of a release's newest file, and its version.
fn dated(release: &Release) -> Option<(Timestamp, Version, &Release)> {
    let uploads: Option<Vec<Timestamp>> =
        release.files.iter().map(|file| file.log.iter().map(|entry| entry.when).max()).collect();
    let uploaded = uploads?.into_iter().max()?;
    Some((uploaded, Version::from_str(&release.version).ok()?, release))
}

/// The time of the last upload of a file or a result; `None` if any time is unknown.
fn last_used(release: &Release) -> Option<Timestamp> {
    let files = release.files.iter().map(|file| &file.log);
    let logs = files.chain(release.tox_results.iter().map(|link| &link.log));
    let times: Option<Vec<Timestamp>> = logs.map(|log| log.iter().map(|entry| entry.when).max()).collect();
    times?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::names::{IndexName, ProjectName, Sha256};
    use crate::model::release::{LogEntry, ReleaseFile, ToxResultLink};

    const NOW: &str = "2026-06-30T12:00:00Z";

    fn log(days: Option<i64>) -> Vec<LogEntry> {
        let at = |days: i64| NOW.parse::<Timestamp>().unwrap() - SignedDuration::from_hours(24 * days);
        let entry = |when| LogEntry { what: "upload".into(), who: None, when, src: None, dst: None };
        days.map(|days| entry(at(days))).into_iter().collect()
    }

    fn release(version: &str, days: Option<i64>) -> Release {
        let sha256 = Sha256::parse(&"a".repeat(64)).unwrap();
        let file = ReleaseFile { file_name: version.into(), sha256, path: version.into(), log: log(days) };
        Release {
            index: IndexName::parse("acme/main").unwrap(),
            project: ProjectName::parse("demo").unwrap(),
            version: version.into(),
            files: vec![file],
            tox_results: vec![],
        }
    }

    /// `1.4.1` to `1.4.n`, one a day, the last one `newest` days ago.
    fn daily(n: i64, newest: i64) -> Vec<Release> {
        (1..=n).map(|number| release(&format!("1.4.{number}"), Some(newest + n - number))).collect()
    }

    fn versions(releases: &[Release]) -> Vec<&str> {
        superfluous(releases, NOW.parse().unwrap()).iter().map(|release| release.version.as_str()).collect()
    }

    #[test]
    fn the_newest_fifty_stay() {
        assert_eq!(versions(&daily(50, 100)), [""; 0]);
        assert_eq!(versions(&daily(52, 100)), ["1.4.1", "1.4.2"]);
        // By the time of the upload, not by the version.
        let mut releases = daily(52, 100);
        releases[0] = release("1.4.1", Some(50));
        assert_eq!(versions(&releases), ["1.4.2", "1.4.3"]);
    }

    #[test]
    fn what_was_used_in_the_last_fourteen_days_stays() {
        // Ten a day: all of the last 14 days stay.
        let releases: Vec<Release> =
            (0..300).map(|n| release(&format!("1.4.{}", 300 - n), Some(i64::from(n) / 10))).collect();
        let found = versions(&releases);
        assert_eq!(found.len(), 160);
        assert!(found.contains(&"1.4.160") && !found.contains(&"1.4.161"), "{found:?}");
        // A result counts as a use.
        let mut releases = daily(52, 100);
        let result = |days| ToxResultLink { path: "r".into(), for_path: "1.4.1".into(), sha256: None, log: log(days) };
        releases[0].tox_results.push(result(Some(13)));
        assert_eq!(versions(&releases), ["1.4.2"]);
        releases[0].tox_results = vec![result(Some(14))];
        assert_eq!(versions(&releases), ["1.4.1", "1.4.2"]);
        // The future counts as young.
        releases[0].tox_results = vec![result(Some(-3))];
        assert_eq!(versions(&releases), ["1.4.2"]);
    }

    #[test]
    fn the_highest_of_each_base_stays() {
        let mut releases = daily(50, 20);
        for version in ["1.2.9", "1.2.10", "1.3.5", "1.3.4.dev0", "2!1.3.1", "0.9.post3", "0.9.post2"] {
            releases.push(release(version, Some(500)));
        }
        let mut found = versions(&releases);
        found.sort_unstable();
        assert_eq!(found, ["0.9.post2", "1.2.9", "1.3.4.dev0"]);
    }

    #[test]
    fn what_is_unknown_stays() {
        let mut releases = daily(51, 100);
        releases.push(release("no version", Some(500)));
        releases.push(release("1.4.0", None));
        assert_eq!(versions(&releases), ["1.4.1", "1.4.2", "1.4.3"]);
        releases[0].tox_results.push(ToxResultLink {
            path: "r".into(),
            for_path: "1.4.1".into(),
            sha256: None,
            log: log(None),
        });
        assert_eq!(versions(&releases), ["1.4.2", "1.4.3"]);
        releases[1].files.clear();
        assert_eq!(versions(&releases), ["1.4.3", "1.4.4"]);
    }
}
