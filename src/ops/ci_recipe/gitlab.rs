//! GitLab CI/CD.

use super::commands::{IMAGE, PROMOTE, PRUNE};
use super::facts::{Facts, yaml};

pub(super) fn text(facts: &Facts) -> String {
    let (head, server, login) = (facts.head(".gitlab-ci.yml"), yaml(&facts.server), yaml(&facts.login));
    let tests: String = facts
        .stages
        .iter()
        .map(|stage| {
            let (name, command) = (yaml(&format!("tox {}", stage.name)), yaml(&stage.command()));
            format!("\n{name}:\n  extends: .tox\n  script:\n    - {command}\n")
        })
        .collect();
    let is_release: String = facts
        .branches
        .regular_expressions()
        .map(|expression| {
            let condition = format!("$CI_PIPELINE_SOURCE != \"schedule\" && $CI_COMMIT_BRANCH =~ {expression}");
            format!("    - if: '{}'\n", condition.replace('\'', "''"))
        })
        .collect();
    format!(
        "# {head}
# It is a masked CI/CD variable; let it be protected only when all branches are. The job prune needs a pipeline schedule.
stages: [test, promote, prune]

default:
  image: {IMAGE}

variables:
  GIT_DEPTH: \"0\"
  GIT_DEVPI_SERVER: {server}
  GIT_DEVPI_LOGIN: {login}

# No second pipeline for a merge request of this project: the push to its branch has one.
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\" && $CI_MERGE_REQUEST_SOURCE_PROJECT_PATH == $CI_PROJECT_PATH
      when: never
    - when: always

.tox:
  stage: test
  rules:
    - if: $CI_PIPELINE_SOURCE != \"schedule\"
{tests}
promote:
  stage: promote
  resource_group: promote
  rules:
{is_release}  script:
    - {PROMOTE}

prune:
  stage: prune
  rules:
    - if: $CI_PIPELINE_SOURCE == \"schedule\"
  script:
    - {PRUNE}
"
    )
}
