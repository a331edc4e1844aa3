//! Reading the releases of an index itself, without those of its bases.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::StatusCode;

use super::error::Error;
use super::response::{MAX_BODY, ServerResponse};
use super::retry::Idempotency;
use super::server::Server;
use super::transport::Call;
use super::urls::{file_name_of, path_on};
use super::wire_format;
use crate::model::names::{IndexName, ProjectName, Sha256};
use crate::model::release::{LogEntry, Release, ReleaseFile, ToxResultLink};

/// The media type of a simple page as JSON (PEP 691).
const SIMPLE_JSON: &str = "application/vnd.pypi.simple.v1+json";

impl Server {
    /// Reads a release of this index with one request; `None` if the index itself does not have it.
    ///
    /// devpi's response includes the bases (`ignore_bases` exists only for the list of all versions), so the paths of the links
    /// decide. If no private index among the bases has the project, the server queries its mirrors, which takes seconds.
    pub fn release(&self, index: &IndexName, project: &ProjectName, version: &str) -> Result<Option<Release>, Error> {
        let url = self.urls().index(index, &[project.as_str(), version]);
        let call = Call::get(url, format!("read {project} {version} on {index}"));
        self.ask_until(&call, Idempotency::Idempotent, |answer| {
            if answer.status == StatusCode::NOT_FOUND && answer.is_from_devpi {
                return Ok(None);
            }
            let answer = self.expect(answer, &call)?;
            let data: wire_format::VersionData = answer.result()?;
            read_release(index, project, (version, data), &answer)
        })
    }

    /// Reads the requirements of a release (`Requires-Dist`) with one request, as the builder's metadata spell them; none where the index itself
    /// and its bases do not have it.
    pub fn requirements(&self, index: &IndexName, project: &ProjectName, version: &str) -> Result<Vec<String>, Error> {
        let url = self.urls().index(index, &[project.as_str(), version]);
        let call = Call::get(url, format!("read the requirements of {project} {version} on {index}"));
        let Some(answer) = self.ask_maybe(&call)? else { return Ok(Vec::new()) };
        let data: serde_json::Value = answer.result()?;
        let requirements = data["requires_dist"].as_array().into_iter().flatten();
        Ok(requirements.filter_map(|one| one.as_str().map(str::to_owned)).collect())
    }

    /// Reads all releases of a project on the index itself. The response has megabytes for hundreds of versions.
    pub fn releases(&self, index: &IndexName, project: &ProjectName) -> Result<Vec<Release>, Error> {
        self.releases_of(index, project, MAX_BODY)
    }

