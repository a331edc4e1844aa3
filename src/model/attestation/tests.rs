use std::collections::BTreeMap;

use super::super::evidence::samples::{Sample, minute, run, user};
use super::super::tox_result::samples::{commit, sha};
use super::super::tox_result::{TestCounts, TestNote, ToxReport};
use super::*;

const WHEEL: &str = "demo-1.4.57-py3-none-any.whl";

fn sample() -> Sample {
    Sample::new("acme/main", "1.4.57").file(WHEEL, sha('b'))
}

fn statements(sample: &Sample) -> Vec<Value> {
    let made = attestations(&sample.release, &sample.reports, &[user("ci")]).statements;
    made.iter().for_each(check_schema);
    made
}

/// The required fields, the types and the enumeration of the published schemas, and no field besides.
fn check_schema(statement: &Value) {
    fields(statement, &[("_type", true), ("subject", true), ("predicateType", true), ("predicate", true)]);
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    let subjects = statement["subject"].as_array().unwrap();
    assert!(!subjects.is_empty());
    for subject in subjects {
        assert!(subject["digest"]["sha256"].as_str().is_some_and(|digest| digest.len() == 64), "{subject}");
        check_resource(subject);
    }
    let predicate = &statement["predicate"];
    match statement["predicateType"].as_str().unwrap() {
        "https://slsa.dev/provenance/v1" => check_provenance(predicate),
        "https://in-toto.io/attestation/test-result/v0.1" => check_test_result(predicate),
        other => assert_eq!(other, "a published predicate type"),
    }
}

fn check_provenance(predicate: &Value) {
    fields(predicate, &[("buildDefinition", true), ("runDetails", true)]);
    let build = &predicate["buildDefinition"];
    let optional = [("internalParameters", false), ("resolvedDependencies", false)];
    fields(build, &[&[("buildType", true), ("externalParameters", true)], &optional[..]].concat());
    check_uri(&build["buildType"]);
    assert!(build["externalParameters"].is_object());
    build["resolvedDependencies"].as_array().unwrap().iter().for_each(check_resource);
    let run = &predicate["runDetails"];
    fields(run, &[("builder", true), ("metadata", false), ("byproducts", false)]);
    fields(&run["builder"], &[("id", true), ("builderDependencies", false), ("version", false)]);
    check_uri(&run["builder"]["id"]);
    fields(&run["metadata"], &[("invocationId", false), ("startedOn", false), ("finishedOn", false)]);
    for time in ["startedOn", "finishedOn"].iter().filter_map(|key| run["metadata"].get(key)) {
        let text = time.as_str().unwrap();
        assert!(text.ends_with('Z') && text.parse::<Timestamp>().is_ok(), "{text}");
    }
}

fn check_test_result(predicate: &Value) {
    let lists = [("passedTests", false), ("warnedTests", false), ("failedTests", false)];
    fields(predicate, &[&[("result", true), ("configuration", true), ("url", false)], &lists[..]].concat());
    assert!(["PASSED", "WARNED", "FAILED"].contains(&predicate["result"].as_str().unwrap()), "{predicate}");
    predicate["configuration"].as_array().unwrap().iter().for_each(check_resource);
    for (list, _) in lists {
        assert!(predicate.get(list).is_none_or(|names| names.as_array().unwrap().iter().all(Value::is_string)));
    }
}

fn check_resource(resource: &Value) {
    let optional = ["name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations"];
    fields(resource, &optional.map(|field| (field, false)));
    assert!(["uri", "digest", "content"].iter().any(|field| resource.get(field).is_some()), "{resource}");
    if let Some(uri) = resource.get("uri") {
        check_uri(uri);
    }
    for (algorithm, digest) in resource["digest"].as_object().into_iter().flatten() {
        let digest = digest.as_str().unwrap();
        let lengths: &[usize] = if algorithm == "gitCommit" { &[40, 64] } else { &[64] };
        let is_hex = digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        assert!(is_hex && lengths.contains(&digest.len()), "{algorithm}: {digest}");
    }
}

fn check_uri(uri: &Value) {
    let text = uri.as_str().unwrap();
    assert!(Url::parse(text).is_ok() && text.is_ascii() && !text.contains(' '), "{text}");
}

/// The object has these fields and no others; those with `true` are required.
fn fields(object: &Value, known: &[(&str, bool)]) {
    let object = object.as_object().unwrap();
    let known: BTreeMap<&str, bool> = known.iter().copied().collect();
    assert!(object.keys().all(|key| known.contains_key(key.as_str())), "{object:?}");
    assert!(known.iter().all(|(key, required)| !required || object.contains_key(*key)), "{object:?}");
    assert!(object.values().all(|value| !value.is_null()), "{object:?}");
}

