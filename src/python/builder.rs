//! Building wheels and sdists with `uv build` or `python -m build`, and checking what came out.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::Version;

use super::build_environment::removed;
use super::error::Error;
use super::interpreter;
use super::metadata;
use crate::model::names::ProjectName;
use crate::system::environment::Environment;
use crate::system::files;
use crate::system::process::Tool;

/// Which builder is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuilderChoice {
    /// uv if it is there, else `build`.
    #[default]
    Auto,
    /// uv alone.
    Uv,
    /// `python -m build` alone.
    Build,
}

/// The text is none of `auto`, `uv`, `build`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the builder {0:?} is none of auto, uv, build")]
pub struct UnknownBuilder(pub String);

impl FromStr for BuilderChoice {
    type Err = UnknownBuilder;
    fn from_str(text: &str) -> Result<Self, UnknownBuilder> {
        match text {
            "auto" => Ok(Self::Auto),
            "uv" => Ok(Self::Uv),
            "build" => Ok(Self::Build),
            other => Err(UnknownBuilder(other.to_owned())),
        }
    }
}

/// What kind of file is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `.whl`
    Wheel,
    /// `.tar.gz`
    Sdist,
}

impl Format {
    /// The word of the setting `formats`, which is also the builders' option.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wheel => "wheel",
            Self::Sdist => "sdist",
        }
    }

    fn is_format_of(self, file_name: &str) -> bool {
        match self {
            Self::Wheel => file_name.ends_with(".whl"),
            Self::Sdist => file_name.ends_with(".tar.gz") || file_name.ends_with(".zip"),
        }
    }
}

/// A build front end that was found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builder {
    /// `uv build`.
    Uv {
        /// The program.
        program: PathBuf,
    },
    /// `python -m build`.
    Build {
        /// An interpreter that has the module.
        python: PathBuf,
    },
    /// The script that `build` installs: an interpreter of its own, as pipx makes it.
    PyprojectBuild {
        /// The program.
        program: PathBuf,
    },
}

/// What to build, and what must come out.
#[derive(Debug)]
pub struct BuildRequest<'a> {
    /// The project's folder: a stamped copy, never the work tree.
    pub dir: &'a Path,
    /// Where the files go; made when missing. It must be empty.
    pub out: &'a Path,
    /// What to build.
    pub formats: &'a [Format],
    /// The interpreter to build with, for native projects; `None` leaves it to the builder.
    pub python: Option<&'a Path>,
    /// The time of the original commit, in seconds since 1970.
    pub source_date_epoch: i64,
    /// Variables that the project's version source asks for.
    pub variables: &'a [(String, String)],
    /// The name that every file must have.
    pub name: &'a ProjectName,
    /// The version that every file must have.
    pub version: &'a Version,
}

impl Builder {
    /// Finds the builder that is wanted.
    pub fn find(choice: BuilderChoice, environment: &Environment) -> Result<Self, Error> {
        let mut looked_for = Vec::new();
        if choice != BuilderChoice::Build {
            looked_for.push("uv".to_owned());
            if let Some(program) = interpreter::on_path(environment, "uv") {
                return Ok(Self::Uv { program });
            }
        }
        if choice != BuilderChoice::Uv {
            looked_for.push("pyproject-build".to_owned());
            looked_for.push("python -m build".to_owned());
            if let Some(program) = interpreter::on_path(environment, "pyproject-build") {
                return Ok(Self::PyprojectBuild { program });
            }
            if let Some(python) = interpreter::with_module(environment, "build") {
                return Ok(Self::Build { python });
            }
        }
        Err(Error::NoBuilder { looked_for })
    }

