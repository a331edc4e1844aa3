use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::stamp::BuildNumberError;
use super::row::Condition;
use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn detect(pairs: &[(&str, &str)]) -> Option<CiBuild> {
    CiBuild::detect(&|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
}

fn build(pairs: &[(&str, &str)]) -> CiBuild {
    detect(pairs).unwrap()
}

fn value(value: Option<&CiValue>) -> Option<(&str, &str)> {
    value.map(|v| (v.variable.as_str(), v.value.as_str()))
}

/// The pull request's branch and whether it comes from the same repository.
fn request(pairs: &[(&str, &str)]) -> (Option<String>, Option<bool>) {
    let build = build(pairs);
    assert_eq!((build.branch, build.tag), (None, None), "{pairs:?}");
    let request = build.pull_request.unwrap();
    (request.branch(), request.same_repository)
}

#[test]
fn outside_ci_there_is_no_build() {
    for pairs in [vec![], vec![("CI", "")], vec![("CI", "false")], vec![("CI", "0")], vec![("BUILD_NUMBER", "7")]] {
        assert_eq!(detect(&pairs), None, "{pairs:?}");
    }
}

#[test]
fn an_unknown_system_is_ci_and_may_have_a_number() {
    let unknown = build(&[("CI", "1"), ("BUILD_NUMBER", "7"), ("BRANCH_NAME", "x")]);
    assert_eq!((unknown.system, unknown.branch.as_ref()), ("CI", None));
    assert_eq!(value(unknown.number.as_ref()), Some(("BUILD_NUMBER", "7")));
    assert_eq!(build(&[("CI", "true")]).number, None);
}

/// Variables, and what is read from them: system, number, branch, URL. `$` is the commit.
const PUSHES: &[(&str, [&str; 4])] = &[
    (
        "bamboo_planKey=A bamboo_buildNumber=57 bamboo_planRepository_branchName=f/x bamboo_planRepository_revision=$ \
         bamboo_resultsUrl=https://ci/57",
        ["Bamboo", "bamboo_buildNumber=57", "bamboo_planRepository_branchName=f/x", "https://ci/57"],
    ),
    (
        "CI=true JENKINS_URL=https://ci/ BUILD_NUMBER=57 GIT_BRANCH=origin/f/x GIT_COMMIT=$ BUILD_URL=https://ci/57",
        ["Jenkins", "BUILD_NUMBER=57", "GIT_BRANCH=f/x", "https://ci/57"],
    ),
    (
        "CI=true GITHUB_ACTIONS=true GITHUB_RUN_NUMBER=57 GITHUB_REF_NAME=f/x GITHUB_REF_TYPE=branch GITHUB_HEAD_REF= \
         GITHUB_SHA=$ GITHUB_SERVER_URL=https://h GITHUB_REPOSITORY=a/s GITHUB_RUN_ID=99",
        ["GitHub Actions", "GITHUB_RUN_NUMBER=57", "GITHUB_REF_NAME=f/x", "https://h/a/s/actions/runs/99"],
    ),
    (
        "GITLAB_CI=true CI_PIPELINE_IID=57 CI_PIPELINE_ID=9999 CI_COMMIT_BRANCH=f/x CI_COMMIT_SHA=$ CI_COMMIT_TAG= \
         CI_PIPELINE_URL=https://ci/57 CI_JOB_URL=https://ci/job",
        ["GitLab CI/CD", "CI_PIPELINE_IID=57", "CI_COMMIT_BRANCH=f/x", "https://ci/57"],
    ),
    (
        "TF_BUILD=True BUILD_BUILDID=57 BUILD_BUILDNUMBER=2026.1 BUILD_SOURCEBRANCH=refs/heads/f/x BUILD_SOURCEVERSION=$ \
         BUILD_SOURCEBRANCHNAME=x SYSTEM_COLLECTIONURI=https://h/a/ SYSTEM_TEAMPROJECT=My~Project",
        [
            "Azure Pipelines",
            "BUILD_BUILDID=57",
            "BUILD_SOURCEBRANCH=f/x",
            "https://h/a/My%20Project/_build/results?buildId=57",
        ],
    ),
    (
        "TRAVIS=true TRAVIS_BUILD_NUMBER=57 TRAVIS_BRANCH=f/x TRAVIS_PULL_REQUEST=false TRAVIS_TAG= TRAVIS_COMMIT=$",
        ["Travis CI", "TRAVIS_BUILD_NUMBER=57", "TRAVIS_BRANCH=f/x", ""],
    ),
    (
        "CI=woodpecker CI_PIPELINE_NUMBER=57 CI_COMMIT_BRANCH=f/x CI_COMMIT_SHA=$ CI_PIPELINE_URL=https://ci/57",
        ["Woodpecker", "CI_PIPELINE_NUMBER=57", "CI_COMMIT_BRANCH=f/x", "https://ci/57"],
    ),
    (
        "BITBUCKET_BUILD_NUMBER=57 BITBUCKET_BRANCH=f/x BITBUCKET_COMMIT=$ BITBUCKET_GIT_HTTP_ORIGIN=https://h/a/s",
        [
            "Bitbucket Pipelines",
            "BITBUCKET_BUILD_NUMBER=57",
            "BITBUCKET_BRANCH=f/x",
            "https://h/a/s/addon/pipelines/home#!/results/57",
        ],
    ),
    (
        "CODEBUILD_BUILD_ARN=arn CODEBUILD_BUILD_NUMBER=57 CODEBUILD_WEBHOOK_HEAD_REF=refs/heads/f/x \
         CODEBUILD_RESOLVED_SOURCE_VERSION=$",
        ["AWS CodeBuild", "CODEBUILD_BUILD_NUMBER=57", "CODEBUILD_WEBHOOK_HEAD_REF=f/x", ""],
    ),
];

#[test]
fn a_push_gives_number_branch_commit_and_url() {
    let shown = |value: Option<CiValue>| value.map(|v| format!("{}={}", v.variable, v.value)).unwrap_or_default();
    for (variables, expected) in PUSHES {
        let text = variables.replace('$', COMMIT);
        let pairs: Vec<_> = text.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.replace('~', " "))).collect();
        let build = build(&pairs.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
        assert_eq!((build.pull_request, build.tag), (None, None), "{variables}");
        assert_eq!(build.commit.as_deref(), Some(COMMIT), "{variables}");
        let read = [build.system.to_owned(), shown(build.number), shown(build.branch), build.url.unwrap_or_default()];
        assert_eq!(read, *expected);
    }
}