    /// Does the same if the response has at most `limit` bytes; `None` if it is larger, which the server announces.
    pub fn releases_within(
        &self,
        index: &IndexName,
        project: &ProjectName,
        limit: u64,
    ) -> Result<Option<Vec<Release>>, Error> {
        match self.releases_of(index, project, limit) {
            Err(Error::BodyTooLarge { .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Reads the names of the files of a project on the index itself from its simple page, which has a sixth of the bytes of the releases.
    ///
    /// The page includes the bases, and a project that no private index has is looked up on the mirrors: ask only for one that is on the
    /// index.
    pub fn file_names(&self, index: &IndexName, project: &ProjectName) -> Result<Vec<String>, Error> {
        let url = self.urls().index(index, &["+simple", project.as_str(), ""]);
        let mut call = Call::get(url, format!("list the files of {project} on {index}"));
        call.media_type = Some(SIMPLE_JSON);
        self.ask_until(&call, Idempotency::Idempotent, |answer| {
            let answer = self.expect(answer, &call)?;
            let page: wire_format::SimplePage = answer.json()?;
            let is_own = |url: &str| answer.url.join(url).is_ok_and(|url| path_on(index, url.as_str()).is_some());
            Ok(page.files.into_iter().filter(|file| is_own(&file.url)).map(|file| file.filename).collect())
        })
    }

    fn releases_of(&self, index: &IndexName, project: &ProjectName, limit: u64) -> Result<Vec<Release>, Error> {
        let mut url = self.urls().index(index, &[project.as_str()]);
        url.set_query(Some("ignore_bases="));
        let mut call = Call::get(url, format!("list the releases of {project} on {index}"));
        call.limit = limit;
        self.ask_until(&call, Idempotency::Idempotent, |answer| {
            if answer.status == StatusCode::NOT_FOUND && answer.is_from_devpi {
                return Ok(Vec::new());
            }
            let answer = self.expect(answer, &call)?;
            let versions: BTreeMap<String, wire_format::VersionData> = answer.result()?;
            let mut releases = Vec::with_capacity(versions.len());
            for (version, data) in versions {
                releases.extend(read_release(index, project, (&version, data), &answer)?);
            }
            Ok(releases)
        })
    }
}

/// Converts a release; `None` if it has no file on `index`.
pub(super) fn read_release(
    index: &IndexName,
    project: &ProjectName,
    (version, data): (&str, wire_format::VersionData),
    answer: &ServerResponse,
) -> Result<Option<Release>, Error> {
    let mut release = Release {
        index: index.clone(),
        project: project.clone(),
        version: data.version.unwrap_or_else(|| version.to_owned()),
        files: Vec::new(),
        tox_results: Vec::new(),
    };
    for link in data.links {
        let Some(path) = path_on(index, &link.href) else { continue };
        match link.rel.as_str() {
            "releasefile" => release.files.push(read_file(path, link, answer)?),
            "toxresult" => release.tox_results.extend(read_tox_result(index, path, link)),
            _ => {}
        }
    }
    drop_wrong_digests(&mut release);
    Ok((!release.files.is_empty()).then_some(release))
}

fn read_file(path: String, link: wire_format::Link, answer: &ServerResponse) -> Result<ReleaseFile, Error> {
    let unreadable = |why: &str| answer.not_devpi(format!("a link {why}"));
    let file_name = file_name_of(&path).ok_or_else(|| unreadable("has no valid file name"))?;
    let sha256 = sha256_of(&link).ok_or_else(|| unreadable("has no sha256"))?;
    Ok(ReleaseFile { file_name, sha256, path, log: read_log(link.log) })
}

fn read_tox_result(index: &IndexName, path: String, link: wire_format::Link) -> Option<ToxResultLink> {
    let for_path = path_on(index, link.for_href.as_deref()?)?;
    let sha256 = sha256_of(&link);
    Some(ToxResultLink { path, for_path, sha256, log: read_log(link.log) })
}

fn sha256_of(link: &wire_format::Link) -> Option<Sha256> {
    let spec = link.hash_spec.as_deref().and_then(|spec| spec.strip_prefix("sha256="));
    let digest = link.hashes.get("sha256").map(String::as_str).or(spec)?;
    Sha256::parse(digest).ok()
}

/// Drops the sha256 of a tox result if it is that of the tested file: devpi-server 6.5 to 6.8 lists it for the result too.
fn drop_wrong_digests(release: &mut Release) {
    for result in &mut release.tox_results {
        let tested = release.files.iter().find(|file| file.path == result.for_path);
        if tested.is_some_and(|file| result.sha256.as_ref() == Some(&file.sha256)) {
            result.sha256 = None;
        }
    }
}

/// Converts the log. An entry with an invalid date gets the epoch: the first entry names the uploader, so none may be dropped.
fn read_log(lines: Vec<wire_format::LogLine>) -> Vec<LogEntry> {
    let read = |line: wire_format::LogLine| LogEntry {
        what: line.what,
        who: line.who,
        when: timestamp(line.when).unwrap_or(Timestamp::UNIX_EPOCH),
        src: line.src,
        dst: line.dst,
    };
    lines.into_iter().map(read).collect()
}

fn timestamp((year, month, day, hour, minute, second): (i16, i8, i8, i8, i8, i8)) -> Option<Timestamp> {
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}
