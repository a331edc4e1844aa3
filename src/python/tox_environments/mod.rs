//! tox's environments, and whether a result of theirs is evidence about the package.
//!
//! tox itself is asked where it is installed, since only tox expands its factors, ranges and references completely. Otherwise the
//! text of the configuration is read, and refused as a whole when a part of it needs tox.

mod ask;
mod factors;
mod ini_text;
mod input;
mod role;
mod text;
mod toml_text;
mod values;

use std::path::{Path, PathBuf};

use super::error::Error;
use super::tox::Tox;
use super::tox_setup;
use crate::system::environment::Environment;
use ask::{Question, Refusal};
use input::Input;

pub use input::ConfigurationVersion;
pub use role::{NamedEnvironment, Role, ToxEnvironment};

/// Reads environments, through tox if it is installed.
#[derive(Debug)]
pub struct EnvironmentReader<'a> {
    environment: &'a Environment,
    tox: Option<Tox>,
}

/// The environments of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentList {
    /// All of them, in the order of `env_list`.
    Complete(Vec<ToxEnvironment>),
    /// The configuration cannot be read completely.
    Unreadable {
        /// The file with the configuration.
        file: PathBuf,
        /// The reason, as a sentence without a subject.
        reason: String,
    },
}

impl<'a> EnvironmentReader<'a> {
    /// Looks for tox. Starts tox once, with a deadline.
    pub fn new(environment: &'a Environment) -> Result<Self, Error> {
        Ok(Self { environment, tox: Tox::installed(environment)? })
    }

    /// Reads the text of the configuration only, and starts no process.
    pub fn without_tox(environment: &'a Environment) -> Self {
        Self { environment, tox: None }
    }

    /// Whether tox itself answers.
    pub fn has_tox(&self) -> bool {
        self.tox.is_some()
    }

    /// Reads the environments of `env_list`. `None` without a configuration in `folder`.
    ///
    /// Runs the project's `toxfile.py` if it contains more than git-devpi's hook. Starts one process, two if `requires` is not met.
    pub fn env_list(&self, folder: &Path, version: ConfigurationVersion) -> Result<Option<EnvironmentList>, Error> {
        let Some(input) = Input::read(folder, version)? else { return Ok(None) };
        let answer = match &self.tox {
            None => text::env_list(&input).map_err(|reason| format!("cannot be read without tox: {reason}")),
            Some(tox) => match Question::new(tox, &input, self.environment).env_list()? {
                Err(Refusal::ToxTooOld(missing)) => text::env_list(&input)
                    .map_err(|reason| format!("needs {missing}, which is not installed, and {reason} needs tox")),
                Err(Refusal::Other(reason)) => Err(format!("cannot be read by tox: {reason}")),
                Ok(environments) => Ok(environments),
            },
        };
        Ok(Some(match answer {
            Ok(environments) => EnvironmentList::Complete(environments),
            Err(reason) => EnvironmentList::Unreadable { file: input.file, reason },
        }))
    }

    /// Asks tox about environments by name, in the order of `names`. `None` without tox, or without a configuration in `folder`.
    ///
    /// Runs no code of the project. Starts one process, and one for each name if tox does not know all of them.
    pub fn named(&self, folder: &Path, names: &[String]) -> Result<Option<Vec<NamedEnvironment>>, Error> {
        let (Some(tox), Some(mut input)) = (&self.tox, Input::current(folder)?) else { return Ok(None) };
        input.hands_out_package |= tox.has_plugin() && !tox_setup::read(folder)?.is_some_and(|setup| setup.hook);
        if input.plugin.is_some() {
            let reason = "the project's toxfile.py would run".to_owned();
            return Ok(Some(vec![NamedEnvironment::Unreadable(reason); names.len()]));
        }
        Question::new(tox, &input, self.environment).named(names).map(Some)
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