#[test]
fn imitations_are_told_from_what_they_imitate() {
    assert_eq!(build(&[("GITHUB_ACTIONS", "true"), ("GITEA_ACTIONS", "true")]).system, "Gitea Actions");
    assert_eq!(build(&[("GITHUB_ACTIONS", "true"), ("FORGEJO_ACTIONS", "true")]).system, "Forgejo Actions");
    assert_eq!(build(&[("CI", "woodpecker"), ("DRONE", "true")]).system, "Woodpecker");
    assert_eq!(build(&[("CI", "true"), ("GITLAB_CI", "true")]).system, "GitLab CI/CD");
}

#[test]
fn a_number_keeps_its_variable_also_when_it_is_wrong() {
    let jenkins = |number| build(&[("JENKINS_URL", "https://ci/"), ("BUILD_NUMBER", number)]).number.unwrap();
    assert_eq!(jenkins("007").build_number().unwrap().get(), 7);
    assert_eq!(jenkins("").build_number().unwrap_err().to_string(), "BUILD_NUMBER: build number is empty");
    assert_eq!(
        jenkins("abc").build_number().unwrap_err().to_string(),
        "BUILD_NUMBER: build number \"abc\" contains characters other than digits"
    );
    assert!(matches!(
        jenkins("1234567890123456789").build_number().unwrap_err(),
        CiNumberError { error: BuildNumberError::TooLong { .. }, .. }
    ));
}

#[test]
fn systems_without_a_number_say_what_to_do() {
    let circle = build(&[("CIRCLECI", "true"), ("CIRCLE_BUILD_NUM", "7"), ("CIRCLE_BRANCH", "x")]);
    assert_eq!(circle.number, None);
    assert!(circle.number_hint.unwrap().contains("pipeline.number"));
    assert_eq!(build(&[("GITLAB_CI", "true")]).number_hint, None);
}

#[test]
fn requests_of_the_same_repository_are_the_head_branch() {
    let head = (Some("x".to_owned()), Some(true));
    for pairs in [
        &[
            ("GITLAB_CI", "true"),
            ("CI_MERGE_REQUEST_IID", "12"),
            ("CI_COMMIT_REF_NAME", "x"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "x"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "acme/shiny"),
            ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shiny"),
        ][..],
        &[
            ("TF_BUILD", "True"),
            ("BUILD_REASON", "PullRequest"),
            ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/x"),
            ("SYSTEM_PULLREQUEST_ISFORK", "False"),
            ("BUILD_SOURCEBRANCH", "refs/pull/12/merge"),
        ],
        &[
            ("BUILDKITE", "true"),
            ("BUILDKITE_PULL_REQUEST", "12"),
            ("BUILDKITE_BRANCH", "x"),
            ("BUILDKITE_PULL_REQUEST_REPO", "git://example.com/acme/shiny.git"),
            ("BUILDKITE_REPO", "git@example.com:acme/shiny.git"),
        ],
        &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_PR_ID", "12"), ("BITBUCKET_BRANCH", "x")],
    ] {
        assert_eq!(request(pairs), head, "{pairs:?}");
    }
}

