//! Finding Python interpreters, and reading the wheel tags that they accept.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Error;
use crate::system::environment::Environment;
use crate::system::process::Tool;

/// The timeout of a call of an interpreter: the first start from disk, or through a shim, is slow.
const DEADLINE: Duration = Duration::from_secs(30);

/// Prints the tags, best first, from any installed copy of `packaging`, else an approximation.
const TAGS_SCRIPT: &str = include_str!("interpreter_tags.py");

/// An installed interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// Its program.
    pub path: PathBuf,
}

/// Finds the interpreter that installs a package.
///
/// The order: `request` (a path, or a version like `3.12`), the active virtual environment (tox sets `VIRTUAL_ENV`), the first on
/// PATH.
pub fn find(environment: &Environment, request: Option<&str>) -> Result<Interpreter, Error> {
    let found = |path: PathBuf| Ok(Interpreter { path });
    if let Some(request) = request {
        let is_version = request.starts_with(|c: char| c.is_ascii_digit()) && !request.contains(['/', '\\']);
        if is_version {
            return of_version(environment, request);
        }
        return match on_path(environment, request) {
            Some(path) => found(path),
            None => Err(Error::NoInterpreter { looked_for: vec![request.to_owned()] }),
        };
    }
    if let Some(folder) = environment.non_empty("VIRTUAL_ENV") {
        let folder = Path::new(folder);
        let inside = [folder.join("bin/python"), folder.join("Scripts/python.exe")];
        if let Some(path) = inside.into_iter().find(|path| path.is_file()) {
            return found(path);
        }
    }
    let names = ["python3", "python"];
    match names.iter().find_map(|name| on_path(environment, name)) {
        Some(path) => found(path),
        None => Err(Error::NoInterpreter { looked_for: names.map(str::to_owned).to_vec() }),
    }
}

/// Finds `pythonX.Y` on PATH, else with `uv python find`, which also knows managed and registered interpreters.
///
/// Runs the interpreter, because a pyenv shim may not work.
fn of_version(environment: &Environment, version: &str) -> Result<Interpreter, Error> {
    let name = format!("python{version}");
    let run = |tool: Tool| tool.without_env(environment.secret_names()).deadline(DEADLINE).output();
    let runs = |path: &PathBuf| run(Tool::new(path).args(["-c", ""])).is_ok_and(|output| output.success());
    if let Some(path) = all_on_path(environment, &name).into_iter().find(runs) {
        return Ok(Interpreter { path });
    }
    let mut looked_for = vec![name];
    if let Some(uv) = on_path(environment, "uv") {
        let words = ["python", "find", "--no-python-downloads", "--no-project", version];
        let output = run(Tool::new(uv).args(words))?;
        if output.success() {
            return Ok(Interpreter { path: PathBuf::from(output.text().trim()) });
        }
        looked_for.push(format!("uv python find {version}"));
    }
    Err(Error::NoInterpreter { looked_for })
}

impl Interpreter {
    /// Reads the compatibility tags (`cp312-cp312-manylinux_2_17_x86_64`), best first. Starts one process.
    pub fn tags(&self, environment: &Environment) -> Result<Vec<String>, Error> {
        let output = Tool::new(&self.path)
            .args(["-I", "-c", TAGS_SCRIPT])
            .without_env(environment.secret_names())
            .deadline(DEADLINE)
            .checked()?;
        Ok(output.text().lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
    }
}

/// Finds the program `name` on the environment's PATH; returns a path unchanged.
pub(super) fn on_path(environment: &Environment, name: &str) -> Option<PathBuf> {
    all_on_path(environment, name).into_iter().next()
}

fn all_on_path(environment: &Environment, name: &str) -> Vec<PathBuf> {
    let path = environment.get("PATH").map(OsStr::new);
    which::which_in_all(name, path, ".").map(|found| found.collect()).unwrap_or_default()
}

/// Finds the first interpreter on PATH that can run `-m module`. Starts each interpreter once; skips those that fail.
pub(super) fn with_module(environment: &Environment, module: &str) -> Option<PathBuf> {
    let candidates = ["python3", "python"].iter().flat_map(|name| all_on_path(environment, name));
    let mut checked_paths: Vec<PathBuf> = Vec::new();
    for candidate in candidates {
        if checked_paths.contains(&candidate) {
            continue;
        }
        if has_module(environment, &candidate, module) {
            return Some(candidate);
        }
        checked_paths.push(candidate);
    }
    None
}

/// Whether the interpreter can run `-m module`.
///
/// Excludes the current folder from the module path: a folder `build/` would count as the module.
pub(super) fn has_module(environment: &Environment, python: &Path, module: &str) -> bool {
    let script = format!(
        "import sys; sys.path[:] = [p for p in sys.path if p]; import importlib.util as u; \
         s = u.find_spec('{module}'); sys.exit(not (s and s.origin))"
    );
    let tool = Tool::new(python).args(["-c", &script]).without_env(environment.secret_names());
    tool.deadline(DEADLINE).output().is_ok_and(|output| output.success())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn the_active_environment_comes_before_path() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        std::fs::write(dir.path().join("bin/python"), "").unwrap();
        let folder = dir.path().to_str().unwrap();
        let environment = Environment::from_pairs([("VIRTUAL_ENV", folder), ("PATH", "")]);
        assert_eq!(find(&environment, None).unwrap().path, dir.path().join("bin/python"));
        let error = find(&environment, Some("3.99")).unwrap_err();
        assert!(matches!(error, Error::NoInterpreter { looked_for } if looked_for == ["python3.99"]));
        assert!(find(&Environment::from_pairs([("PATH", folder)]), None).is_err());
    }

    #[test]
    fn a_real_interpreter_names_its_tags_and_modules() {
        let environment = Environment::from_process();
        let tags = find(&environment, None).unwrap().tags(&environment).unwrap();
        assert!(tags.iter().any(|tag| tag == "py3-none-any") && tags[0].starts_with("cp"), "{tags:?}");
        assert!(with_module(&environment, "json").is_some());
        assert!(with_module(&environment, "no_such_module_here").is_none());
    }
}