    /// How it is called, for provenance and messages: `uv build`, `python -m build`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Uv { .. } => "uv build",
            Self::Build { .. } | Self::PyprojectBuild { .. } => "python -m build",
        }
    }

    /// Builds, handing everything that is printed to `sink`, and checks name and version of each file. Gives the files in the order of
    /// `formats`.
    pub fn build(
        &self,
        request: &BuildRequest,
        environment: &Environment,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<Vec<PathBuf>, Error> {
        files::create_folder(request.out)?;
        let words = self.words(request, environment)?;
        let command = words.join(" ");
        let mut printed = Vec::new();
        let mut tool = with_umask(&words)
            // Not in the project: a `build.py` there would be taken for the module.
            .current_dir(request.out)
            .kill_on_interrupt()
            .without_env(removed(environment))
            .env("SOURCE_DATE_EPOCH", request.source_date_epoch.max(0).to_string());
        for (name, value) in request.variables {
            tool = tool.env(name, value);
        }
        let output = tool.stream(&mut |bytes| {
            printed.extend_from_slice(bytes);
            sink(bytes);
        })?;
        if !output.success() {
            let output_text = String::from_utf8_lossy(&printed).into_owned();
            return Err(Error::BuildFailed { command, status: output.status, output: output_text });
        }
        let built = request.formats.iter().map(|format| the_file(request.out, *format, &command));
        let built = built.collect::<Result<Vec<_>, _>>()?;
        built.iter().try_for_each(|file| check(file, request))?;
        Ok(built)
    }

    /// The command line; its paths are absolute, because it is not started in our own folder.
    fn words(&self, request: &BuildRequest, environment: &Environment) -> Result<Vec<String>, Error> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let absolute =
            |path: &Path| std::path::absolute(path).map(|p| text(&p)).map_err(crate::system::Error::file("find", path));
        let module = |python: &Path| vec![text(python), "-m".to_owned(), "build".to_owned()];
        let (mut words, out_option) = match (self, request.python) {
            (Self::Uv { program }, _) => (vec![text(program), "build".to_owned()], "--out-dir"),
            // `build` builds with the interpreter that runs it, and has no option for another one.
            (_, Some(python)) if interpreter::has_module(environment, python, "build") => (module(python), "--outdir"),
            (_, Some(python)) => {
                return Err(Error::NoBuilder { looked_for: vec!["uv".to_owned(), module(python).join(" ")] });
            }
            (Self::Build { python }, None) => (module(python), "--outdir"),
            (Self::PyprojectBuild { program }, None) => (vec![text(program)], "--outdir"),
        };
        words.extend(request.formats.iter().map(|format| format!("--{}", format.as_str())));
        if let (Self::Uv { .. }, Some(python)) = (self, request.python) {
            words.extend(["--python".to_owned(), text(python)]);
        }
        words.extend([out_option.to_owned(), absolute(request.out)?, absolute(request.dir)?]);
        Ok(words)
    }
}

/// The umask decides over bytes of setuptools' wheels, so it is the same everywhere. Only a shell can set it without unsafe code.
fn with_umask(words: &[String]) -> Tool {
    if cfg!(unix) {
        return Tool::new("sh").args(["-c", "umask 022; exec \"$@\"", "sh"]).args(words);
    }
    Tool::new(&words[0]).args(&words[1..])
}

fn the_file(out: &Path, format: Format, command: &str) -> Result<PathBuf, Error> {
    let unreadable = |source| crate::system::Error::File { action: "read", path: out.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs_err::read_dir(out).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if format.is_format_of(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
    match found.pop() {
        Some(file) if found.is_empty() => Ok(file),
        last => Err(Error::UnexpectedFiles {
            command: command.to_owned(),
            format: format.as_str(),
            count: found.len() + usize::from(last.is_some()),
        }),
    }
}

/// The file's metadata and its name must say what was asked for. `1.4` is not `1.4.0` here: devpi keeps them apart.
fn check(file: &Path, request: &BuildRequest) -> Result<(), Error> {
    let found = metadata::read(file)?;
    if ProjectName::parse(&found.name).ok().as_ref() != Some(request.name) {
        return Err(Error::WrongName { file: file.to_owned(), expected: request.name.clone(), found: found.name });
    }
    let wrong = |found: String| Error::WrongVersion { file: file.to_owned(), expected: request.version.clone(), found };
    if !same_version(&found.version, request.version) {
        return Err(wrong(found.version));
    }
    let in_name = version_in_name(file);
    if !same_version(&in_name, request.version) {
        return Err(wrong(in_name));
    }
    Ok(())
}

fn same_version(text: &str, expected: &Version) -> bool {
    Version::from_str(text).is_ok_and(|version| version.to_string() == expected.to_string())
}

/// A wheel's second part, an sdist's last.
fn version_in_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if let Some(wheel) = name.strip_suffix(".whl") {
        return wheel.split('-').nth(1).unwrap_or_default().to_owned();
    }
    let stem = name.trim_end_matches(".tar.gz").trim_end_matches(".zip");
    stem.rsplit_once('-').map_or(String::new(), |(_, version)| version.to_owned())
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::panic)]
mod tests;
