//! The private virtual environment with devpi-server and devpi-web, and the data folder of
//! devpi-init.
//!
//! Incomplete parts are created again. The environment is complete if it contains the file with its versions, the data if
//! devpi-init has written the server's identity, which it does last.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use crate::system;
use crate::system::environment::Environment;
use crate::system::files::{self, Access};
use crate::system::process::Tool;
use crate::workspace::local_server::error::Error;
use crate::workspace::local_server::folder::Folder;
use crate::workspace::progress::Progress;

/// The installed version of devpi-server. It and devpi-web run on Python 3.9 to 3.13 (tried).
pub const DEVPI_SERVER: &str = "6.20.3";
/// The installed version of devpi-web.
pub const DEVPI_WEB: &str = "5.1.1";

/// The oldest Python that both support (`Requires-Python: >=3.9`).
const OLDEST_PYTHON: (u32, u32) = (3, 9);

/// The names of Python, in search order: the plain name first, the others in case it is too old.
const PYTHONS: [&str; 8] =
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9", "python"];

/// Prints the version, and whether virtual environments can be created.
///
/// Debian packages `ensurepip` separately.
const ASK_PYTHON: &str = "import sys, importlib.util as u\n\
    print(sys.version_info[0], sys.version_info[1], int(bool(u.find_spec('venv') and u.find_spec('ensurepip'))))";

/// Runs devpi-init with a `root/pypi` that requests single projects, and never the list of all
/// projects.
///
/// devpi's default fetches that list when the server starts (40 MB, 900,000 names, which are indexed): for half a minute every
/// project is "not found" (tried). devpi-init has no option for this, and after the start it is too late.
const CREATE_DATA: &str = "import sys\n\
    from devpi_server import main\n\
    main._pypi_ixconfig_default['mirror_no_project_list'] = True\n\
    from devpi_server.init import init\n\
    sys.exit(init())";

/// The last file that is written into a complete virtual environment.
const COMPLETE: &str = "git-devpi-installed";

/// The programs of the virtual environment.
pub(crate) struct Installation<'a> {
    folder: &'a Folder,
    environment: &'a Environment,
}

impl<'a> Installation<'a> {
    pub fn of(folder: &'a Folder, environment: &'a Environment) -> Self {
        Self { folder, environment }
    }

    /// Creates what is missing: the environment and the server's data.
    pub fn ensure_complete(&self, progress: &dyn Progress) -> Result<(), Error> {
        self.install_server(progress)?;
        if self.folder.uuid()?.is_none() {
            progress.step("creating the server's data folder");
            self.create_data()?;
        }
        Ok(())
    }

    /// Creates the environment if it is incomplete.
    fn install_server(&self, progress: &dyn Progress) -> Result<(), Error> {
        let packages = [format!("devpi-server=={DEVPI_SERVER}"), format!("devpi-web=={DEVPI_WEB}")];
        let venv = self.folder.venv();
        if !is_complete(&venv, &packages)? {
            progress.note(&format!(
                "installing devpi-server {DEVPI_SERVER} and devpi-web {DEVPI_WEB} with pip into {} (about 90 MB, once)",
                venv.display()
            ));
            self.install(Path::new(self.find_python()?), (&venv, &packages), progress)?;
        }
        Ok(())
    }

    /// Creates another environment with the same Python.
    pub fn install_beside(&self, venv: &Path, packages: &[String], progress: &dyn Progress) -> Result<(), Error> {
        if !is_complete(venv, packages)? {
            let mut names: Vec<&str> = packages.iter().filter_map(|package| package.split("==").next()).collect();
            names.dedup();
            progress.note(&format!("installing {} with pip into {} (once)", names.join(" and "), venv.display()));
            self.install(&self.python(), (venv, packages), progress)?;
        }
        Ok(())
    }

    /// Returns the environment's interpreter.
    pub fn python(&self) -> PathBuf {
        python_of(&self.folder.venv())
    }

