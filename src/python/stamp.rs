//! Writing a version into the version source of a project, without changing other bytes.
//!
//! For a stamped copy of a commit only: in a work tree it would invalidate lock files.

use std::path::Path;

use pep440_rs::Version;
use toml_edit::DocumentMut;

use super::cargo_lock;
use super::egg_info;
use super::error::Error;
use super::ini::Ini;
use super::pyproject::invalid;
use super::source_text::SourceText;
use super::source_tree::SourceTree;
use super::version_source::{ScmTool, VersionSource, find_second_places, locate};
use crate::model::names::ProjectName;

/// The metadata file of an unpacked sdist.
const PKG_INFO: &str = "PKG-INFO";

/// The written files, and the tag and variables that the build needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StampEdit {
    /// The written files, relative to the project's folder.
    pub files: Vec<String>,
    /// The tag to set on the stamped commit, which must not be the original: that may have a release tag.
    pub tag: Option<String>,
    /// Variables that the builder must see.
    pub variables: Vec<(String, String)>,
    /// Second places of the version that differ from the base and stay as they are: file and version.
    pub differing: Vec<(String, String)>,
}

/// What to write.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// The project's name.
    pub name: &'a ProjectName,
    /// Where the version stands.
    pub source: &'a VersionSource,
    /// The version.
    pub version: &'a Version,
    /// The tag that holds the base, whose form the new tag gets.
    pub base_tag: Option<&'a str>,
}

/// Writes a version into its source. For a tag the caller creates the commit, which may be empty, and the tag.
pub fn write_version(dir: &Path, stamp: Stamp<'_>) -> Result<StampEdit, Error> {
    let Stamp { source, version, .. } = stamp;
    let text = version.to_string();
    let mut edit = StampEdit::default();
    match source {
        VersionSource::Scm { tool, tags } => {
            let like = stamp.base_tag.and_then(|name| tags.read(name));
            edit.tag = tags.name_for(version, like.as_ref());
            let variable = match edit.tag {
                Some(_) => variable_beside_tag(*tool, version).map(str::to_owned),
                None => Some(variable_instead_of_tag(*tool, stamp, tags.file)?),
            };
            edit.variables.extend(variable.map(|name| (name, text.clone())));
            if *tool == ScmTool::Pbr && write_pbr(dir, &text)? {
                edit.files.push("setup.cfg".to_owned());
            }
        }
        VersionSource::Variable { name } => edit.variables.push((name.clone(), text.clone())),
        VersionSource::CargoToml { .. } if !is_semver(version) => {
            edit.files.push("pyproject.toml".to_owned());
            write_second_places(dir, source, (&text, &mut edit))?;
            make_static(dir, &text)?;
        }
        _ => {
            edit.files.push(file_of(source).to_owned());
            write_second_places(dir, source, (&text, &mut edit))?;
            if let Some(span) = locate(SourceTree::all(dir), source)? {
                span.write(&text)?;
                if let VersionSource::CargoToml { path } = source {
                    edit.files.extend(cargo_lock::write(dir, path, (span.text(), &text))?);
                }
            }
        }
    }
    for file in egg_info::clear(dir)? {
        if !edit.files.contains(&file) {
            edit.files.push(file);
        }
    }
    if write_pkg_info(dir, &text)? {
        edit.files.push(PKG_INFO.to_owned());
    }
    Ok(edit)
}

/// Writes the version into `__version__` of the packages where it equals the base; notes those that differ.
///
/// Before the source itself is written: both may be in one file, and ranges shift.
fn write_second_places(
    dir: &Path,
    source: &VersionSource,
    (version, edit): (&str, &mut StampEdit),
) -> Result<(), Error> {
    let tree = SourceTree::all(dir);
    let Some(base) = locate(tree, source)?.map(|span| span.text().to_owned()) else { return Ok(()) };
    for place in find_second_places(tree, source)? {
        if !place.equals(&base) {
            edit.differing.push((place.path, place.span.text().to_owned()));
            continue;
        }
        place.span.write(version)?;
        if !edit.files.contains(&place.path) {
            edit.files.push(place.path);
        }
    }
    Ok(())
}

/// The variable that makes a tool use exactly the version of the tag, where the tag alone does not suffice.
///
/// dunamai's tools apply the project's format to the tag; they and pdm drop a local part, pbr also a dev part. Dependencies that are
/// built from source inherit the variable, so only these cases set it.
fn variable_beside_tag(tool: ScmTool, version: &Version) -> Option<&'static str> {
    match tool {
        ScmTool::PoetryDynamicVersioning => Some("POETRY_DYNAMIC_VERSIONING_BYPASS"),
        ScmTool::UvDynamicVersioning => Some("UV_DYNAMIC_VERSIONING_BYPASS"),
        ScmTool::Pdm if version.is_local() => Some("PDM_BUILD_SCM_VERSION"),
        ScmTool::Pbr if version.any_prerelease() || version.is_local() => Some("PBR_VERSION"),
        _ => None,
    }
}