#[test]
fn requests_that_are_counted_apart_are_their_number_also_in_the_same_repository() {
    for (branch, fork) in [("x", ""), ("main", ""), ("main", "fork")] {
        let pairs = [
            ("JENKINS_URL", "u"),
            ("BRANCH_NAME", "PR-12"),
            ("CHANGE_ID", "12"),
            ("CHANGE_BRANCH", branch),
            ("CHANGE_FORK", fork),
        ];
        assert_eq!(request(&pairs), (Some("pull/12".to_owned()), None), "{branch} {fork}");
    }
    for branch in ["refs/pull/12/head", "pull/12", "refs/merge-requests/12/head", "merge-requests/12"] {
        let pairs = [("TEAMCITY_VERSION", "2026.1"), ("BUILD_NUMBER", "5"), ("Git_Branch", branch)];
        assert_eq!(request(&pairs), (Some("pull/12".to_owned()), None), "{branch}");
    }
}

#[test]
fn requests_of_forks_are_their_number_whatever_their_branch_is_called() {
    let fork = (Some("pull/12".to_owned()), Some(false));
    for pairs in [
        &[
            ("GITLAB_CI", "true"),
            ("CI_MERGE_REQUEST_IID", "12"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "fork/shiny"),
            ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shiny"),
        ][..],
        &[
            ("TF_BUILD", "True"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "12"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "999"),
            ("SYSTEM_PULLREQUEST_ISFORK", "True"),
            ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "main"),
        ],
        &[("CIRCLECI", "true"), ("CIRCLE_PR_NUMBER", "12"), ("CIRCLE_BRANCH", "pull/12")],
        &[
            ("TRAVIS", "true"),
            ("TRAVIS_PULL_REQUEST", "12"),
            ("TRAVIS_PULL_REQUEST_BRANCH", "main"),
            ("TRAVIS_PULL_REQUEST_SLUG", "fork/shiny"),
            ("TRAVIS_REPO_SLUG", "acme/shiny"),
        ],
    ] {
        assert_eq!(request(pairs), fork, "{pairs:?}");
    }
}

#[test]
fn requests_of_unknown_origin_are_their_number() {
    let unknown = (Some("pull/12".to_owned()), None);
    for pairs in [
        &[
            ("DRONE", "true"),
            ("DRONE_BUILD_EVENT", "pull_request"),
            ("DRONE_COMMIT_REF", "refs/pull/12/head"),
            ("DRONE_SOURCE_BRANCH", "x"),
            ("DRONE_BRANCH", "main"),
        ][..],
        &[
            ("CI", "woodpecker"),
            ("CI_COMMIT_PULL_REQUEST", "12"),
            ("CI_COMMIT_SOURCE_BRANCH", "x"),
            ("CI_COMMIT_BRANCH", "main"),
        ],
        &[("bamboo_planKey", "A-B"), ("bamboo_repository_pr_key", "12"), ("bamboo_planRepository_branch", "main")],
    ] {
        assert_eq!(request(pairs), unknown, "{pairs:?}");
    }
}

#[test]
fn github_leaves_the_decision_to_the_event_file() {
    let pairs = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REF", "refs/pull/12/merge"),
        ("GITHUB_REF_NAME", "12/merge"),
        ("GITHUB_HEAD_REF", "x"),
        ("GITHUB_EVENT_PATH", "/tmp/event.json"),
    ];
    assert_eq!(request(&pairs), (Some("pull/12".to_owned()), None));
    let pull_request = build(&pairs).pull_request.unwrap();
    assert_eq!(pull_request.event_path.as_deref(), Some("/tmp/event.json"));
    let event = GithubEvent { number: Some("12".into()), same_repository: Some(true) };
    assert_eq!(pull_request.with_event(&event).branch().as_deref(), Some("x"));
    let target = request(&[("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/heads/main"), ("GITHUB_HEAD_REF", "x")]);
    assert_eq!(target, (None, None));
}

#[test]
fn false_is_no_request() {
    let travis = build(&[("TRAVIS", "true"), ("TRAVIS_PULL_REQUEST", "false"), ("TRAVIS_BRANCH", "x")]);
    assert_eq!((travis.pull_request, value(travis.branch.as_ref())), (None, Some(("TRAVIS_BRANCH", "x"))));
    let circle = build(&[("CIRCLECI", "true"), ("CIRCLE_PULL_REQUEST", "https://x/pull/1"), ("CIRCLE_BRANCH", "main")]);
    assert_eq!(circle.pull_request, None);
}