    /// Prepares a child process without secrets, and without settings for other servers and
    /// installations.
    pub fn tool(&self, program: &Path) -> Tool {
        let foreign = |name: &&str| {
            name.starts_with("DEVPISERVER_")
                || ["DEVPI_SERVERDIR", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"].contains(name)
                || ["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT", "PIP_REQUIRE_HASHES"].contains(name)
        };
        let foreign: Vec<&str> = self.environment.iter().map(|(name, _)| name).filter(foreign).collect();
        let path = self.environment.get("PATH").map(|path| ("PATH", path));
        // "user = true" in a pip.conf makes pip refuse to install into a virtual environment.
        let tool = Tool::new(program).without_env(foreign).without_env(self.environment.secret_names());
        path.into_iter()
            .fold(tool, |tool, (name, value)| tool.env(name, value))
            .env("PIP_USER", "0")
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .env("PYTHONUNBUFFERED", "1")
    }

    /// Creates a virtual environment with `packages`; removes an incomplete one.
    fn install(
        &self,
        python: &Path,
        (venv, packages): (&Path, &[String]),
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        remove_tree(venv)?;
        progress.step("creating a virtual environment");
        self.run(self.tool(python).args(["-m", "venv", "--clear"]).arg(venv), progress)?;
        progress.step("pip: searching packages");
        let arguments = ["-m", "pip", "install", "--no-input", "--progress-bar", "off"];
        self.run(self.tool(&python_of(venv)).args(arguments).args(packages), progress)?;
        Ok(files::write_atomic(&venv.join(COMPLETE), listed(packages).as_bytes(), Access::Shared)?)
    }

    /// Runs a step of the installation; passes on its output, and turns pip's lines into steps.
    fn run(&self, tool: Tool, progress: &dyn Progress) -> Result<(), Error> {
        let command = tool.display();
        let mut lines = Vec::new();
        let output = tool.stream(&mut |bytes| {
            progress.output(bytes);
            lines.extend_from_slice(bytes);
            while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = lines.drain(..=end).collect();
                if let Some(step) = pip_step(&String::from_utf8_lossy(&line)) {
                    progress.step(&step);
                }
            }
        })?;
        if output.success() {
            return Ok(());
        }
        let said = [output.text(), output.error_text()].join("\n").trim().to_owned();
        Err(Error::InstallFailed { command, output: said })
    }

    /// Runs devpi-init.
    ///
    /// Root's password is in a variable (devpi reads `DEVPISERVER_*`): every user can see arguments.
    fn create_data(&self) -> Result<(), Error> {
        let data = self.folder.data();
        remove_tree(&data)?;
        let password = self.folder.root_password()?.unwrap_or_default();
        let output = self
            .tool(&self.python())
            .args(["-c", CREATE_DATA, "-c", "/dev/null", "--serverdir"])
            .arg(&data)
            .env("DEVPISERVER_ROOT_PASSWD", password.expose_secret())
            .output()?;
        if output.success() && self.folder.uuid()?.is_some() {
            return Ok(());
        }
        let said = [output.text(), output.error_text()].join("\n").trim().to_owned();
        Err(Error::InitFailed { folder: data, output: said })
    }

    /// Returns the first Python on PATH that is new enough.
    ///
    /// A shim without a Python fails, and is skipped.
    fn find_python(&self) -> Result<&'static str, Error> {
        let mut found = None;
        let mut without_venv = None;
        for name in PYTHONS {
            let Ok(answer) = self.tool(Path::new(name)).args(["-c", ASK_PYTHON]).output() else {
                continue;
            };
            match parse_answer(&answer.text()) {
                Some((version, true)) if version >= OLDEST_PYTHON => return Ok(name),
                Some((version, false)) if version >= OLDEST_PYTHON => {
                    without_venv = without_venv.or(Some((name, version)))
                }
                Some((version, _)) if found.is_none() => found = Some(format!("{name} is {}", text(version))),
                _ => {}
            }
        }
        Err(match without_venv {
            Some((name, version)) => Error::VenvModuleMissing { python: name.to_owned(), version: text(version) },
            None => Error::PythonMissing { minimum: text(OLDEST_PYTHON), found },
        })
    }
}

fn python_of(venv: &Path) -> PathBuf {
    venv.join("bin").join("python")
}

