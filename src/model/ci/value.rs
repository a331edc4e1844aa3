//! A value from the environment of a CI system, with its variable, and the lookup that reads variables.

use super::super::stamp::{BuildNumber, BuildNumberError};

/// Looks an environment variable up. Passed in, because the model does not access the environment.
pub type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A value with the name of its variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiValue {
    /// The variable's name, for messages and origins.
    pub variable: String,
    /// The value: an unvalidated build number, or a branch without `refs/heads/`.
    pub value: String,
}

/// A variable with an invalid build number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {error}")]
pub struct CiNumberError {
    /// The variable's name.
    pub variable: String,
    /// The error of its value.
    pub error: BuildNumberError,
}

impl CiValue {
    /// Parses the value as a build number. The error names the variable.
    pub fn build_number(&self) -> Result<BuildNumber, CiNumberError> {
        BuildNumber::parse(&self.value).map_err(|error| CiNumberError { variable: self.variable.clone(), error })
    }
}
