//! Running tox on a package that is already built.
//!
//! tox 4 reads the package and the report path from `TOX_INSTALL_PKG` and `TOX_RESULT_JSON`, so this needs no change of its
//! configuration and no parsing of its command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Error;
use super::interpreter;
use crate::system;
use crate::system::environment::{Environment, GIT_DEVPI_HOOKS};
use crate::system::files::{Access, write_atomic};
use crate::system::process::{Output, Tool};

/// The timeout of `tox --version`: the first start from disk, or through a shim, is slow.
const VERSION_DEADLINE: Duration = Duration::from_secs(20);

/// An installed tox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tox {
    /// The program and the arguments before those of tox.
    words: Vec<String>,
    has_plugin: bool,
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
        let looked_for = || ["tox", "python -m tox", "uvx tox"].map(str::to_owned).to_vec();
        Self::candidates(environment).next().ok_or_else(|| Error::NoTox { looked_for: looked_for() })
    }

    /// A program in the place of tox.
    #[cfg(test)]
    pub(super) fn of_words(words: &[&str]) -> Self {
        Self { words: words.iter().map(|word| (*word).to_owned()).collect(), has_plugin: false }
    }

    fn candidates(environment: &Environment) -> impl Iterator<Item = Self> {
        type Find = fn(&Environment) -> Option<PathBuf>;
        let ways: [(Find, &[&str]); 3] = [
            (|environment| interpreter::on_path(environment, "tox"), &[]),
            (|environment| interpreter::with_module(environment, "tox"), &["-m", "tox"]),
            (|environment| interpreter::on_path(environment, "uvx"), &["tox"]),
        ];
        ways.into_iter().filter_map(|(find, arguments)| {
            let program = find(environment)?.to_string_lossy().into_owned();
            let arguments = arguments.iter().map(|argument| (*argument).to_owned());
            Some(Self { words: std::iter::once(program).chain(arguments).collect(), has_plugin: false })
        })
    }

    /// Finds a tox 4 that is installed and works, without downloading one.
    ///
    /// A shim on PATH may not work, and tox 3 takes the commands of tox 4 for arguments of a test run.
    pub fn installed(environment: &Environment) -> Result<Option<Self>, Error> {
        let folder = tempfile::tempdir().map_err(system::Error::file("create", &std::env::temp_dir()))?;
        // tox looks for a configuration in the folders above, too.
        write_atomic(&folder.path().join("tox.ini"), b"[tox]\n", Access::Private)?;
        for mut candidate in Self::candidates(environment) {
            if candidate.words.len() == 2 {
                // uvx
                candidate.words.insert(1, "--offline".to_owned());
            }
            let tool = candidate.query(environment, folder.path()).arg("--version").deadline(VERSION_DEADLINE);
            let Some(output) = tool.output().ok().filter(Output::success) else { continue };
            let text = output.text();
            candidate.has_plugin = lists_plugin(&text);
            let major = text.split('.').next().and_then(|major| major.trim().parse::<u32>().ok());
            return Ok(major.is_some_and(|major| major >= 4).then_some(candidate));
        }
        Ok(None)
    }

    /// Whether git-devpi's plugin is installed beside it. Known after [`Tox::installed`].
    pub fn has_plugin(&self) -> bool {
        self.has_plugin
    }

    /// A call that changes nothing, in `folder`. Ignores the user's own configuration of tox, and `TOX_…` variables.
    pub(super) fn query(&self, environment: &Environment, folder: &Path) -> Tool {
        let of_tox = environment.iter().map(|(name, _)| name).filter(|name| name.starts_with("TOX"));
        Tool::new(&self.words[0])
            .args(&self.words[1..])
            .current_dir(folder)
            .without_env(environment.secret_names().chain(of_tox).chain(["FORCE_COLOR", "PY_COLORS"]))
            .env("TOX_USER_CONFIG_FILE", folder.join("no-such-file"))
            .env("PYTHONUTF8", "1")
            .env("NO_COLOR", "1")
            .env(GIT_DEVPI_HOOKS, "0")
            .kill_descendants()
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

/// Whether `tox --version` lists git-devpi's plugin: each plugin has a line with name and version.
fn lists_plugin(version: &str) -> bool {
    let plugins = version.split_once("registered plugins:").map(|(_, plugins)| plugins).unwrap_or_default();
    plugins.lines().any(|line| line.trim_start().starts_with("git-devpi-"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn tox_is_told_everything_through_its_variables() {
        let script =
            "echo \"$*|$TOX_INSTALL_PKG|$TOX_RESULT_JSON|$PIP_INDEX_URL|$GIT_DEVPI_HOOKS|$GIT_DEVPI_PASSWORD\"";
        let tox = Tox::of_words(&["sh", "-c", script, "tox"]);
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

    #[test]
    fn the_plugin_is_known_by_its_line() {
        let version = "4.67.15 from /venvs/git-devpi-1/tox/__init__.py\n";
        assert!(!lists_plugin(version));
        assert!(!lists_plugin(&format!("{version}registered plugins:\n    tox-uv-1.37.1 at /x/tox_uv/plugin.py\n")));
        assert!(lists_plugin(&format!("{version}registered plugins:\n    git-devpi-0.3.0 at /x/git_devpi/tox.py\n")));
    }

    #[test]
    fn only_a_tox_4_that_works_is_installed() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let tox = dir.path().join("tox");
        let installed = |script: &str| {
            std::fs::write(&tox, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&tox, std::fs::Permissions::from_mode(0o755)).unwrap();
            let environment = Environment::from_pairs([("PATH", dir.path().to_str().unwrap())]);
            Tox::installed(&environment).unwrap()
        };
        assert!(installed("echo '4.67.15 from here'").is_some());
        assert_eq!(installed("echo '3.28.0 imported from here'"), None);
        // A shim without a version behind it.
        assert_eq!(installed("echo 'tox: command not found' >&2; exit 127"), None);
        assert_eq!(installed("echo tox"), None);
    }
}
