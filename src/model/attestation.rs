//! in-toto Statements v1 about the files of a release: SLSA provenance v1 for the build, test-result v0.1 for each environment.
//!
//! They contain only what the trusted provenance and the trusted evidence say, in the fields of the published schemas
//! (<https://github.com/in-toto/attestation>, <https://slsa.dev/spec/v1.0/provenance>). Identifiers are URNs of git-devpi. The names of
//! test machines are left out, and so are user and password of CI URLs. The Statements are not signed; `cosign attest-blob` does that.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::evidence::{EvidenceRow, Reports, Verdict, deciding_row, evidence, failed_before, provenance};
use super::names::UserName;
use super::release::{Release, ReleaseFile};
use super::tox_result::{Note, Provenance, without_userinfo};

/// The `_type` of a Statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of a predicate about a build.
pub const PROVENANCE_TYPE: &str = "https://slsa.dev/provenance/v1";
/// The type of a predicate about a test.
pub const TEST_RESULT_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// A build from a stamped copy of a commit. Its parameters: `commit`, `project`, `version`.
const BUILD_TYPE: &str = "urn:git-devpi:build:v1";
/// A machine that builds with `git devpi ensure`, as one of the trusted users.
const BUILDER_ID: &str = "urn:git-devpi:builder:v1";
/// Followed by the percent-encoded name of a tox environment, whose configuration the commit contains.
const ENVIRONMENT_PREFIX: &str = "urn:git-devpi:tox-environment:";

/// The Statements about a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Attestations {
    /// File by file: the provenance, then the environments by name.
    pub statements: Vec<Value>,
    /// The files without a trusted provenance.
    pub unproven: Vec<String>,
}

/// Makes the Statements about every file of `release`.
///
/// An environment without trusted evidence about a file has no Statement. One that passed after a failure is `WARNED`.
pub fn attestations(release: &Release, reports: &Reports, trusted: &[UserName]) -> Attestations {
    let built_from = provenance(release, reports, trusted);
    let rows = evidence(release, reports, trusted);
    let mut attestations = Attestations { statements: Vec::new(), unproven: Vec::new() };
    for file in &release.files {
        match built_from.get(&file.file_name) {
            Some(provenance) => {
                let recorded = recorded(release, file, (provenance, reports, trusted));
                attestations.statements.push(build_statement(release, file, (provenance, recorded)));
            }
            None => attestations.unproven.push(file.file_name.clone()),
        }
        let environments: BTreeSet<&str> = rows.iter().map(|row| row.environment.as_str()).collect();
        let deciding = environments.into_iter().filter_map(|name| deciding_row(&rows, &file.sha256, name));
        attestations.statements.extend(deciding.map(|row| test_statement(file, row, &rows)));
    }
    attestations
}

/// When the provenance was posted: directly after the build.
fn recorded(
    release: &Release,
    file: &ReleaseFile,
    (provenance, reports, trusted): (&Provenance, &Reports, &[UserName]),
) -> Option<Timestamp> {
    let links = release.results_for(file).filter(|link| link.is_by(trusted));
    let same = links.filter(|link| {
        let note = reports.get(link).and_then(|report| report.note.as_ref());
        matches!(note, Some(Note::Provenance(note)) if note == provenance)
    });
    same.filter_map(|link| link.posted()).min()
}

fn build_statement(
    release: &Release,
    file: &ReleaseFile,
    (provenance, recorded): (&Provenance, Option<Timestamp>),
) -> Value {
    let commit = provenance.commit.as_str();
    let mut build = json!({
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "commit": commit,
            "project": release.project.as_str(),
            "version": provenance.version,
        },
        "resolvedDependencies": [{ "name": "source", "digest": { "gitCommit": commit } }],
    });
    if let Some(builder) = &provenance.builder {
        build["internalParameters"] = json!({ "builder": builder });
    }
    let mut metadata = json!({});
    if let Some(url) = provenance.ci_url.as_deref().and_then(public_url) {
        metadata["invocationId"] = json!(url);
    }
    if let Some(recorded) = recorded {
        metadata["finishedOn"] = json!(recorded.to_string());
    }
    let run = json!({ "builder": { "id": BUILDER_ID }, "metadata": metadata });
    statement(file, PROVENANCE_TYPE, json!({ "buildDefinition": build, "runDetails": run }))
}

fn test_statement(file: &ReleaseFile, row: &EvidenceRow, rows: &[EvidenceRow]) -> Value {
    let has_failed = !failed_before(rows, &file.sha256, &row.environment).is_empty();
    let (result, list) = match (row.verdict, has_failed) {
        (Verdict::Passed, false) => ("PASSED", "passedTests"),
        (Verdict::Passed, true) => ("WARNED", "warnedTests"),
        // A deciding row has a verdict.
        (Verdict::Failed | Verdict::NoEvidence, _) => ("FAILED", "failedTests"),
    };
    let mut configuration = json!({
        "name": row.environment,
        "uri": format!("{ENVIRONMENT_PREFIX}{}", percent_encoded(&row.environment)),
        "annotations": { "gitdevpi_postedBy": row.who, "gitdevpi_postedOn": row.when.to_string() },
    });
    if let Some(tests) = row.tests {
        configuration["annotations"]["gitdevpi_tests"] = json!(tests);
    }
    if let Some(commit) = &row.commit {
        configuration["digest"] = json!({ "gitCommit": commit.as_str() });
    }
    let mut predicate = json!({ "result": result, "configuration": [configuration] });
    predicate[list] = json!([row.environment]);
    if let Some(url) = row.ci_url.as_deref().and_then(public_url) {
        predicate["url"] = json!(url);
    }
    statement(file, TEST_RESULT_TYPE, predicate)
}

fn statement(file: &ReleaseFile, predicate_type: &str, predicate: Value) -> Value {
    json!({
        "_type": STATEMENT_TYPE,
        "subject": [{ "name": file.file_name, "digest": { "sha256": file.sha256.as_str() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
}

/// A web address without user, password and fragment; anything else is left out.
fn public_url(text: &str) -> Option<String> {
    let mut url = Url::parse(&without_userinfo(text)).ok()?;
    url.set_fragment(None);
    let has_userinfo = !url.username().is_empty() || url.password().is_some();
    (matches!(url.scheme(), "http" | "https") && !has_userinfo).then(|| url.to_string())
}

/// The name with every byte but the unreserved ones of RFC 3986 escaped.
fn percent_encoded(name: &str) -> String {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if is_unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests;
