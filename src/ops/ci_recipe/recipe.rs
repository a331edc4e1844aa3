//! The recipe of one system.

use crate::ops;
use crate::workspace::Workspace;

use super::commands::PASSWORD;
use super::facts::Facts;
use super::{azure, bamboo, bitbucket, github, gitlab, jenkins};

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// Jenkins, a multibranch pipeline
    Jenkins,
    /// Azure Pipelines
    Azure,
    /// Bitbucket Pipelines
    Bitbucket,
    /// Bamboo
    Bamboo,
}

impl System {
    /// All systems.
    pub const ALL: [Self; 6] = [Self::Github, Self::Gitlab, Self::Jenkins, Self::Azure, Self::Bitbucket, Self::Bamboo];

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Jenkins => "jenkins",
            Self::Azure => "azure",
            Self::Bitbucket => "bitbucket",
            Self::Bamboo => "bamboo",
        }
    }

    /// Returns the name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Github => "GitHub Actions",
            Self::Gitlab => "GitLab CI/CD",
            Self::Jenkins => "Jenkins, a multibranch pipeline",
            Self::Azure => "Azure Pipelines",
            Self::Bitbucket => "Bitbucket Pipelines",
            Self::Bamboo => "Bamboo",
        }
    }
}

/// The configuration for one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The file's path in the repository.
    pub path: &'static str,
    /// The secrets that it uses.
    pub secrets: Vec<String>,
    /// Its text.
    pub text: String,
}

/// Makes the configuration from the settings and from tox's `env_list`. No request; starts tox where it is installed.
pub fn recipe(workspace: &Workspace<'_>, system: System) -> Result<Recipe, ops::Error> {
    let facts = Facts::read(workspace)?;
    let (path, text) = match system {
        System::Github => (".github/workflows/devpi.yml", github::text(&facts)),
        System::Gitlab => (".gitlab-ci.yml", gitlab::text(&facts)),
        System::Jenkins => ("Jenkinsfile", jenkins::text(&facts)),
        System::Azure => ("azure-pipelines.yml", azure::text(&facts)),
        System::Bitbucket => ("bitbucket-pipelines.yml", bitbucket::text(&facts)),
        System::Bamboo => ("bamboo-specs/bamboo.yml", bamboo::text(&facts)),
    };
    Ok(Recipe { path, secrets: vec![PASSWORD.to_owned()], text })
}
