//! GitHub Actions.

use super::branches::Operators;
use super::commands::{PASSWORD, PROMOTE, PRUNE, TOX};
use super::facts::{Facts, yaml};

/// Checks out the whole history: versions, promotion and deletion need it.
const STEPS: &str = "    steps:
      - uses: actions/checkout@v6
        with:
          fetch-depth: 0
      - uses: astral-sh/setup-uv@v7
";

pub(super) fn text(facts: &Facts) -> String {
    let operators = Operators { equal: |a, b| format!("{a} == {b}"), any: |terms| terms.join(" || ") };
    let (is_release, left_out) = facts.branches.comparison("github.ref", &operators);
    let left_out = left_out.iter().map(|glob| format!("    # Add the release branches {glob}.\n")).collect::<String>();
    let environments = facts.stages.iter().map(|stage| yaml(&stage.arguments)).collect::<Vec<_>>().join(", ");
    let (head, server, login) = (facts.head(".github/workflows/devpi.yml"), yaml(&facts.server), yaml(&facts.login));
    format!(
        "# {head}
name: devpi
on:
  push:
    branches: [\"**\"]
  pull_request:
  schedule:
    - cron: \"17 3 * * *\"
permissions:
  contents: read
env:
  GIT_DEVPI_SERVER: {server}
  GIT_DEVPI_LOGIN: {login}
  {PASSWORD}: ${{{{ secrets.{PASSWORD} }}}}
jobs:
  test:
    # A pull request of this repository is tested by the push to its branch.
    if: >-
      github.event_name == 'push' ||
      (github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name != github.repository)
    strategy:
      fail-fast: false
      matrix:
        tox: [{environments}]
    runs-on: ubuntu-latest
{STEPS}      - run: {TOX} ${{{{ matrix.tox }}}}
  promote:
    needs: test
{left_out}    if: github.event_name == 'push' && ({is_release})
    runs-on: ubuntu-latest
    concurrency: promote
{STEPS}      - run: {PROMOTE}
  prune:
    if: github.event_name == 'schedule'
    runs-on: ubuntu-latest
{STEPS}      - run: {PRUNE}
"
    )
}
