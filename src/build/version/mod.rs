//! `version`: determines the version of a build of this commit. Needs neither network nor Python.

mod error;
mod tags;

pub use crate::build::version::error::Error;
pub(crate) use crate::build::version::error::shortened;

use pep440_rs::Version;

use crate::build;
use crate::git::{NearestTag, VersionTag, WorkTreeChanges};
use crate::model::base_version::{BaseVersion, parse_base};
use crate::model::names::CommitId;
use crate::model::stamp::{BuildKind, BuildNumber, BuildNumberError, Templates, stamp};
use crate::settings::{Key, Origin, Sourced};
use crate::system::environment::GIT_DEVPI_BUILD_NUMBER;
use crate::workspace::project::Project;
use crate::workspace::{Branch, Workspace};

/// Folders of tools in the work tree: they do not count as changes.
const IGNORED_CHANGES: [&str; 2] = [".venv", ".tox"];

/// The version of a build, with the origin of each part.
#[derive(Debug, Clone)]
pub struct BuildVersion {
    /// Which project is built.
    pub project: Project,
    /// The canonical version.
    pub version: Version,
    /// The semantic part.
    pub base: BaseVersion,
    /// The location of the semantic part.
    pub base_place: String,
    /// The tag that holds the base; `None` if it is not from a tag.
    pub base_tag: Option<VersionTag>,
    /// The build number with its variable; `None` for a local version.
    pub number: Option<Sourced<BuildNumber>>,
    /// The branch; `None` if a local version does not need one and none is known.
    pub branch: Option<Branch>,
    /// The template that was used.
    pub kind: BuildKind,
    /// The commit.
    pub commit: CommitId,
}

impl BuildVersion {
    /// Whether the build contains uncommitted changes.
    pub fn is_dirty(&self) -> bool {
        matches!(self.kind, BuildKind::Local { dirty: true, .. })
    }

    /// Whether this is a local version, which is published only on request.
    pub fn is_local(&self) -> bool {
        matches!(self.kind, BuildKind::Local { .. })
    }

    /// The sentence about the part of the base version that this version does not contain.
    pub fn dropped_part(&self) -> Option<String> {
        let (written, used, place) = (self.base.written(), self.base.text(), &self.base_place);
        self.base.dropped().map(|part| format!("the base version {written} ({place}) counts as {used}, without {part}"))
    }

    /// Whether this is a candidate for production.
    pub fn is_release(&self) -> bool {
        matches!(self.kind, BuildKind::Release { .. })
    }
}

/// Returns the version of a build of the checked-out commit of `project`.
pub fn version(workspace: &Workspace<'_>, project: Project) -> Result<BuildVersion, build::Error> {
    let commit = workspace.commit()?;
    let number = build_number(workspace)?;
    let (kind, branch) = kind(workspace, &commit, number.as_ref().map(|number| number.value))?;
    let (base, base_place, base_tag) = base_version(workspace, &project, &commit)?;
    let version = stamp(&base, &kind, &templates(workspace)?).map_err(Error::from)?;
    Ok(BuildVersion { project, version, base, base_place, base_tag, number, branch, kind, commit })
}

/// Returns the build number; `None` outside of CI.
///
/// Sources, in this order: flag, GIT_DEVPI_BUILD_NUMBER, the configured variables, the CI system's. A CI build without a number
/// is an error.
pub fn build_number(workspace: &Workspace<'_>) -> Result<Option<Sourced<BuildNumber>>, build::Error> {
    let parse = |place: &str, text: &str| {
        BuildNumber::parse(text).map_err(|source| Error::Number { place: place.to_owned(), source })
    };
    if let Some(text) = &workspace.number {
        return Ok(Some(Sourced::new(parse("--number", text)?, Origin::Flag("--number".to_owned()))));
    }
    if let Some(text) = workspace.environment.get(GIT_DEVPI_BUILD_NUMBER) {
        let origin = Origin::Environment(GIT_DEVPI_BUILD_NUMBER.to_owned());
        return Ok(Some(Sourced::new(parse(GIT_DEVPI_BUILD_NUMBER, text)?, origin)));
    }
    for name in workspace.settings.build_number_variables()? {
        if let Some(text) = workspace.environment.get(&name) {
            let number = BuildNumber::parse(text).map_err(BuildNumberError::without_value);
            let number = number.map_err(|source| Error::Number { place: name.clone(), source })?;
            return Ok(Some(Sourced::new(number, Origin::Environment(name))));
        }
    }
    let Some(ci) = workspace.ci() else { return Ok(None) };
    match &ci.number {
        Some(value) => Ok(Some(Sourced::new(
            value.build_number().map_err(Error::from)?,
            Origin::Environment(value.variable.clone()),
        ))),
        None => Err(Error::NoBuildNumber { system: ci.system, hint: ci.number_hint }.into()),
    }
}

/// Returns the changes that make a local build differ from its commit.
pub(crate) fn changes(workspace: &Workspace<'_>) -> Result<WorkTreeChanges, build::Error> {
    let ignored: Vec<&std::path::Path> = IGNORED_CHANGES.iter().map(std::path::Path::new).collect();
    Ok(workspace.repository()?.changes(&ignored)?)
}

fn kind(
    workspace: &Workspace<'_>,
    commit: &CommitId,
    number: Option<BuildNumber>,
) -> Result<(BuildKind, Option<Branch>), build::Error> {
    let changes = changes(workspace)?;
    let Some(number) = number else {
        let kind = BuildKind::Local { commit: commit.clone(), dirty: !changes.is_empty() };
        return Ok((kind, workspace.branch().ok()));
    };
    if !changes.tracked.is_empty() {
        let paths = changes.tracked.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::ChangesInCi { paths }.into());
    }
    let branch = workspace.branch()?;
    let is_release = workspace.is_release_build(&branch)?;
    let kind = if is_release { BuildKind::Release { number } } else { BuildKind::Branch { number } };
    Ok((kind, Some(branch)))
}

/// Returns the semantic part of `project` at `commit`, its location, and the tag that it comes
/// from.
pub(crate) fn base_version(
    workspace: &Workspace<'_>,
    project: &Project,
    commit: &CommitId,
) -> Result<(BaseVersion, String, Option<VersionTag>), build::Error> {
    let place = project.source.version_source.to_string();
    if let Some(text) = &project.source.base {
        let base = parse_base(text).map_err(|source| Error::Base { place: place.clone(), source })?;
        return Ok((base, place, None));
    }
    match tags::nearest(workspace, project, commit)? {
        NearestTag::Found(tag) => {
            let place = format!("tag {}", tag.name);
            let whole =
                parse_base(&tag.version.to_string()).map_err(|source| Error::Base { place: place.clone(), source })?;
            let text = whole.first_components(2);
            let base = parse_base(&text).map_err(|source| Error::Base { place: place.clone(), source })?;
            Ok((base, place, Some(tag)))
        }
        NearestTag::None => Err(Error::NoVersionTag { project: project.name().clone(), place }.into()),
        NearestTag::TooShallow => Err(Error::TooShallow { project: project.name().clone(), place }.into()),
    }
}

/// Returns the version templates of the settings.
pub(crate) fn templates(workspace: &Workspace<'_>) -> Result<Templates, build::Error> {
    let text = |key: Key| -> Result<String, build::Error> {
        let set = workspace.settings.text(key)?;
        Ok(set.ok_or(crate::settings::Error::Missing { key: key.name() })?.value)
    };
    Ok(Templates {
        release: text(Key::ReleaseVersion)?,
        branch: text(Key::BranchVersion)?,
        local: text(Key::LocalVersion)?,
    })
}
