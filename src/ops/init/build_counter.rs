//! The counter of the builds, where the CI system's own gives two commits of a branch one number.

use crate::ops::Error;
use crate::ops::init::answers::Answer;
use crate::settings::{Key, Origin};
use crate::system::files::read_text_optional;
use crate::workspace::Workspace;

/// The folder of the workflows of GitHub Actions.
const WORKFLOWS: &str = ".github/workflows";
/// Unique among all workflows of a repository, and equal for all jobs and attempts of a run.
const RUN_ID: &str = "GITHUB_RUN_ID";

/// Returns another counter than `GITHUB_RUN_NUMBER` if several workflows of GitHub Actions build the package, because each counts its own
/// runs; `None` if a variable is set already.
pub fn build_number_answer(workspace: &Workspace<'_>) -> Result<Option<Answer>, Error> {
    if workspace.settings.is_set(Key::BuildNumberEnv) {
        return Ok(None);
    }
    let folder = workspace.work_tree()?.join(WORKFLOWS);
    // No folder, or one that cannot be read, has no workflows. GitHub does not run a workflow that is not UTF-8.
    let files = fs_err::read_dir(&folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut building: Vec<String> = names
        .filter(|name| name.ends_with(".yml") || name.ends_with(".yaml"))
        .filter(|name| read_text_optional(&folder.join(name)).ok().flatten().is_some_and(|text| builds(&text)))
        .collect();
    building.sort();
    if building.len() < 2 {
        return Ok(None);
    }
    let why = format!("{} each count their own runs in GITHUB_RUN_NUMBER", building.join(" and "));
    Ok(Some(Answer::of_values(Key::BuildNumberEnv, vec![RUN_ID.to_owned()], Origin::Derived(why))))
}

/// Whether a command of a workflow runs tox or git-devpi.
fn builds(workflow: &str) -> bool {
    let is_command = |line: &str| {
        let words: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || "-_./".contains(c))).collect();
        words.iter().any(|word| *word == "tox" || *word == "git-devpi")
            || words.windows(2).any(|pair| pair == ["git", "devpi"])
    };
    // A comment, a name or an installation of tox is no run of it.
    let is_other = |line: &str| {
        line.starts_with('#') || line.trim_start_matches("- ").starts_with("name:") || line.contains(" install ")
    };
    workflow.lines().map(str::trim).filter(|line| !is_other(line)).any(is_command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_tox_and_git_devpi_build() {
        for line in [
            "- run: tox -e unit",
            "run: uvx --with git-devpi --with tox-uv tox",
            "  git devpi ensure",
            "run: uvx git-devpi promote",
            "python -m tox",
        ] {
            assert!(builds(line), "{line}");
        }
        for line in ["# run: tox", "- run: pip install tox", "- run: pytest", "- name: tox", "- run: make detox"] {
            assert!(!builds(line), "{line}");
        }
    }
}
