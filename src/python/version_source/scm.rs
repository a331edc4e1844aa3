//! Finding the tool that derives the version from git tags.

use toml_edit::Item;

use super::scm_options;
use super::source::{ScmTool, VersionSource};
use super::tag_rule::{TagPattern, TagRule};
use crate::python::error::Error;
use crate::python::ini::Ini;
use crate::python::project_files::ProjectFiles;
use crate::python::python_options::option;
use crate::python::python_source::mentions;

/// A tool with its rule.
pub(super) fn source(tool: ScmTool, tags: TagRule) -> VersionSource {
    VersionSource::Scm { tool, tags: Box::new(tags) }
}

/// Notes that `file` holds the patterns, and refuses one that is not supported.
pub(super) fn checked(
    files: &ProjectFiles,
    file: &'static str,
    mut found: VersionSource,
) -> Result<VersionSource, Error> {
    if let VersionSource::Scm { tags, .. } = &mut found {
        tags.file = file;
        tags.check().map_err(|reason| files.unknown(file, &reason))?;
    }
    Ok(found)
}

/// The SCM tool that the project's configuration or its build requirements name.
pub(super) fn declared(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    if let Some(cfg) = files.setup_cfg.as_ref().filter(|cfg| cfg.has_section("versioneer")) {
        return checked(files, "setup.cfg", versioneer(cfg.get("versioneer", &["tag_prefix"]))).map(Some);
    }
    in_pyproject(files).map(|found| checked(files, "pyproject.toml", found)).transpose()
}

fn in_pyproject(files: &ProjectFiles) -> Option<VersionSource> {
    let pyproject = files.pyproject.as_ref()?;
    let requirements = pyproject.build_requirements();
    let requires = |name: &str| requirements.iter().any(|requirement| requirement == name);
    let table = |name: &str| pyproject.get(&["tool", name]);
    if pyproject.has(&["tool", "versioneer"]) || requires("versioneer") {
        return Some(versioneer(pyproject.text(&["tool", "versioneer", "tag_prefix"])));
    }
    let scm = [("setuptools_scm", "setuptools-scm"), ("vcs-versioning", "vcs-versioning")];
    if let Some((name, _)) = scm.iter().find(|(name, required)| table(name).is_some() || requires(required)) {
        return Some(source(ScmTool::SetuptoolsScm, scm_options::of_table(table(name), None)));
    }
    let git_versioning = table("setuptools-git-versioning");
    if git_versioning.is_some() || requires("setuptools-git-versioning") {
        let at = |key: &str| git_versioning.and_then(|table| table.get(key)?.as_str()).map(str::to_owned);
        let pattern = TagPattern::GitVersioning { filter: at("tag_filter"), formatter: at("tag_formatter") };
        return Some(source(ScmTool::SetuptoolsGitVersioning, TagRule::of(without_functions(pattern))));
    }
    if table("versioningit").is_some() || requires("versioningit") {
        return Some(source(ScmTool::Versioningit, versioningit(table("versioningit"))));
    }
    (table("pbr").is_some() || requires("pbr")).then(pbr)
}

/// The SCM tool that `setup.py` calls; it overrides literals.
pub(super) fn in_setup_py(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(text) = files.setup_py.as_ref().map(|file| file.text()) else { return Ok(None) };
    if mentions(text, "versioneer") {
        let declared = declared(files)?;
        let known = declared.filter(|found| matches!(found, VersionSource::Scm { tool: ScmTool::Versioneer, .. }));
        let in_cfg = || files.setup_cfg.as_ref().and_then(|cfg: &Ini| cfg.get("versioneer", &["tag_prefix"]));
        return known.map_or_else(|| checked(files, "setup.cfg", versioneer(in_cfg())), Ok).map(Some);
    }
    let found = match text {
        _ if mentions(text, "use_scm_version") => {
            // The keyword overrides the table of pyproject.toml, which `use_scm_version=True` reads.
            let table = files.pyproject.as_ref().and_then(|pyproject| pyproject.get(&["tool", "setuptools_scm"]));
            let in_table = || scm_options::of_table(table, None);
            source(ScmTool::SetuptoolsScm, scm_options::of_setup_py(text).unwrap_or_else(in_table))
        }
        _ if mentions(text, "setuptools_git_versioning") || mentions(text, "version_config") => {
            let (filter, formatter) = (option(text, "tag_filter"), option(text, "tag_formatter"));
            let pattern = without_functions(TagPattern::GitVersioning { filter, formatter });
            source(ScmTool::SetuptoolsGitVersioning, TagRule::of(pattern))
        }
        _ if mentions(text, "pbr") => pbr(),
        _ => return Ok(None),
    };
    checked(files, "setup.py", found).map(Some)
}

/// The rule in the table of versioningit.
pub(super) fn versioningit(table: Option<&Item>) -> TagRule {
    let at = |path: [&str; 2]| table?.get(path[0])?.get(path[1]);
    let text = |key: &str| at(["tag2version", key]).and_then(Item::as_str).map(str::to_owned);
    let globs = |key: &str| {
        let array = at(["vcs", key]).and_then(Item::as_array);
        array.into_iter().flatten().filter_map(|glob| glob.as_str().map(str::to_owned)).collect()
    };
    TagRule {
        matches: globs("match"),
        excludes: globs("exclude"),
        pattern: TagPattern::Versioningit {
            prefix: text("rmprefix").unwrap_or_default(),
            suffix: text("rmsuffix").unwrap_or_default(),
            regex: text("regex"),
        },
        ..TagRule::default()
    }
}

/// setuptools-git-versioning also takes `module:function`, which is not run: it counts as no pattern.
fn without_functions(pattern: TagPattern) -> TagPattern {
    let is_function = |text: &String| {
        text.split_once(':').is_some_and(|(module, function)| {
            let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
            is_name(module) && is_name(function)
        })
    };
    match pattern {
        TagPattern::GitVersioning { filter, formatter } => TagPattern::GitVersioning {
            filter: filter.filter(|text| !is_function(text)),
            formatter: formatter.filter(|text| !is_function(text)),
        },
        other => other,
    }
}

fn pbr() -> VersionSource {
    source(ScmTool::Pbr, TagRule::prefixed(&["v", ""]))
}

/// versioneer with its literal tag prefix, by default none. INI files may contain an empty prefix as `""`.
fn versioneer(prefix: Option<&str>) -> VersionSource {
    let prefix = prefix.unwrap_or_default().trim_matches(['"', '\'']);
    source(ScmTool::Versioneer, TagRule::prefixed(&[prefix]))
}
