//! Finding the tool that derives the version from git tags.

use super::source::{ScmTool, VersionSource};
use crate::python::ini::Ini;
use crate::python::project_files::ProjectFiles;
use crate::python::python_source::mentions;

/// The SCM tool that the project's configuration or its build requirements name.
pub(super) fn declared(files: &ProjectFiles) -> Option<VersionSource> {
    if let Some(cfg) = files.setup_cfg.as_ref().filter(|cfg| cfg.has_section("versioneer")) {
        return Some(versioneer(cfg.get("versioneer", &["tag_prefix"])));
    }
    let pyproject = files.pyproject.as_ref()?;
    let requirements = pyproject.build_requirements();
    let requires = |name: &str| requirements.iter().any(|requirement| requirement == name);
    let text = |path: &[&str]| pyproject.text(path);
    if pyproject.has(&["tool", "versioneer"]) {
        return Some(versioneer(text(&["tool", "versioneer", "tag_prefix"])));
    }
    if requires("versioneer") {
        return Some(versioneer(None));
    }
    let tables = [("setuptools_scm", "setuptools-scm"), ("vcs-versioning", "vcs-versioning")];
    if let Some((table, _)) = tables.iter().find(|(table, name)| pyproject.has(&["tool", table]) || requires(name)) {
        let prefix = text(&["tool", table, "tag_regex"]).and_then(prefix_of_pattern);
        return Some(VersionSource::Scm { tool: ScmTool::SetuptoolsScm, tag_prefix: prefix });
    }
    let plain = |tool| VersionSource::Scm { tool, tag_prefix: None };
    if pyproject.has(&["tool", "setuptools-git-versioning"]) || requires("setuptools-git-versioning") {
        return Some(plain(ScmTool::SetuptoolsGitVersioning));
    }
    if pyproject.has(&["tool", "versioningit"]) || requires("versioningit") {
        return Some(plain(ScmTool::Versioningit));
    }
    (pyproject.has(&["tool", "pbr"]) || requires("pbr")).then(|| plain(ScmTool::Pbr))
}

/// The SCM tool that `setup.py` calls; it overrides literals.
pub(super) fn in_setup_py(files: &ProjectFiles) -> Option<VersionSource> {
    let text = files.setup_py.as_ref()?.text();
    let plain = |tool| Some(VersionSource::Scm { tool, tag_prefix: None });
    if mentions(text, "versioneer") {
        return declared(files)
            .filter(|source| matches!(source, VersionSource::Scm { tool: ScmTool::Versioneer, .. }))
            .or_else(|| {
                Some(versioneer(files.setup_cfg.as_ref().and_then(|cfg: &Ini| cfg.get("versioneer", &["tag_prefix"]))))
            });
    }
    match text {
        _ if mentions(text, "use_scm_version") => plain(ScmTool::SetuptoolsScm),
        _ if mentions(text, "setuptools_git_versioning") || mentions(text, "version_config") => {
            plain(ScmTool::SetuptoolsGitVersioning)
        }
        _ if mentions(text, "pbr") => plain(ScmTool::Pbr),
        _ => None,
    }
}

/// versioneer with its literal tag prefix, by default none. INI files may contain an empty prefix as `""`.
fn versioneer(prefix: Option<&str>) -> VersionSource {
    let prefix = prefix.unwrap_or_default().trim_matches(['"', '\'']).to_owned();
    VersionSource::Scm { tool: ScmTool::Versioneer, tag_prefix: Some(prefix) }
}

/// The literal prefix in a tag pattern: `^release-(?P<version>…)` has `release-`.
///
/// `None` if the pattern allows several prefixes (`^v?…`).
pub(super) fn prefix_of_pattern(pattern: &str) -> Option<String> {
    let mut rest = pattern.trim_start_matches("(?x)").trim_start().trim_start_matches('^').chars().peekable();
    let mut prefix = String::new();
    while let Some(c) = rest.next() {
        let literal = match c {
            '\\' => match rest.next() {
                Some(escaped) if !escaped.is_ascii_alphanumeric() => escaped,
                _ => return Some(prefix),
            },
            '(' => {
                let group: String = rest.collect();
                let name_ends = group.find('>').filter(|_| group.starts_with("?P<"));
                let at_digit = name_ends.is_some_and(|end| group[end + 1..].starts_with("\\d"));
                return (at_digit || !prefix.is_empty()).then_some(prefix);
            }
            '[' => return (!prefix.is_empty()).then_some(prefix),
            c if c.is_ascii_alphanumeric() || "-_/@ ".contains(c) => c,
            _ => return None,
        };
        if matches!(rest.peek(), Some('?' | '*' | '+' | '{' | '|')) {
            return None;
        }
        prefix.push(literal);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_gives_its_prefix_away() {
        for (pattern, expected) in [
            ("^v(?P<version>.*)$", Some("v")),
            (r"^release\.x-(?P<version>\d.*)$", Some("release.x-")),
            ("demo/v([0-9].*)", Some("demo/v")),
            (r"^(?P<version>\d+\.\d+)$", Some("")),
            (r"^(?:[\w-]+-)?(?P<version>[vV]?\d+)", None),
            ("^v?(?P<version>.*)", None),
            (r"^\d+", Some("")),
            ("", None),
        ] {
            assert_eq!(prefix_of_pattern(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