fn provenance_note(ci_url: Option<&str>) -> Note {
    Note::Provenance(Provenance {
        commit: commit('a'),
        version: "1.4.57".into(),
        sha256: sha('b'),
        builder: Some("uv".into()),
        ci_url: ci_url.map(str::to_owned),
    })
}

#[test]
fn the_build_is_slsa_provenance() {
    let sample = sample().noted(Some("ci"), 3, provenance_note(Some("https://ci:pw@CI.example/57#log")));
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": WHEEL, "digest": {"sha256": "b".repeat(64)}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:git-devpi:build:v1",
                "externalParameters": {"commit": "a".repeat(40), "project": "demo", "version": "1.4.57"},
                "internalParameters": {"builder": "uv"},
                "resolvedDependencies": [{"name": "source", "digest": {"gitCommit": "a".repeat(40)}}],
            },
            "runDetails": {
                "builder": {"id": "urn:git-devpi:builder:v1"},
                "metadata": {"invocationId": "https://ci.example/57", "finishedOn": "2026-01-02T00:03:00Z"},
            },
        },
    });
    assert_eq!(statements(&sample), [statement]);
}

#[test]
fn every_environment_with_trusted_evidence_is_a_test_result() {
    let failed_first = sample()
        .tested(Some("ci"), 1, ("unit", run(false, &sha('b'))))
        .tested(Some("ci"), 2, ("unit", run(true, &sha('b'))))
        .tested(Some("ci"), 3, ("lint", run(true, &sha('b'))))
        .tested(Some("ci"), 4, ("system", run(false, &sha('b'))))
        .tested(Some("mallory"), 5, ("docs", run(true, &sha('b'))))
        .tested(None, 6, ("system", run(true, &sha('b'))))
        .tested(Some("ci"), 7, ("types", run(true, &sha('c'))));
    let results: Vec<Value> = statements(&failed_first)
        .into_iter()
        .map(|statement| {
            let predicate = &statement["predicate"];
            let lists = ["passedTests", "warnedTests", "failedTests"].map(|list| predicate[list][0].clone());
            json!([predicate["configuration"][0]["name"], predicate["result"], lists])
        })
        .collect();
    assert_eq!(
        results,
        [
            json!(["lint", "PASSED", ["lint", null, null]]),
            json!(["system", "FAILED", [null, null, "system"]]),
            json!(["unit", "WARNED", [null, "unit", null]]),
        ]
    );
    let made = attestations(&failed_first.release, &failed_first.reports, &[user("ci")]);
    assert_eq!(made.unproven, [WHEEL]);
    assert_eq!(attestations(&failed_first.release, &failed_first.reports, &[]).statements, [] as [Value; 0]);
}

#[test]
fn odd_names_and_secrets_do_not_get_out() {
    let name = "py3.12 – ü/%#".to_owned();
    let environments = BTreeMap::from([(name.clone(), run(true, &sha('b')))]);
    let counts = TestCounts { tests: 12, failures: 0, errors: 0, skipped: 3 };
    let note = TestNote {
        commit: commit('c'),
        version: "1.4.57".into(),
        sha256: sha('b'),
        ci_url: Some("https://bob:hunter2@ci.example/9".into()),
        tests: BTreeMap::from([(name, counts)]),
    };
    let report = ToxReport {
        host: "builder-17.internal".into(),
        platform: "linux".into(),
        environments,
        note: Some(Note::Test(note)),
    };
    let sample = sample().report(Some("ci"), minute(8), report).noted(
        Some("ci"),
        9,
        provenance_note(Some("javascript:alert(1)")),
    );
    let made = statements(&sample);
    let predicate = &made[1]["predicate"];
    assert_eq!(predicate["url"], "https://ci.example/9");
    let configuration = &predicate["configuration"][0];
    assert_eq!(configuration["uri"], "urn:git-devpi:tox-environment:py3.12%20%E2%80%93%20%C3%BC%2F%25%23");
    assert_eq!(configuration["digest"], json!({"gitCommit": "c".repeat(40)}));
    assert_eq!(
        configuration["annotations"],
        json!({
            "gitdevpi_postedBy": "ci",
            "gitdevpi_postedOn": "2026-01-02T00:08:00Z",
            "gitdevpi_tests": {"tests": 12, "failures": 0, "errors": 0, "skipped": 3},
        })
    );
    let text = json!(made).to_string();
    for secret in ["hunter2", "bob", "builder-17", "javascript"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}