fn listed(packages: &[String]) -> String {
    packages.iter().map(|package| format!("{package}\n")).collect()
}

fn is_complete(venv: &Path, packages: &[String]) -> Result<bool, Error> {
    let found = files::read_text_optional(&venv.join(COMPLETE))?;
    Ok(found.as_deref() == Some(listed(packages).as_str()) && python_of(venv).exists())
}

fn text((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}

/// Parses the output of [`ASK_PYTHON`].
fn parse_answer(line: &str) -> Option<((u32, u32), bool)> {
    let mut words = line.split_whitespace();
    let version = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((version, words.next()? == "1"))
}

/// Returns the step that a line of pip's output stands for.
fn pip_step(line: &str) -> Option<String> {
    let line = line.trim_end();
    if let Some(what) = line.strip_prefix("Collecting ") {
        return what.split_whitespace().next().map(|name| format!("pip: fetching {name}"));
    }
    line.starts_with("Installing collected packages").then(|| "pip: installing the packages".to_owned())
}

/// Removes a folder with its contents; a missing one is success.
pub(crate) fn remove_tree(path: &Path) -> Result<(), Error> {
    match fs_err::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(system::Error::file("remove", path)(e).into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_answer_is_read_and_a_shims_is_not() {
        assert_eq!(parse_answer("3 11 1"), Some(((3, 11), true)));
        assert_eq!(parse_answer("3 9 0"), Some(((3, 9), false)));
        assert_eq!(parse_answer("pyenv: python3.9: command not found"), None);
        assert_eq!(parse_answer(""), None);
    }

    #[test]
    fn pips_lines_become_steps() {
        assert_eq!(pip_step("Collecting devpi-web==5.1.1\n").as_deref(), Some("pip: fetching devpi-web==5.1.1"));
        assert_eq!(pip_step("Collecting idna (from requests)").as_deref(), Some("pip: fetching idna"));
        assert_eq!(pip_step("  Using cached x.whl"), None);
    }

    /// An installation whose PATH has only a `python3` that runs `script`.
    #[cfg(unix)]
    fn with_python(script: &str) -> (tempfile::TempDir, Folder, Environment) {
        let dir = tempfile::tempdir().unwrap();
        let python = dir.path().join("bin/python3");
        fs_err::create_dir_all(python.parent().unwrap()).unwrap();
        // Another process writes the file: while this one has it open for writing, a child of a concurrent test may inherit it,
        // and then it cannot be executed.
        let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
        let written = Tool::new("sh").args(["-c", write]).arg(&python).arg(script).output().unwrap();
        assert!(written.success());
        let environment = Environment::from_pairs([("PATH", python.parent().unwrap().to_str().unwrap())]);
        let folder = Folder::at(&dir.path().join("server"));
        (dir, folder, environment)
    }

    #[cfg(unix)]
    fn complete_with(script: &str) -> Error {
        let (_dir, folder, environment) = with_python(script);
        Installation::of(&folder, &environment).ensure_complete(&crate::workspace::progress::Silent).unwrap_err()
    }

    #[cfg(unix)]
    #[test]
    fn a_python_that_does_not_do_is_told_apart() {
        let error = complete_with("echo 3 6 1");
        assert_eq!(error.to_string(), "Python 3.9 or newer not found on PATH (only python3 is 3.6)");
        let error = complete_with("echo 'no such version'; exit 127");
        assert!(matches!(error, Error::PythonMissing { found: None, .. }), "{error:?}");
        let error = complete_with("echo 3 11 0");
        assert!(matches!(&error, Error::VenvModuleMissing { version, .. } if version == "3.11"), "{error:?}");
    }

    #[cfg(unix)]
    #[allow(clippy::panic)]
    #[test]
    fn an_installation_that_fails_carries_what_was_printed_and_counts_as_not_made() {
        let error =
            complete_with("[ \"$1\" = -c ] && echo 3 12 1 && exit 0; echo doing; echo 'disk is full' >&2; exit 3");
        let Error::InstallFailed { command, output } = error else { panic!("{error:?}") };
        assert!(command.starts_with("python3 -m venv"), "{command}");
        assert_eq!(output, "doing\ndisk is full");
    }
}
