//! `git devpi results --format in-toto`: Statements that the in-toto project's own library accepts.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Run, Tools};

/// Parses each line of stdin with the published protocol buffers, which know no other field, and runs the library's own checks. Prints
/// the number of valid Statements.
const VALIDATE: &str = r#"
import json, sys
from google.protobuf.json_format import Parse, ParseDict
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2

PREDICATES = {
    "https://slsa.dev/provenance/v1": provenance_pb2.Provenance,
    "https://in-toto.io/attestation/test-result/v0.1": test_result_pb2.TestResult,
}
count = 0
for line in sys.stdin:
    Statement.copy_from_pb(Parse(line, statement_pb2.Statement())).validate()
    statement = json.loads(line)
    predicate = ParseDict(statement["predicate"], PREDICATES[statement["predicateType"]]())
    if statement["predicateType"] == "https://slsa.dev/provenance/v1":
        resources = predicate.build_definition.resolved_dependencies
        assert predicate.build_definition.build_type and predicate.run_details.builder.id
        assert predicate.build_definition.HasField("external_parameters")
    else:
        resources = predicate.configuration
        assert predicate.result in ("PASSED", "WARNED", "FAILED"), predicate.result
    assert resources
    for resource in resources:
        ResourceDescriptor.copy_from_pb(resource).validate()
    count += 1
print(count)
"#;

fn validate(fixture: &Fixture, statements: &str) -> Run {
    let python = Tools::in_toto().python();
    fixture.sandbox.run_with_input(&fixture.work, &[python.to_str().unwrap(), "-c", VALIDATE], statements.as_bytes())
}

#[test]
fn build_and_tests_are_statements_that_in_toto_accepts() {
    let mut fixture = Fixture::new();
    fixture.sandbox.set("BUILD_URL", "https://ci:hunter2@ci.example/job/121");
    let version = fixture.build("121");
    let file = fixture.file("main", &version);
    fixture.report(&fixture.api, ("main", &version), ("unit", false));
    fixture.report(&fixture.api, ("main", &version), ("system", false));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    fixture.in_ci("121");
    fixture.devpi(&["test", "-e", "unit"]).ok();
    fixture.by_hand();
    fixture.report(&fixture.api, ("main", &version), ("lint", true));
    fixture.api.patch(&fixture.user.index("main"), &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    fixture.report(&DevpiServer::shared().api(), ("main", &version), ("docs", true));

    let printed = fixture.devpi(&["results", &version, "--format", "in-toto"]).ok();
    assert_eq!(validate(&fixture, &printed.stdout).ok().text(), "4", "{printed}");
    let statements: Vec<Value> = printed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for statement in &statements {
        assert_eq!(statement["subject"], json!([{"name": file.name, "digest": {"sha256": file.sha256}}]));
    }
    let head = fixture.sandbox.git(&fixture.work, &["rev-parse", "HEAD"]).ok();
    let build = &statements[0]["predicate"];
    assert_eq!(
        build["buildDefinition"]["externalParameters"],
        json!({"commit": head.text(), "project": PROJECT, "version": version})
    );
    assert_eq!(build["buildDefinition"]["resolvedDependencies"][0]["digest"], json!({"gitCommit": head.text()}));
    let results: Vec<Value> = statements[1..]
        .iter()
        .map(|statement| json!([statement["predicate"]["configuration"][0]["name"], statement["predicate"]["result"]]))
        .collect();
    assert_eq!(results, [json!(["lint", "PASSED"]), json!(["system", "FAILED"]), json!(["unit", "WARNED"])]);
    let tested = &statements[3]["predicate"]["configuration"][0];
    assert_eq!(tested["digest"], json!({"gitCommit": head.text()}));
    assert_eq!(tested["annotations"]["gitdevpi_postedBy"], json!(fixture.user.name));
    let server = DevpiServer::shared().url().trim_end_matches('/').trim_start_matches("http://");
    for secret in ["hunter2", server, &fixture.user.password] {
        assert!(!printed.stdout.contains(secret), "{secret}: {printed}");
    }

    // The same in production, and as one object.
    fixture.devpi(&["promote", &version]).ok();
    let all = fixture.devpi(&["results", &version, "--format", "in-toto", "--json"]).ok().json();
    assert_eq!((&all["schema"], &all["statements"]), (&json!(1), &json!(statements)));
    let as_json = fixture.devpi(&["results", &version, "--format", "json"]).ok().json();
    assert_eq!(as_json, fixture.devpi(&["results", &version, "--json"]).ok().json());
}

#[test]
fn files_without_provenance_have_no_build_statement() {
    let mut fixture = Fixture::new();
    fixture.build("122");
    let main = fixture.user.index("main");
    fixture.api.upload(&main, (PROJECT, "1.4.123"), ("demo_pkg-1.4.123-py3-none-any.whl", b"by hand"));
    let none = fixture.devpi(&["results", "1.4.123", "--format", "in-toto"]).code(1).says("no provenance");
    assert_eq!(none.stdout, "");
    fixture.report(&fixture.api, ("main", "1.4.123"), ("unit", true));
    let tests_only = fixture.devpi(&["results", "1.4.123", "--format", "in-toto"]).ok().says("no provenance");
    assert_eq!(validate(&fixture, &tests_only.stdout).ok().text(), "1");
    fixture.devpi(&["results", "1.4.124", "--format", "in-toto"]).code(1);
    fixture.devpi(&["results", "1.4.122", "--format", "yaml"]).code(2);
}
