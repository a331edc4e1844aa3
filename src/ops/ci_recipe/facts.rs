//! What a recipe is made from.

use std::path::Path;

use super::branches::Branches;
use super::commands::{PASSWORD, TOX};
use super::error::Error;
use crate::ops;
use crate::ops::shell_word;
use crate::python::tox_environments::{ConfigurationVersion, EnvironmentList, EnvironmentReader};
use crate::settings::Key;
use crate::workspace::Workspace;

/// The jobs and values of a recipe.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The server's root URL.
    pub server: String,
    /// The devpi user of CI.
    pub login: String,
    /// The release branches.
    pub branches: Branches,
    /// One for each tox environment.
    pub stages: Vec<Stage>,
}

/// A run of one tox environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    /// `unit`, or `lib/unit` where several folders have a tox configuration.
    pub name: String,
    /// The arguments of tox, quoted for a shell.
    pub arguments: String,
}

impl Stage {
    fn new(folder: &Path, environment: &str) -> Result<Self, Error> {
        if let Some(reason) = unusable(environment) {
            return Err(Error::EnvironmentName { name: environment.to_owned(), reason });
        }
        Ok(Self::of(folder, environment))
    }

    fn of(folder: &Path, environment: &str) -> Self {
        let quoted = shell_word::quoted(environment);
        if folder == Path::new("") {
            return Self { name: environment.to_owned(), arguments: format!("-e {quoted}") };
        }
        let folder = folder.to_string_lossy().replace('\\', "/");
        let arguments = format!("-c {} -e {quoted}", shell_word::quoted(&folder));
        Self { name: format!("{folder}/{environment}"), arguments }
    }

    /// The command line of the job.
    pub fn command(&self) -> String {
        format!("{TOX} {}", self.arguments)
    }
}

impl Facts {
    pub fn read(workspace: &Workspace<'_>) -> Result<Self, ops::Error> {
        let unset = |key: &Key| workspace.settings.text(*key).is_ok_and(|set| set.is_none());
        let missing: Vec<&str> =
            [Key::Server, Key::User].iter().filter(|key| unset(key)).map(|key| key.name()).collect();
        if !missing.is_empty() {
            return Err(Error::NotSetUp { missing }.into());
        }
        let login = workspace.login()?;
        Ok(Self {
            server: workspace.server_url()?.value.to_string(),
            login: login.to_string(),
            branches: Branches::new(workspace.release_branches()?.value.iter().map(|pattern| pattern.as_str())),
            stages: stages(workspace)?,
        })
    }

    /// The comment at the top of the file, without comment marks.
    pub fn head(&self, path: &str) -> String {
        format!("Save as {path}. Secret of the CI system: {PASSWORD}, the password of the devpi user {}.", self.login)
    }
}

/// The environments of `env_list` of each tox configuration; without one, those that the settings require.
fn stages(workspace: &Workspace<'_>) -> Result<Vec<Stage>, ops::Error> {
    let top = workspace.work_tree()?;
    let reader = EnvironmentReader::new(&workspace.environment)?;
    let mut stages = Vec::new();
    for folder in workspace.tox_folders()?.into_iter().filter_map(|configured| configured.folder) {
        let below = folder.strip_prefix(top).unwrap_or(Path::new("")).to_owned();
        match reader.env_list(&folder, ConfigurationVersion::Current)? {
            Some(EnvironmentList::Complete(environments)) => {
                for environment in environments {
                    stages.push(Stage::new(&below, &environment.name)?);
                }
            }
            Some(EnvironmentList::Unreadable { file, reason }) => return Err(Error::Unreadable { file, reason }.into()),
            None => {}
        }
    }
    if stages.is_empty() {
        let required = workspace.settings.list(Key::Require).into_iter().flat_map(|set| set.value);
        for environment in required {
            stages.push(Stage::new(Path::new(""), &environment)?);
        }
    }
    if stages.is_empty() { Err(Error::NoEnvironments.into()) } else { Ok(stages) }
}

/// Why no quotes make a name plain text: tox splits its argument at commas, and CI systems replace expressions in any text.
fn unusable(name: &str) -> Option<&'static str> {
    const EXPRESSIONS: [&str; 5] = ["${", "$(", "$[", "{{", "}}"];
    match name {
        "" => Some("it is empty"),
        _ if name.starts_with('-') => Some("tox would read it as an option"),
        _ if name.contains(',') => Some("tox would read it as several environments"),
        _ if name.contains(char::is_control) => Some("it contains a control character"),
        _ if EXPRESSIONS.iter().any(|begin| name.contains(begin)) => {
            Some("CI systems would replace the expression in it")
        }
        _ => None,
    }
}

/// A string of YAML: a JSON string is one.
pub(super) fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_words_of_a_shell() {
        assert_eq!(Stage::of(Path::new(""), "py312-unit").command(), format!("{TOX} -e py312-unit"));
        let stage = Stage::of(Path::new("my lib"), "it's");
        assert_eq!(stage.name, "my lib/it's");
        assert_eq!(stage.arguments, r"-c 'my lib' -e 'it'\''s'");
        assert_eq!(yaml("a \"b\"\n"), r#""a \"b\"\n""#);
    }

    #[test]
    fn a_name_that_no_quotes_protect_is_refused() {
        let refused = |name: &str| Stage::new(Path::new(""), name).unwrap_err().to_string();
        for (name, reason) in [
            ("a,b", "several environments"),
            ("-x", "an option"),
            ("", "is empty"),
            ("a\nb", "a control character"),
            ("${{ github.token }}", "the expression"),
            ("$(System.AccessToken)", "the expression"),
            ("${bamboo.password}", "the expression"),
        ] {
            assert!(
                refused(name).contains(reason) && refused(name).contains(&format!("{name:?}")),
                "{}",
                refused(name)
            );
        }
        for name in ["my env", "it's", "a: b #c", "a$b", "ü", "[x]", "*a", "\"q\"", "a\\b"] {
            assert!(Stage::new(Path::new(""), name).is_ok(), "{name}");
        }
    }
}
