//! Bamboo Specs in YAML.

use super::commands::{IMAGE, PASSWORD, PROMOTE, PRUNE};
use super::facts::{Facts, yaml};

pub(super) fn text(facts: &Facts) -> String {
    let head = facts.head("bamboo-specs/bamboo.yml");
    let (server, login) = (yaml(&facts.server), yaml(&facts.login));
    // Bamboo exports its variables with the prefix `bamboo_`.
    let job = |name: &str, key: &str, command: &str| {
        let lines = [
            "export GIT_DEVPI_SERVER=\"$bamboo_GIT_DEVPI_SERVER\" GIT_DEVPI_LOGIN=\"$bamboo_GIT_DEVPI_LOGIN\"",
            &format!("export {PASSWORD}=\"$bamboo_{PASSWORD}\""),
            command,
        ];
        let script: String = lines.map(|line| format!("        - {}\n", yaml(line))).concat();
        format!(
            "{}:
  key: {key}
  docker:
    image: {IMAGE}
  tasks:
    - checkout:
        force-clean-build: true
    - script:
{script}",
            yaml(name)
        )
    };
    let names: String = facts.stages.iter().map(|stage| format!("        - {}\n", yaml(&stage.name))).collect();
    let tests: String = facts
        .stages
        .iter()
        .enumerate()
        .map(|(position, stage)| job(&stage.name, &format!("TOX{position}"), &stage.command()) + "\n")
        .collect();
    let patterns = facts.branches.shell_patterns();
    let only_release = format!("case \"$bamboo_planRepository_branchName\" in {patterns}) {PROMOTE} && {PRUNE};; esac");
    let promote = job("promote", "PROMOTE", &only_release);
    format!(
        "# {head}
# It is a plan variable; Bamboo masks variables with PASSWORD in the name. Fill in the keys of your project and plan.
version: 2
plan:
  project-key: PROJECT
  key: DEVPI
  name: devpi
variables:
  GIT_DEVPI_SERVER: {server}
  GIT_DEVPI_LOGIN: {login}
branches:
  create: for-new-branch
  delete:
    after-deleted-days: 1
stages:
  - test:
      jobs:
{names}  - promote:
      jobs:
        - promote

{tests}{promote}"
    )
}
