//! Running tox on a package that is already built.
//!
//! tox 4 reads the package and the report path from `TOX_INSTALL_PKG` and `TOX_RESULT_JSON`, so this needs no change of its
//! configuration and no parsing of its command line.

use std::path::Path;

use super::error::Error;
use super::interpreter;
use crate::system::environment::{Environment, GIT_DEVPI_HOOKS};
use crate::system::process::Tool;

/// An installed tox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tox {
    /// The program and the arguments before those of tox.
    words: Vec<String>,
}

/// One run of tox.
#[derive(Debug)]
pub struct TestRun<'a> {
    /// The folder of tox's configuration.
    pub dir: &'a Path,
    /// The file to install into every environment that installs the project.
    pub package: &'a Path,
    /// The path of the report that tox writes.
    pub report: &'a Path,
    /// The environments; tox's default if empty.
    pub environments: &'a [String],
    /// Further arguments for tox.
    pub arguments: &'a [String],
    /// Further variables: index and constraints for pip and uv.
    pub variables: &'a [(String, String)],
}

impl Tox {
    /// Finds tox: on PATH, as a module of an interpreter on PATH, or through uv.
    pub fn find(environment: &Environment) -> Result<Self, Error> {
        let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
        if let Some(tox) = interpreter::on_path(environment, "tox") {
            return Ok(Self { words: vec![text(tox)] });
        }
        if let Some(python) = interpreter::with_module(environment, "tox") {
            return Ok(Self { words: vec![text(python), "-m".to_owned(), "tox".to_owned()] });
        }
        if let Some(uvx) = interpreter::on_path(environment, "uvx") {
            return Ok(Self { words: vec![text(uvx), "tox".to_owned()] });
        }
        Err(Error::NoTox { looked_for: ["tox", "python -m tox", "uvx tox"].map(str::to_owned).to_vec() })
    }

    /// Runs tox with inherited stdin, stdout and stderr; returns its exit status, `None` after a signal.
    ///
    /// Disables the hook of `toxfile.py`, since the caller uploads the evidence. Removes secrets from the environment.
    pub fn run(&self, run: &TestRun, environment: &Environment) -> Result<Option<i32>, Error> {
        Ok(self.tool(run, environment).inherit()?)
    }

    fn tool(&self, run: &TestRun, environment: &Environment) -> Tool {
        let mut tool = Tool::new(&self.words[0]).args(&self.words[1..]).current_dir(run.dir).stdin_inherit();
        if !run.environments.is_empty() {
            tool = tool.args(["-e", &run.environments.join(",")]);
        }
        tool = tool
            .args(run.arguments)
            .without_env(environment.secret_names())
            .env("TOX_INSTALL_PKG", run.package)
            .env("TOX_RESULT_JSON", run.report)
            .env(GIT_DEVPI_HOOKS, "0");
        for (name, value) in run.variables {
            tool = tool.env(name, value);
        }
        tool
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn tox_is_told_everything_through_its_variables() {
        let script =
            "echo \"$*|$TOX_INSTALL_PKG|$TOX_RESULT_JSON|$PIP_INDEX_URL|$GIT_DEVPI_HOOKS|$GIT_DEVPI_PASSWORD\"";
        let tox = Tox { words: vec!["sh".into(), "-c".into(), script.into(), "tox".into()] };
        let run = TestRun {
            dir: Path::new("/"),
            package: Path::new("/d/x.whl"),
            report: Path::new("/r.json"),
            environments: &["unit".into(), "static".into()],
            arguments: &["-p".into()],
            variables: &[("PIP_INDEX_URL".into(), "u".into())],
        };
        let output = tox.tool(&run, &Environment::default()).output().unwrap();
        assert_eq!(output.text(), "-e unit,static -p|/d/x.whl|/r.json|u|0|");
    }

    #[test]
    fn no_tox_says_what_was_looked_for() {
        let error = Tox::find(&Environment::from_pairs([("PATH", "/nonexistent")])).unwrap_err();
        assert!(matches!(error, Error::NoTox { looked_for } if looked_for.len() == 3));
    }
}
