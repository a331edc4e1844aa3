//! Builds that get no index, in every way in: pull requests without credentials, and branches of `ignore-branches`. They are built and
//! tested, nothing is published, and nothing fails.

use crate::fixture::{Fixture, PROJECT};
use crate::tox_plugin;

/// The variables of a build, and what `ensure` says about it.
type Case = (&'static [(&'static str, &'static str)], &'static str);

const PULL_REQUEST: &str = "this is a pull request's build without credentials: 1.4.57.dev0 is built and not published";

/// Pull requests in a CI that has no password for them, as for forks.
const PULL_REQUESTS: [Case; 4] = [
    (
        &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_RUN_NUMBER", "57"),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_REF_NAME", "12/merge"),
            ("GITHUB_HEAD_REF", "main"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            // What GitHub gives for a secret that the run may not read.
            ("GIT_DEVPI_PASSWORD", ""),
        ],
        PULL_REQUEST,
    ),
    (
        &[
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_IID", "57"),
            ("CI_MERGE_REQUEST_IID", "3"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "fork/shiny"),
            ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shiny"),
        ],
        PULL_REQUEST,
    ),
    (
        &[("JENKINS_URL", "https://ci/"), ("BUILD_NUMBER", "57"), ("CHANGE_ID", "7"), ("BRANCH_NAME", "PR-7")],
        PULL_REQUEST,
    ),
    (
        &[
            ("TF_BUILD", "True"),
            ("BUILD_BUILDID", "57"),
            ("BUILD_REASON", "PullRequest"),
            ("BUILD_SOURCEBRANCH", "refs/pull/4/merge"),
        ],
        PULL_REQUEST,
    ),
];

/// Builds of ignored branches.
const IGNORED: [Case; 2] = [
    (
        &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_RUN_NUMBER", "57"),
            ("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-7-abc"),
            ("GITHUB_REF_NAME", "gh-readonly-queue/main/pr-7-abc"),
        ],
        "gh-readonly-queue/main/pr-7-abc matches ignore-branches (gh-readonly-queue/*)",
    ),
    (
        &[
            ("CI", "true"),
            ("BUILD_NUMBER", "57"),
            ("GIT_DEVPI_BRANCH", "dependabot/pip/x"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "devpi.ignoreBranches"),
            ("GIT_CONFIG_VALUE_0", "dependabot/*"),
        ],
        "dependabot/pip/x matches ignore-branches (dependabot/*)",
    ),
];

fn set(fixture: &mut Fixture, (variables, _): &Case) {
    for (name, value) in *variables {
        fixture.sandbox.set(name, value);
    }
}

fn log_out(fixture: &Fixture) {
    fixture.sandbox.devpi(&fixture.work, &["logout"]).ok();
}

/// Nothing reached the server: no index, no release, no result.
fn nothing_is_published(fixture: &Fixture) {
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
    assert_eq!(fixture.api.versions(&fixture.user.index("prod"), PROJECT), Vec::<String>::new());
}

#[test]
fn ensure_and_test_pass_without_publishing() {
    for case in PULL_REQUESTS.iter().chain(&IGNORED) {
        let mut fixture = Fixture::new();
        if case.1 == PULL_REQUEST {
            log_out(&fixture);
        }
        set(&mut fixture, case);
        let ensured = fixture.sandbox.devpi(&fixture.work, &["ensure", "--json"]).ok().says(case.1);
        assert_eq!(ensured.json()["action"], "local", "{ensured}");
        let tested = fixture.sandbox.devpi(&fixture.work, &["test", "-e", "unit"]).ok();
        assert!(!tested.stderr.contains("error:") && !tested.stderr.contains("warning:"), "{tested}");
        nothing_is_published(&fixture);
    }
}

#[test]
fn plain_tox_with_the_snippet_passes_without_publishing() {
    for case in [&PULL_REQUESTS[0], &PULL_REQUESTS[2], &IGNORED[0]] {
        let mut fixture = Fixture::new();
        if case.1 == PULL_REQUEST {
            log_out(&fixture);
        }
        set(&mut fixture, case);
        let tox = fixture.sandbox.run(&fixture.work, "tox", &["-e", "unit"]).ok();
        assert!(!tox.stderr.contains("error:") && !tox.stderr.contains("not logged in"), "{tox}");
        nothing_is_published(&fixture);
    }
}

#[test]
fn plain_tox_with_the_plugin_passes_without_publishing() {
    for case in [&PULL_REQUESTS[1], &PULL_REQUESTS[3], &IGNORED[1]] {
        let mut fixture = tox_plugin::fixture(&tox_plugin::newest(), tox_plugin::PLAIN);
        if case.1 == PULL_REQUEST {
            log_out(&fixture);
        }
        set(&mut fixture, case);
        let tox = tox_plugin::tox(&fixture, &["-e", "plain"]).ok();
        assert!(tox.stderr.contains(case.1) && !tox.stderr.contains("not logged in"), "{tox}");
        assert_eq!(tox_plugin::builds(&fixture), 1);
        nothing_is_published(&fixture);
    }
}
