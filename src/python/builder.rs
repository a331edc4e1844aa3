//! Building wheels and sdists with `uv build`, `python -m build` or `pip wheel`, and checking the results.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::Version;

use super::build_environment::removed;
use super::error::Error;
use super::interpreter;
use super::local_reference::{self, LocalReference};
use super::metadata;
use super::version_source::VersionSource;
use crate::model::names::ProjectName;
use crate::system::environment::Environment;
use crate::system::files;
use crate::system::process::Tool;

/// The builder that the settings select.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuilderChoice {
    /// uv if it is installed, else `build`, else pip for wheels.
    #[default]
    Auto,
    /// Only uv.
    Uv,
    /// Only `python -m build`.
    Build,
    /// Only `pip wheel`, which builds no sdist.
    Pip,
}

/// The format of a built file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `.whl`
    Wheel,
    /// `.tar.gz`
    Sdist,
}

impl Format {
    /// The value in the setting `formats`, which is also the name of the builders' option.
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

/// The options of pip that build only the project, show the output of its backend, and ask nothing.
const PIP_WHEEL: [&str; 6] =
    ["wheel", "--verbose", "--disable-pip-version-check", "--no-input", "--no-deps", "--wheel-dir"];

/// An installed build frontend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builder {
    /// `uv build`.
    Uv {
        /// The program.
        program: PathBuf,
    },
    /// `python -m build`.
    Build {
        /// An interpreter with the module.
        python: PathBuf,
    },
    /// The script of `build`, which may belong to a separate interpreter, as with pipx.
    PyprojectBuild {
        /// The program.
        program: PathBuf,
    },
    /// `python -m pip wheel`.
    Pip {
        /// An interpreter with the module.
        python: PathBuf,
    },
}

/// What to build, and the name and version that the files must have.
#[derive(Debug)]
pub struct BuildRequest<'a> {
    /// The project's folder: a stamped copy, not the work tree.
    pub dir: &'a Path,
    /// The output folder, which must be empty; created if missing.
    pub out: &'a Path,
    /// The formats to build.
    pub formats: &'a [Format],
    /// The interpreter to build with, for native projects; `None` uses the builder's default.
    pub python: Option<&'a Path>,
    /// The time of the original commit, in seconds since 1970.
    pub source_date_epoch: i64,
    /// Variables that the project's version source requires.
    pub variables: &'a [(String, String)],
    /// The name that every file must have.
    pub name: &'a ProjectName,
    /// The version that every file must have.
    pub version: &'a Version,
    /// The version source, for messages.
    pub version_source: &'a VersionSource,
}

impl Builder {
    /// Finds the selected builder of these formats. Starts interpreters only to look for the modules `build` and `pip`.
    pub fn find(choice: BuilderChoice, formats: &[Format], environment: &Environment) -> Result<Self, Error> {
        let mut looked_for = Vec::new();
        let may_be = |builder| choice == BuilderChoice::Auto || choice == builder;
        if may_be(BuilderChoice::Uv) {
            looked_for.push("uv".to_owned());
            if let Some(program) = interpreter::on_path(environment, "uv") {
                return Ok(Self::Uv { program });
            }
        }
        if may_be(BuilderChoice::Build) {
            looked_for.push("pyproject-build".to_owned());
            looked_for.push("python -m build".to_owned());
            if let Some(program) = interpreter::on_path(environment, "pyproject-build") {
                return Ok(Self::PyprojectBuild { program });
            }
            if let Some(python) = interpreter::with_module(environment, "build") {
                return Ok(Self::Build { python });
            }
        }
        if may_be(BuilderChoice::Pip) && !formats.contains(&Format::Sdist) {
            looked_for.push("python -m pip".to_owned());
            if let Some(python) = interpreter::with_module(environment, "pip") {
                return Ok(Self::Pip { python });
            }
        }
        Err(Error::NoBuilder { looked_for })
    }

