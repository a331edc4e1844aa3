//! The table of CI systems, one row each. Sources: the systems' documentation, env-ci, ci_info and GitVersion.
//!
//! The values must be equal on all machines of one build, so the table contains no counters of jobs or retries.

use super::row::Condition::{Is, Set, StartsWith};
use super::row::HeadRepository::{AlwaysFork, AlwaysSame, Compare, CountedApart, EventFile, ForkFlag, Unknown};
use super::row::Source::{After, Branch, Tag, Tracking, When};
use super::row::{EMPTY, PullRequestRule, Row};

/// The systems in detection order. A system that sets the variables of another one comes before it.
pub(super) static ROWS: &[Row] = &[
    Row {
        system: "Bamboo",
        detect: &[Set("bamboo_planKey"), Set("bamboo_agentId")],
        numbers: &["bamboo_buildNumber"],
        repeated_number_hint: Some(
            "bamboo_buildNumber counts the builds of one plan: build the branch in one plan only, or give both plans one counter of your own in GIT_DEVPI_BUILD_NUMBER",
        ),
        branches: &[
            Branch("bamboo_planRepository_branchName"),
            Branch("bamboo_planRepository_1_branchName"),
            Branch("bamboo_planRepository_branch"),
        ],
        pull_requests: &[PullRequestRule {
            conditions: &[Set("bamboo_repository_pr_key"), Set("bamboo_repository_pr_sourceBranch")],
            numbers: &["bamboo_repository_pr_key"],
            head_branches: &[Branch("bamboo_repository_pr_sourceBranch")],
            head_repository: Unknown,
        }],
        commits: &["bamboo_planRepository_revision", "bamboo_repository_revision_number"],
        urls: &["{bamboo_buildResultsUrl}", "{bamboo_resultsUrl}"],
        ..EMPTY
    },
    Row {
        system: "Jenkins",
        detect: &[Set("JENKINS_URL")],
        numbers: &["BUILD_NUMBER"],
        repeated_number_hint: Some(
            "BUILD_NUMBER counts the builds of one job, and starts again when a job is made anew: build the branch in one job only, or set `build-number-env` to a counter that its jobs share",
        ),
        branches: &[Branch("BRANCH_NAME"), Branch("GIT_LOCAL_BRANCH"), Tracking("GIT_BRANCH")],
        tags: &[Tag("TAG_NAME")],
        pull_requests: &[
            // BRANCH_NAME is `PR-12` in this case.
            PullRequestRule {
                conditions: &[Set("CHANGE_ID")],
                numbers: &["CHANGE_ID"],
                head_branches: &[Branch("CHANGE_BRANCH")],
                // A multibranch project has a job, and so a counter, for each branch and each pull request.
                head_repository: CountedApart,
            },
            PullRequestRule {
                conditions: &[Set("ghprbPullId")],
                numbers: &["ghprbPullId"],
                head_branches: &[Branch("ghprbSourceBranch")],
                head_repository: Unknown,
            },
        ],
        commits: &["GIT_COMMIT"],
        urls: &["{BUILD_URL}"],
        default_branches: &[When(Is("BRANCH_IS_PRIMARY", "true"), "BRANCH_NAME")],
        ..EMPTY
    },
    Row { system: "Forgejo Actions", detect: &[Set("FORGEJO_ACTIONS")], ..GITHUB },
    Row { system: "Gitea Actions", detect: &[Set("GITEA_ACTIONS")], ..GITHUB },
    GITHUB,
    Row {
        system: "GitLab CI/CD",
        detect: &[Set("GITLAB_CI")],
        // CI_PIPELINE_ID counts the pipelines of all projects of the server.
        numbers: &["CI_PIPELINE_IID"],
        repeated_number_hint: Some(
            "CI_PIPELINE_IID starts again when the project is imported or made anew: set `build-number-env = [\"CI_PIPELINE_ID\"]`, which the whole server counts",
        ),
        branches: &[Branch("CI_COMMIT_BRANCH"), Branch("CI_COMMIT_REF_NAME")],
        tags: &[Tag("CI_COMMIT_TAG")],
        pull_requests: &[
            PullRequestRule {
                conditions: &[Set("CI_MERGE_REQUEST_IID"), Set("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")],
                numbers: &["CI_MERGE_REQUEST_IID"],
                head_branches: &[Branch("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")],
                head_repository: Compare("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "CI_MERGE_REQUEST_PROJECT_PATH"),
            },
            PullRequestRule {
                conditions: &[Set("CI_EXTERNAL_PULL_REQUEST_IID")],
                numbers: &["CI_EXTERNAL_PULL_REQUEST_IID"],
                head_branches: &[Branch("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME")],
                head_repository: Compare(
                    "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY",
                    "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY",
                ),
            },
        ],
        commits: &["CI_COMMIT_SHA"],
        urls: &["{CI_PIPELINE_URL}", "{CI_JOB_URL}"],
        default_branches: &[Branch("CI_DEFAULT_BRANCH")],
        ..EMPTY
    },
    Row {
        system: "Azure Pipelines",
        detect: &[Set("TF_BUILD")],
        // BUILD_BUILDNUMBER is free text, `20261122.3` by default.
        numbers: &["BUILD_BUILDID"],
        // BUILD_SOURCEBRANCHNAME is only the last component of the name.
        branches: &[Branch("BUILD_SOURCEBRANCH")],
        tags: &[After("BUILD_SOURCEBRANCH", "refs/tags/")],
        pull_requests: &[PullRequestRule {
            conditions: &[
                Is("BUILD_REASON", "PullRequest"),
                Set("SYSTEM_PULLREQUEST_PULLREQUESTID"),
                StartsWith("BUILD_SOURCEBRANCH", "refs/pull/"),
            ],
            // For repositories on GitHub the ID differs from the number.
            numbers: &[
                "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
                "BUILD_SOURCEBRANCH",
                "SYSTEM_PULLREQUEST_PULLREQUESTID",
            ],
            head_branches: &[Branch("SYSTEM_PULLREQUEST_SOURCEBRANCH")],
            head_repository: ForkFlag("SYSTEM_PULLREQUEST_ISFORK"),
        }],
        commits: &["BUILD_SOURCEVERSION"],
        urls: &["{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}"],
        ..EMPTY
    },
    Row {
        system: "TeamCity",
        detect: &[Set("TEAMCITY_VERSION")],
        numbers: &["BUILD_NUMBER"],
        repeated_number_hint: Some(
            "BUILD_NUMBER counts the builds of one build configuration: build the branch in one only, or pass its counter on to the others as GIT_DEVPI_BUILD_NUMBER (%dep.ID.build.counter%)",
        ),
        // TeamCity sets no branch variable; this is the usual name for the mapped parameter.
        branches: &[Branch("Git_Branch")],
        pull_requests: &[PullRequestRule {
            conditions: &[
                StartsWith("Git_Branch", "refs/pull/"),
                StartsWith("Git_Branch", "refs/merge-requests/"),
                StartsWith("Git_Branch", "refs/pull-requests/"),
                StartsWith("Git_Branch", "pull/"),
                StartsWith("Git_Branch", "merge-requests/"),
            ],
            numbers: &["Git_Branch"],
            head_branches: &[],
            head_repository: Unknown,
        }],
        commits: &["BUILD_VCS_NUMBER"],
        urls: &["{BUILD_URL}"],
        ..EMPTY
    },
    Row {
        system: "CircleCI",
        detect: &[Set("CIRCLECI")],
        number_hint: Some(
            "CIRCLE_BUILD_NUM counts jobs, so the jobs of one build would make different versions: \
             set GIT_DEVPI_BUILD_NUMBER to << pipeline.number >>",
        ),
        branches: &[Branch("CIRCLE_BRANCH")],
        tags: &[Tag("CIRCLE_TAG")],
        // CircleCI builds branches, also when a pull request is open for one (CIRCLE_PULL_REQUEST). Only pull requests of
        // forks set this variable; CIRCLE_BRANCH is `pull/12` in this case.
        pull_requests: &[PullRequestRule {
            conditions: &[Set("CIRCLE_PR_NUMBER")],
            numbers: &["CIRCLE_PR_NUMBER"],
            head_branches: &[],
            head_repository: AlwaysFork,
        }],
        commits: &["CIRCLE_SHA1"],
        urls: &["{CIRCLE_BUILD_URL}"],
        ..EMPTY
    },
    Row {
        system: "Travis CI",
        detect: &[Set("TRAVIS")],
        numbers: &["TRAVIS_BUILD_NUMBER"],
        branches: &[Branch("TRAVIS_BRANCH")],
        tags: &[Tag("TRAVIS_TAG")],
        // TRAVIS_BRANCH is the target in this case.
        pull_requests: &[PullRequestRule {
            conditions: &[Set("TRAVIS_PULL_REQUEST")],
            numbers: &["TRAVIS_PULL_REQUEST"],
            head_branches: &[Branch("TRAVIS_PULL_REQUEST_BRANCH")],
            head_repository: Compare("TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG"),
        }],
        commits: &["TRAVIS_COMMIT"],
        urls: &["{TRAVIS_BUILD_WEB_URL}"],
        ..EMPTY
    },
    Row {
        system: "Buildkite",
        detect: &[Set("BUILDKITE")],
        numbers: &["BUILDKITE_BUILD_NUMBER"],
        repeated_number_hint: Some(
            "BUILDKITE_BUILD_NUMBER counts the builds of one pipeline: build the branch in one only, or set `build-number-env` to a counter that they share",
        ),
        branches: &[Branch("BUILDKITE_BRANCH")],
        tags: &[Tag("BUILDKITE_TAG")],
        pull_requests: &[PullRequestRule {
            conditions: &[Set("BUILDKITE_PULL_REQUEST")],
            numbers: &["BUILDKITE_PULL_REQUEST"],
            head_branches: &[Branch("BUILDKITE_BRANCH")],
            head_repository: Compare("BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"),
        }],
        commits: &["BUILDKITE_COMMIT"],
        urls: &["{BUILDKITE_BUILD_URL}"],
        default_branches: &[Branch("BUILDKITE_PIPELINE_DEFAULT_BRANCH")],
        ..EMPTY
    },
    Row {
        system: "Woodpecker",
        detect: &[Is("CI", "woodpecker")],
        numbers: &["CI_PIPELINE_NUMBER"],
        branches: &[Branch("CI_COMMIT_BRANCH")],
        tags: &[Tag("CI_COMMIT_TAG")],
        // CI_COMMIT_BRANCH is the target in this case.
        pull_requests: &[PullRequestRule {
            conditions: &[StartsWith("CI_PIPELINE_EVENT", "pull_request"), Set("CI_COMMIT_PULL_REQUEST")],
            numbers: &["CI_COMMIT_PULL_REQUEST"],
            head_branches: &[Branch("CI_COMMIT_SOURCE_BRANCH")],
            head_repository: Unknown,
        }],
        commits: &["CI_COMMIT_SHA"],
        urls: &["{CI_PIPELINE_URL}"],
        default_branches: &[Branch("CI_REPO_DEFAULT_BRANCH")],
        ..EMPTY
    },
    Row {
        system: "Drone",
        detect: &[Set("DRONE")],
        numbers: &["DRONE_BUILD_NUMBER"],
        branches: &[Branch("DRONE_BRANCH")],
        tags: &[Tag("DRONE_TAG")],
        // DRONE_BRANCH is the target in this case, and no variable has the head repository.
        pull_requests: &[PullRequestRule {
            conditions: &[Is("DRONE_BUILD_EVENT", "pull_request"), Set("DRONE_PULL_REQUEST")],
            numbers: &["DRONE_PULL_REQUEST", "DRONE_COMMIT_REF"],
            head_branches: &[Branch("DRONE_SOURCE_BRANCH")],
            head_repository: Unknown,
        }],
        commits: &["DRONE_COMMIT_SHA"],
        urls: &["{DRONE_BUILD_LINK}"],
        default_branches: &[Branch("DRONE_REPO_BRANCH")],
        ..EMPTY
    },
    Row {
        system: "AppVeyor",
        detect: &[Set("APPVEYOR")],
        numbers: &["APPVEYOR_BUILD_NUMBER"],
        branches: &[Branch("APPVEYOR_REPO_BRANCH")],
        tags: &[Tag("APPVEYOR_REPO_TAG_NAME")],
        // APPVEYOR_REPO_BRANCH is the target in this case.
        pull_requests: &[PullRequestRule {
            conditions: &[Set("APPVEYOR_PULL_REQUEST_NUMBER")],
            numbers: &["APPVEYOR_PULL_REQUEST_NUMBER"],
            head_branches: &[Branch("APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH")],
            head_repository: Compare("APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "APPVEYOR_REPO_NAME"),
        }],
        commits: &["APPVEYOR_REPO_COMMIT"],
        urls: &["{APPVEYOR_URL}/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}/builds/{APPVEYOR_BUILD_ID}"],
        ..EMPTY
    },
    Row {
        system: "Bitbucket Pipelines",
        detect: &[Set("BITBUCKET_BUILD_NUMBER")],
        numbers: &["BITBUCKET_BUILD_NUMBER"],
        branches: &[Branch("BITBUCKET_BRANCH")],
        tags: &[Tag("BITBUCKET_TAG")],
        // Pull requests of forks start no pipeline.
        pull_requests: &[PullRequestRule {
            conditions: &[Set("BITBUCKET_PR_ID")],
            numbers: &["BITBUCKET_PR_ID"],
            head_branches: &[Branch("BITBUCKET_BRANCH")],
            head_repository: AlwaysSame,
        }],
        commits: &["BITBUCKET_COMMIT"],
        urls: &["{BITBUCKET_GIT_HTTP_ORIGIN}/addon/pipelines/home#!/results/{BITBUCKET_BUILD_NUMBER}"],
        ..EMPTY
    },
    Row {
        system: "Semaphore",
        detect: &[Set("SEMAPHORE")],
        numbers: &["SEMAPHORE_WORKFLOW_NUMBER"],
        branches: &[Branch("SEMAPHORE_GIT_BRANCH")],
        tags: &[Tag("SEMAPHORE_GIT_TAG_NAME")],
        // SEMAPHORE_GIT_BRANCH is the target in this case.
        pull_requests: &[PullRequestRule {
            conditions: &[Is("SEMAPHORE_GIT_REF_TYPE", "pull-request"), Set("SEMAPHORE_GIT_PR_NUMBER")],
            numbers: &["SEMAPHORE_GIT_PR_NUMBER"],
            head_branches: &[Branch("SEMAPHORE_GIT_PR_BRANCH")],
            head_repository: Compare("SEMAPHORE_GIT_PR_SLUG", "SEMAPHORE_GIT_REPO_SLUG"),
        }],
        commits: &["SEMAPHORE_GIT_SHA"],
        urls: &["{SEMAPHORE_ORGANIZATION_URL}/workflows/{SEMAPHORE_WORKFLOW_ID}"],
        ..EMPTY
    },
    Row {
        system: "Codefresh",
        detect: &[Set("CF_BUILD_ID")],
        number_hint: Some("Codefresh has no build counter: set GIT_DEVPI_BUILD_NUMBER from one of your own"),
        branches: &[Branch("CF_BRANCH")],
        pull_requests: &[PullRequestRule {
            conditions: &[Set("CF_PULL_REQUEST_NUMBER")],
            numbers: &["CF_PULL_REQUEST_NUMBER"],
            head_branches: &[Branch("CF_BRANCH")],
            head_repository: ForkFlag("CF_PULL_REQUEST_IS_FORK"),
        }],
        commits: &["CF_REVISION"],
        urls: &["{CF_BUILD_URL}"],
        ..EMPTY
    },
    Row {
        system: "AWS CodeBuild",
        detect: &[Set("CODEBUILD_BUILD_ARN")],
        numbers: &["CODEBUILD_BUILD_NUMBER"],
        repeated_number_hint: Some(
            "CODEBUILD_BUILD_NUMBER counts the builds of one CodeBuild project: build the branch in one only, or set `build-number-env` to a counter that they share",
        ),
        branches: &[Branch("CODEBUILD_WEBHOOK_HEAD_REF"), After("CODEBUILD_WEBHOOK_TRIGGER", "branch/")],
        tags: &[After("CODEBUILD_WEBHOOK_HEAD_REF", "refs/tags/"), After("CODEBUILD_WEBHOOK_TRIGGER", "tag/")],
        pull_requests: &[PullRequestRule {
            conditions: &[
                StartsWith("CODEBUILD_WEBHOOK_TRIGGER", "pr/"),
                StartsWith("CODEBUILD_WEBHOOK_EVENT", "PULL_REQUEST_"),
            ],
            numbers: &["CODEBUILD_WEBHOOK_TRIGGER", "CODEBUILD_SOURCE_VERSION"],
            head_branches: &[Branch("CODEBUILD_WEBHOOK_HEAD_REF")],
            head_repository: Unknown,
        }],
        commits: &["CODEBUILD_RESOLVED_SOURCE_VERSION"],
        urls: &["{CODEBUILD_BUILD_URL}"],
        ..EMPTY
    },
    // Cloud Build sets no variables; these are the usual names for mapped substitutions.
    Row {
        system: "Google Cloud Build",
        detect: &[Set("BUILDER_OUTPUT")],
        number_hint: Some("Cloud Build has no build counter: set GIT_DEVPI_BUILD_NUMBER from one of your own"),
        branches: &[Branch("BRANCH_NAME")],
        tags: &[Tag("TAG_NAME")],
        pull_requests: &[PullRequestRule {
            conditions: &[Set("_PR_NUMBER")],
            numbers: &["_PR_NUMBER"],
            head_branches: &[Branch("_HEAD_BRANCH")],
            head_repository: Unknown,
        }],
        commits: &["COMMIT_SHA"],
        ..EMPTY
    },
    Row {
        system: "sourcehut",
        detect: &[Set("BUILD_SUBMITTER"), StartsWith("JOB_URL", "https://builds.")],
        numbers: &["JOB_ID"],
        branches: &[Branch("GIT_REF")],
        tags: &[After("GIT_REF", "refs/tags/")],
        urls: &["{JOB_URL}"],
        ..EMPTY
    },
];

/// GitHub Actions, also the base of Gitea's and Forgejo's rows.
const GITHUB: Row = Row {
    system: "GitHub Actions",
    detect: &[Set("GITHUB_ACTIONS")],
    // Counts the runs of one workflow file. GITHUB_RUN_ID is not consecutive.
    numbers: &["GITHUB_RUN_NUMBER"],
    repeated_number_hint: Some(
        "GITHUB_RUN_NUMBER counts the runs of one workflow file: build the branch in one workflow only, or set `build-number-env = [\"GITHUB_RUN_ID\"]`",
    ),
    branches: &[Branch("GITHUB_REF_NAME"), Branch("GITHUB_REF")],
    tags: &[When(Is("GITHUB_REF_TYPE", "tag"), "GITHUB_REF_NAME"), After("GITHUB_REF", "refs/tags/")],
    // GITHUB_REF_NAME is `12/merge` in this case, or the target for pull_request_target.
    pull_requests: &[PullRequestRule {
        conditions: &[Set("GITHUB_HEAD_REF"), StartsWith("GITHUB_REF", "refs/pull/")],
        numbers: &["GITHUB_REF"],
        head_branches: &[Branch("GITHUB_HEAD_REF")],
        head_repository: EventFile("GITHUB_EVENT_PATH"),
    }],
    commits: &["GITHUB_SHA"],
    urls: &["{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"],
    ..EMPTY
};

/// The row for `CI` without a known system. It reads a build number from the usual variable.
pub(super) static UNKNOWN_SYSTEM: Row = Row { system: "CI", detect: &[Set("CI")], numbers: &["BUILD_NUMBER"], ..EMPTY };
