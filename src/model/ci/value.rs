//! A value that a CI system set, with the variable it came from, and the lookup that reads variables.

use super::super::stamp::{BuildNumber, BuildNumberError};

/// How variables are looked up: this floor has no environment of its own.
pub type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A value with the variable that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiValue {
    /// The variable's name, for messages and for the origin.
    pub variable: String,
    /// A build number as it came; a branch without `refs/heads/`.
    pub value: String,
}

/// A variable that should hold a build number and does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {error}")]
pub struct CiNumberError {
    /// The variable's name.
    pub variable: String,
    /// What is wrong with its value.
    pub error: BuildNumberError,
}

impl CiValue {
    /// The value as a build number; the error names the variable.
    pub fn build_number(&self) -> Result<BuildNumber, CiNumberError> {
        BuildNumber::parse(&self.value).map_err(|error| CiNumberError { variable: self.variable.clone(), error })
    }
}