    /// The name for provenance and messages: `uv build`, `python -m build`, `pip wheel`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Uv { .. } => "uv build",
            Self::Build { .. } | Self::PyprojectBuild { .. } => "python -m build",
            Self::Pip { .. } => "pip wheel",
        }
    }

    /// The value of the setting `builder` that selects it.
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Uv { .. } => "uv",
            Self::Build { .. } | Self::PyprojectBuild { .. } => "build",
            Self::Pip { .. } => "pip",
        }
    }

    /// Whether this is uv.
    pub fn is_uv(&self) -> bool {
        matches!(self, Self::Uv { .. })
    }

    /// Builds and checks name and version of each file; returns the files in the order of `formats`.
    ///
    /// Passes all output of the builder to `sink`.
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
            // In the project's folder Python would import a `build.py` of the project instead of the module.
            .current_dir(request.out)
            .kill_descendants()
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
            let (builder, status) = (self.name(), output.status);
            return Err(Error::BuildFailed { builder, command, status, output: output_text });
        }
        let built = request.formats.iter().map(|format| single_file(request.out, *format, &command));
        let built = built.collect::<Result<Vec<_>, _>>()?;
        built.iter().try_for_each(|file| check(file, request))?;
        Ok(built)
    }

    /// The command line, with absolute paths because the process runs in another folder.
    fn words(&self, request: &BuildRequest, environment: &Environment) -> Result<Vec<String>, Error> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let absolute =
            |path: &Path| std::path::absolute(path).map(|p| text(&p)).map_err(crate::system::Error::file("find", path));
        let module = |python: &Path, module: &str| vec![text(python), "-m".to_owned(), module.to_owned()];
        // `build` and pip build with the interpreter that runs them and have no option for another one. A test environment may not
        // have them. Most wheels fit every interpreter; the caller refuses one that does not.
        let runs = |own: &PathBuf, name: &str| match request.python {
            Some(python) if interpreter::has_module(environment, python, name) => python.to_owned(),
            _ => own.clone(),
        };
        let formats = || request.formats.iter().map(|format| format!("--{}", format.as_str()));
        let mut words = match self {
            Self::Uv { program } => vec![text(program), "build".to_owned()],
            Self::Build { python } => module(&runs(python, "build"), "build"),
            Self::PyprojectBuild { program } => match request.python {
                Some(python) if interpreter::has_module(environment, python, "build") => module(python, "build"),
                _ => vec![text(program)],
            },
            Self::Pip { python } => module(&runs(python, "pip"), "pip"),
        };
        match self {
            Self::Pip { .. } => words.extend(PIP_WHEEL.map(str::to_owned)),
            Self::Uv { .. } => {
                words.extend(formats());
                words.extend(request.python.iter().flat_map(|python| ["--python".to_owned(), text(python)]));
                words.push("--out-dir".to_owned());
            }
            Self::Build { .. } | Self::PyprojectBuild { .. } => {
                words.extend(formats());
                words.push("--outdir".to_owned());
            }
        }
        words.extend([absolute(request.out)?, absolute(request.dir)?]);
        Ok(words)
    }
}

/// Runs the command with umask 022, since setuptools stores file modes in wheels.
///
/// Without unsafe code only a shell can set the umask.
fn with_umask(words: &[String]) -> Tool {
    if cfg!(unix) {
        return Tool::new("sh").args(["-c", "umask 022; exec \"$@\"", "sh"]).args(words);
    }
    Tool::new(&words[0]).args(&words[1..])
}

fn single_file(out: &Path, format: Format, command: &str) -> Result<PathBuf, Error> {
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

/// Checks name and version in the file's metadata and file name. `1.4` and `1.4.0` differ, as on devpi.
pub(super) fn check(file: &Path, request: &BuildRequest<'_>) -> Result<(), Error> {
    let found = metadata::read(file)?;
    if ProjectName::parse(&found.name).ok().as_ref() != Some(request.name) {
        return Err(Error::WrongName { file: file.to_owned(), expected: request.name.clone(), found: found.name });
    }
    let wrong = |found: String| Error::WrongVersion {
        file: file.to_owned(),
        expected: request.version.clone(),
        place: request.version_source.to_string(),
        found,
    };
    if !same_version(&found.version, request.version) {
        return Err(wrong(found.version));
    }
    let in_name = version_in_name(file);
    if !same_version(&in_name, request.version) {
        return Err(wrong(in_name));
    }
    let temporary = request.out.parent().unwrap_or(request.out);
    if let Some(LocalReference { name, reference }) = local_reference::find(found.requirements(), temporary) {
        return Err(Error::LocalReference { file: file.to_owned(), dependency: name, reference });
    }
    Ok(())
}

fn same_version(text: &str, expected: &Version) -> bool {
    Version::from_str(text).is_ok_and(|version| version.to_string() == expected.to_string())
}

/// The version in a file name: a wheel's second part, an sdist's last.
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
