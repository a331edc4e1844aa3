//! Azure Pipelines.

use super::branches::Operators;
use super::commands::{PASSWORD, PROMOTE, PRUNE, TOX};
use super::facts::{Facts, yaml};

/// Checks out the whole history, and keeps the credentials for git commands of the job. A secret has to be passed on by name.
fn steps(command: &str) -> String {
    format!(
        "    steps:
      - checkout: self
        fetchDepth: \"0\"
        fetchTags: \"true\"
        persistCredentials: \"true\"
      - script: pip install uv
      - script: {command}
        env:
          {PASSWORD}: $({PASSWORD})
"
    )
}

pub(super) fn text(facts: &Facts) -> String {
    let operators = Operators {
        equal: |a, b| format!("eq({a}, {b})"),
        any: |terms| if terms.len() == 1 { terms[0].clone() } else { format!("or({})", terms.join(", ")) },
    };
    let (is_release, left_out) = facts.branches.comparison("variables['Build.SourceBranch']", &operators);
    let left_out = left_out.iter().map(|glob| format!("    # Add the release branches {glob}.\n")).collect::<String>();
    let environments: String = facts
        .stages
        .iter()
        .enumerate()
        .map(|(position, stage)| format!("        job_{position}: {{ TOX: {} }}\n", yaml(&stage.arguments)))
        .collect();
    let (head, server, login) = (facts.head("azure-pipelines.yml"), yaml(&facts.server), yaml(&facts.login));
    let main = yaml(facts.branches.first_name());
    let (test, promote, prune) = (steps(&format!("{TOX} $(TOX)")), steps(PROMOTE), steps(PRUNE));
    format!(
        "# {head}
# It is a secret variable of the pipeline.
trigger:
  branches:
    include: [\"*\"]
schedules:
  - cron: \"17 3 * * *\"
    displayName: prune
    branches:
      include: [{main}]
    always: \"true\"
pool:
  vmImage: ubuntu-latest
variables:
  GIT_DEVPI_SERVER: {server}
  GIT_DEVPI_LOGIN: {login}
jobs:
  - job: test
    condition: ne(variables['Build.Reason'], 'Schedule')
    strategy:
      matrix:
{environments}{test}  - job: promote
    dependsOn: test
{left_out}    condition: and(succeeded(), notIn(variables['Build.Reason'], 'Schedule', 'PullRequest'), {is_release})
{promote}  - job: prune
    condition: eq(variables['Build.Reason'], 'Schedule')
{prune}"
    )
}
