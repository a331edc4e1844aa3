//! The version sources that a project can have.

use std::fmt;

use super::tag_rule::TagRule;

/// Where a project keeps its version. Paths are relative to the project's folder, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSource {
    /// `[project] version` in `pyproject.toml`.
    ProjectTable,
    /// `[tool.poetry] version` in `pyproject.toml`.
    PoetryTable,
    /// `[metadata] version` in `setup.cfg`.
    SetupCfg,
    /// A literal at the top level of a Python source: `__version__ = "1.4"`.
    Attribute {
        /// The file with the literal, after following imports.
        path: String,
        /// The name it is bound to there.
        name: String,
    },
    /// A file that contains only the version.
    File {
        /// The file.
        path: String,
    },
    /// The match of a group of a Python regular expression.
    RegexFile {
        /// The file that is searched.
        path: String,
        /// The expression, in multi-line mode.
        pattern: String,
        /// The group of the version.
        group: String,
    },
    /// The keyword `version` of `setup(…)` in `setup.py`.
    SetupPy,
    /// The package's (or workspace's) version in a `Cargo.toml`.
    CargoToml {
        /// The file.
        path: String,
    },
    /// `project(…, version: '…')` in `meson.build`.
    MesonBuild,
    /// An environment variable that the backend reads.
    Variable {
        /// Its name.
        name: String,
    },
    /// A git tag. The base comes from the nearest reachable version tag; the stamped copy gets its own tag.
    Scm {
        /// The tool that reads the tag.
        tool: ScmTool,
        /// Which tags the tool takes.
        tags: Box<TagRule>,
    },
}

/// A tool that derives the version from git tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScmTool {
    /// setuptools-scm and vcs-versioning, also as scikit-build-core's provider.
    SetuptoolsScm,
    /// setuptools-git-versioning.
    SetuptoolsGitVersioning,
    /// flit_scm: setuptools-scm for flit.
    FlitScm,
    /// hatch-vcs.
    HatchVcs,
    /// pdm-backend's `scm` source.
    Pdm,
    /// poetry-dynamic-versioning.
    PoetryDynamicVersioning,
    /// uv-dynamic-versioning.
    UvDynamicVersioning,
    /// versioneer.
    Versioneer,
    /// versioningit.
    Versioningit,
    /// pbr.
    Pbr,
}

impl ScmTool {
    /// Its name on PyPI.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SetuptoolsScm => "setuptools-scm",
            Self::SetuptoolsGitVersioning => "setuptools-git-versioning",
            Self::FlitScm => "flit_scm",
            Self::HatchVcs => "hatch-vcs",
            Self::Pdm => "pdm-backend",
            Self::PoetryDynamicVersioning => "poetry-dynamic-versioning",
            Self::UvDynamicVersioning => "uv-dynamic-versioning",
            Self::Versioneer => "versioneer",
            Self::Versioningit => "versioningit",
            Self::Pbr => "pbr",
        }
    }
}

impl VersionSource {
    /// Whether the base comes from a version tag, because the project's files do not contain it.
    pub fn needs_tag(&self) -> bool {
        matches!(self, Self::Scm { .. } | Self::Variable { .. })
    }
}

/// For messages: `pyproject.toml [project] version`, `src/x/__init__.py __version__`, `git tag (hatch-vcs)`.
impl fmt::Display for VersionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProjectTable => f.write_str("pyproject.toml [project] version"),
            Self::PoetryTable => f.write_str("pyproject.toml [tool.poetry] version"),
            Self::SetupCfg => f.write_str("setup.cfg [metadata] version"),
            Self::Attribute { path, name } => write!(f, "{path} {name}"),
            Self::File { path } | Self::RegexFile { path, .. } => f.write_str(path),
            Self::SetupPy => f.write_str("setup.py version"),
            Self::CargoToml { path } => write!(f, "{path} version"),
            Self::MesonBuild => f.write_str("meson.build version"),
            Self::Variable { name } => write!(f, "environment variable {name}"),
            Self::Scm { tool, .. } => write!(f, "git tag ({})", tool.as_str()),
        }
    }
}