#[test]
fn tag_builds_have_a_tag_and_no_branch() {
    for pairs in [
        &[("GITHUB_ACTIONS", "1"), ("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1.4")][..],
        &[("GITHUB_ACTIONS", "1"), ("GITHUB_REF", "refs/tags/v1.4"), ("GITHUB_REF_NAME", "v1.4")],
        &[("GITLAB_CI", "1"), ("CI_COMMIT_TAG", "v1.4"), ("CI_COMMIT_REF_NAME", "v1.4")],
        &[("TF_BUILD", "True"), ("BUILD_SOURCEBRANCH", "refs/tags/v1.4")],
        &[("TRAVIS", "1"), ("TRAVIS_TAG", "v1.4"), ("TRAVIS_BRANCH", "v1.4"), ("TRAVIS_PULL_REQUEST", "false")],
        &[("CODEBUILD_BUILD_ARN", "arn"), ("CODEBUILD_WEBHOOK_TRIGGER", "tag/v1.4")],
        &[("JENKINS_URL", "u"), ("TAG_NAME", "v1.4"), ("BRANCH_NAME", "v1.4")],
    ] {
        let build = build(pairs);
        assert_eq!((build.tag.as_deref(), build.branch, build.pull_request), (Some("v1.4"), None, None), "{pairs:?}");
    }
}

#[test]
fn default_branches_are_read_where_ci_tells_them() {
    let gitlab = build(&[("GITLAB_CI", "1"), ("CI_DEFAULT_BRANCH", "trunk"), ("CI_COMMIT_BRANCH", "x")]);
    assert_eq!(value(gitlab.default_branch.as_ref()), Some(("CI_DEFAULT_BRANCH", "trunk")));
    let jenkins = |primary| {
        build(&[("JENKINS_URL", "u"), ("BRANCH_NAME", "trunk"), ("BRANCH_IS_PRIMARY", primary)]).default_branch
    };
    assert_eq!(value(jenkins("true").as_ref()), Some(("BRANCH_NAME", "trunk")));
    assert_eq!(jenkins("false"), None);
}

#[test]
fn what_is_no_branch_or_commit_is_left_out() {
    for (name, text) in [("GIT_BRANCH", "detached"), ("GIT_BRANCH", "refs/tags/x"), ("BRANCH_NAME", "HEAD")] {
        assert_eq!(build(&[("JENKINS_URL", "u"), (name, text)]).branch, None, "{text}");
    }
    assert_eq!(build(&[("BUILDKITE", "true"), ("BUILDKITE_COMMIT", "HEAD")]).commit, None);
    assert_eq!(build(&[("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", "https://x")]).url, None);
}

#[test]
fn every_row_can_be_found_and_names_its_variables() {
    for row in table::ROWS {
        let pair = match row.detect[0] {
            Condition::Set(name) => (name, "true"),
            Condition::Is(name, text) | Condition::StartsWith(name, text) => (name, text),
        };
        assert_eq!(build(&[pair]).system, row.system);
        assert!(!row.numbers.is_empty() || row.number_hint.is_some(), "{}", row.system);
    }
    let all = variables();
    for name in ["CI", "GITHUB_RUN_ID", "GITHUB_EVENT_PATH", "CHANGE_BRANCH", "CI_DEFAULT_BRANCH", "BRANCH_IS_PRIMARY"]
    {
        assert!(all.contains(&name), "{name}");
    }
    assert!(all.iter().all(|name| !name.contains(['{', '}'])));
}

/// Some variables of one system, and a few of others, with values of every kind.
fn environments() -> impl Strategy<Value = BTreeMap<&'static str, String>> {
    let values = "(true|false|12|x|refs/(heads|tags|pull)/1?/?x?|\\PC{0,6})?";
    let few = move |names, count| proptest::collection::btree_map(proptest::sample::select(names), values, count);
    let own = (0..table::ROWS.len()).prop_flat_map(move |row| {
        let names = table::ROWS[row].variables();
        let count = names.len();
        few(names, 0..=count)
    });
    (own, few(variables(), 0..=4)).prop_map(|(own, mut all)| {
        all.extend(own);
        all
    })
}

proptest! {
    #[test]
    fn every_environment_is_at_most_one_kind_of_build(environment in environments()) {
        let lookup = |name: &str| environment.get(name).cloned();
        if let Some(build) = CiBuild::detect(&lookup) {
            let kinds = [build.branch.is_some(), build.tag.is_some(), build.pull_request.is_some()];
            prop_assert!(kinds.into_iter().filter(|kind| *kind).count() <= 1);
            prop_assert!(build.branch.is_none_or(|branch| !branch.value.is_empty()));
            prop_assert!(build.pull_request.and_then(|r| r.number).is_none_or(|n| n.bytes().all(|b| b.is_ascii_digit())));
        }
    }
}
