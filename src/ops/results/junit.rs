//! `results add --junit`: JUnit XML as evidence, for tests that run without tox.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::evidence;
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result::MAX_REPORT_SIZE;
use crate::ops::Error;
use crate::ops::results::{Added, unknown_environment};
use crate::release::evidence::{TestedFile, post, prepare_counted};
use crate::release::junit::{JUnitError, JUnitReport, JUnitRun};
use crate::release::reports;
use crate::release::select::{ReleaseSelector, locate};
use crate::system::files::{read_at_most, sha256_if_exists};
use crate::workspace::Workspace;

/// A JUnit report to add.
#[derive(Debug, Clone)]
pub struct JUnitRequest {
    /// The report.
    pub report: PathBuf,
    /// The environment that it is evidence for.
    pub environment: String,
    /// The tested package; needed if the release has several files.
    pub package: Option<PathBuf>,
    /// The exit code of the test program.
    pub exit_code: Option<i32>,
}

/// Posts a JUnit report to the tested file of a release.
pub fn add(workspace: &Workspace<'_>, request: &JUnitRequest, selector: &ReleaseSelector) -> Result<Added, Error> {
    let report = read(request)?;
    let server = workspace.session()?;
    let release = locate(workspace, server, selector)?;
    let file = tested_file(&release, request.package.as_deref())?.clone();
    let trusted = workspace.evidence_users()?;
    let known = reports::read_trusted(workspace, server, &release, &trusted)?;
    let built_from = evidence::provenance(&release, &known, &trusted);
    let head = workspace.commit()?;
    let commit = built_from.get(&file.file_name).map_or(&head, |provenance| &provenance.commit);
    let tested = TestedFile { version: &release.version, file: &file, commit };
    let run = JUnitRun {
        environment: &request.environment,
        exit_code: request.exit_code,
        file_name: &file.file_name,
        sha256: &file.sha256,
    };
    let counts = BTreeMap::from([(request.environment.clone(), report.counts)]);
    let prepared = prepare_counted(workspace, &tested, &report.as_tox_report(&run), counts)?;
    post(workspace, &tested, &prepared)?;
    // The report is posted already: a configuration that cannot be read is no error of it.
    let unknown = unknown_environment::find(workspace, &request.environment).unwrap_or(None);
    Ok(Added { files: vec![(file.file_name.clone(), prepared.kept)], dropped: prepared.dropped, unknown, release })
}

fn read(request: &JUnitRequest) -> Result<JUnitReport, Error> {
    let path = &request.report;
    let bad = |reason| Error::BadJUnit { place: path.display().to_string(), reason };
    let metadata = path.metadata().map_err(|error| bad(JUnitError::Unreadable(error.to_string())))?;
    let too_large = |size| bad(JUnitError::TooLarge { size, limit: MAX_REPORT_SIZE });
    if metadata.len() > MAX_REPORT_SIZE {
        return Err(too_large(metadata.len()));
    }
    let bytes = read_at_most(path, MAX_REPORT_SIZE)?.ok_or_else(|| too_large(MAX_REPORT_SIZE + 1))?;
    JUnitReport::parse(&bytes, request.exit_code).map_err(bad)
}

/// The file of the release that was tested: the one with the bytes of `package`, else the only one.
fn tested_file<'r>(release: &'r Release, package: Option<&Path>) -> Result<&'r ReleaseFile, Error> {
    let Some(package) = package else {
        return match &release.files[..] {
            [one] => Ok(one),
            several => Err(Error::TestedFileUnknown {
                version: release.version.clone(),
                files: several.iter().map(|file| file.file_name.clone()).collect(),
            }),
        };
    };
    let sha256 = sha256_if_exists(package)?;
    let found = release.files.iter().find(|file| Some(&file.sha256) == sha256.as_ref());
    found.ok_or_else(|| Error::NotAFileOfRelease {
        place: package.display().to_string(),
        project: release.project.clone(),
        version: release.version.clone(),
        index: release.index.clone(),
    })
}
