//! Bitbucket Pipelines.

use super::commands::{IMAGE, PROMOTE, PRUNE};
use super::facts::{Facts, yaml};
use crate::ops::shell_word::quoted;

pub(super) fn text(facts: &Facts) -> String {
    let head = facts.head("bitbucket-pipelines.yml");
    let step = |name: &str, command: &str| {
        let exports = [("GIT_DEVPI_SERVER", &facts.server), ("GIT_DEVPI_LOGIN", &facts.login)]
            .map(|(variable, value)| format!("export {variable}={}", quoted(value)));
        let lines = exports.iter().map(String::as_str).chain([command]);
        let script: String = lines.map(|line| format!("            - {}\n", yaml(line))).collect();
        format!("          name: {}\n          script:\n{script}", yaml(name))
    };
    let tests = facts.stages.iter().map(|stage| {
        let step = step(&stage.name, &stage.command()).replace("          ", "            ");
        format!("        - step:\n{step}")
    });
    let tests: String = tests.collect();
    let releases = facts.branches.globs().enumerate().map(|(position, glob)| {
        let promote = match position {
            0 => format!("&promote\n{}", step("promote", PROMOTE)),
            _ => "*promote\n".to_owned(),
        };
        format!("    {}:\n      - parallel: *test\n      - step: {promote}", yaml(glob))
    });
    let releases: String = releases.collect();
    let prune = step("prune", PRUNE);
    format!(
        "# {head}
# It is a secured repository variable. The pipeline prune needs a schedule.
image: {IMAGE}
clone:
  depth: full
pipelines:
  default:
    - parallel: &test
{tests}  branches:
{releases}  custom:
    prune:
      - step:
{prune}"
    )
}