/// The variable that overrides the tag, for a project whose patterns take no tag of this version.
fn variable_instead_of_tag(tool: ScmTool, stamp: Stamp<'_>, file: &str) -> Result<String, Error> {
    Ok(match tool {
        ScmTool::PoetryDynamicVersioning => "POETRY_DYNAMIC_VERSIONING_BYPASS".to_owned(),
        ScmTool::UvDynamicVersioning => "UV_DYNAMIC_VERSIONING_BYPASS".to_owned(),
        ScmTool::Pdm => "PDM_BUILD_SCM_VERSION".to_owned(),
        ScmTool::Pbr => "PBR_VERSION".to_owned(),
        ScmTool::SetuptoolsScm => {
            let name = stamp.name.as_str().to_uppercase().replace(['-', '.'], "_");
            format!("SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{name}")
        }
        // They do not tell setuptools-scm the project's name.
        ScmTool::HatchVcs | ScmTool::FlitScm => "SETUPTOOLS_SCM_PRETEND_VERSION".to_owned(),
        ScmTool::SetuptoolsGitVersioning | ScmTool::Versioneer | ScmTool::Versioningit => {
            let (file, version) = (file.into(), stamp.version.clone());
            return Err(Error::NoTagForVersion { file, tool: tool.as_str(), version });
        }
    })
}

/// Writes the version into `PKG-INFO` if it exists; returns whether it does.
///
/// A repository of an unpacked sdist has this file, and hatchling and pbr prefer its version to all other sources.
fn write_pkg_info(dir: &Path, version: &str) -> Result<bool, Error> {
    let Some(file) = SourceText::read(dir, PKG_INFO)? else { return Ok(false) };
    let text = file.text();
    let headers = text.find("\n\n").map_or(text, |end| &text[..=end]);
    let Some(start) = headers.find("\nVersion:").map(|at| at + "\nVersion:".len()) else { return Ok(false) };
    let line = headers[start..].lines().next().unwrap_or_default();
    file.replace(start..start + line.len(), &format!(" {version}"))?;
    Ok(true)
}

fn file_of(source: &VersionSource) -> &str {
    match source {
        VersionSource::ProjectTable | VersionSource::PoetryTable => "pyproject.toml",
        VersionSource::SetupCfg => "setup.cfg",
        VersionSource::SetupPy => "setup.py",
        VersionSource::MesonBuild => "meson.build",
        VersionSource::Attribute { path, .. }
        | VersionSource::File { path }
        | VersionSource::RegexFile { path, .. }
        | VersionSource::CargoToml { path } => path,
        VersionSource::Variable { .. } | VersionSource::Scm { .. } => "",
    }
}

/// Writes the version into `setup.cfg` if it has one: pbr rejects a tag with another version.
fn write_pbr(dir: &Path, version: &str) -> Result<bool, Error> {
    let Some(file) = SourceText::read(dir, "setup.cfg")? else { return Ok(false) };
    let span = Ini::parse(file.text()).span("metadata", &["version"]).filter(|span| !span.is_empty());
    let Some(span) = span else { return Ok(false) };
    file.replace(span, version)?;
    Ok(true)
}

/// Whether Cargo accepts the version: exactly three numbers.
fn is_semver(version: &Version) -> bool {
    version.epoch() == 0
        && version.release().len() == 3
        && version.pre().is_none()
        && version.post().is_none()
        && version.dev().is_none()
        && !version.is_local()
}

/// Moves the version from `dynamic` to `[project]`, for a PEP 440 version that Cargo does not accept.
fn make_static(dir: &Path, version: &str) -> Result<(), Error> {
    let no_table = |file: &Path| Error::VersionUnknown {
        file: file.to_owned(),
        reason: "it has no [project] table that could hold a version Cargo does not accept".to_owned(),
    };
    let Some(file) = SourceText::read(dir, "pyproject.toml")? else {
        return Err(no_table(&dir.join("pyproject.toml")));
    };
    let mut document: DocumentMut = file.text().parse().map_err(|e| invalid(file.path(), &e))?;
    let Some(project) = document.get_mut("project").and_then(toml_edit::Item::as_table_like_mut) else {
        return Err(no_table(file.path()));
    };
    if let Some(dynamic) = project.get_mut("dynamic").and_then(toml_edit::Item::as_array_mut) {
        dynamic.retain(|field| field.as_str() != Some("version"));
    }
    project.insert("version", toml_edit::value(version));
    file.rewrite(&document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::version_source::TagRule;
    use std::str::FromStr;

    #[test]
    fn the_metadata_of_an_unpacked_sdist_tells_the_same_version() {
        let dir = tempfile::tempdir().unwrap();
        let before = "Metadata-Version: 2.3\nName: x\nVersion: 4.3.6\nSummary: y\n\nVersion: of the description\n";
        std::fs::write(dir.path().join(PKG_INFO), before).unwrap();
        let source = VersionSource::Scm { tool: ScmTool::Versioneer, tags: Box::new(TagRule::prefixed(&[""])) };
        let (name, version) = (ProjectName::parse("x").unwrap(), Version::from_str("4.3.57").unwrap());
        let stamp = Stamp { name: &name, source: &source, version: &version, base_tag: None };
        let edit = write_version(dir.path(), stamp).unwrap();
        assert_eq!((edit.tag.as_deref(), &edit.files[..]), (Some("4.3.57"), &[PKG_INFO.to_owned()][..]));
        let after = std::fs::read_to_string(dir.path().join(PKG_INFO)).unwrap();
        assert_eq!(after, before.replacen("4.3.6", "4.3.57", 1));
    }
}
