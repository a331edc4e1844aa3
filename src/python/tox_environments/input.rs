//! The configuration that is read: the current one, or the one after `init`'s changes.

use std::path::{Path, PathBuf};

use crate::python::error::Error;
use crate::python::source_text::SourceText;
use crate::python::tox_file::{self, ToxFormat};
use crate::python::tox_setup::{self, SetupPlan, ToxWay};
use crate::python::{tox_requires, tox_snippet};

/// The name of tox's inline plugin.
const PLUGIN: &str = "toxfile.py";

/// Which version of a configuration is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigurationVersion {
    /// As it is.
    Current,
    /// With the changes of [`tox_setup::plan`].
    AfterInit(ToxWay),
}

/// A configuration.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// tox's root folder.
    pub folder: PathBuf,
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// The format of tox's part of the text.
    pub format: ToxFormat,
    /// The text of `toxfile.py`, if it contains more than git-devpi's hook.
    pub plugin: Option<String>,
    /// Whether git-devpi's plugin hands the package to every environment that installs the project.
    pub hands_out_package: bool,
}

impl Input {
    /// Reads the configuration in `folder`.
    pub fn current(folder: &Path) -> Result<Option<Self>, Error> {
        let Some(found) = tox_file::find(folder)? else { return Ok(None) };
        let plugin = SourceText::read(folder, PLUGIN)?.map(|plugin| plugin.text().to_owned());
        let has_hook = plugin.as_deref().is_some_and(tox_snippet::has_hook);
        let hands_out_package = !has_hook && tox_requires::is_present(found.source.text(), found.format);
        Ok(Some(Self {
            folder: folder.to_owned(),
            file: found.source.path().to_owned(),
            text: found.source.text().to_owned(),
            format: found.format,
            plugin: plugin.filter(|text| tox_snippet::has_other_code(text)),
            hands_out_package,
        }))
    }

    /// Reads a version of the configuration in `folder`.
    pub fn read(folder: &Path, version: ConfigurationVersion) -> Result<Option<Self>, Error> {
        let Some(mut input) = Self::current(folder)? else { return Ok(None) };
        if let ConfigurationVersion::AfterInit(way) = version
            && let SetupPlan::Edits(edits) = tox_setup::plan(folder, way)?
        {
            let edit = edits.into_iter().find(|edit| edit.path == input.file);
            input.text = edit.and_then(|edit| edit.after).unwrap_or(input.text);
            input.hands_out_package = way == ToxWay::Plugin;
        }
        Ok(Some(input))
    }

    /// Whether tox finds a Python project beside the configuration. Without one its default is to install no package.
    pub fn has_project(&self) -> bool {
        ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|name| self.folder.join(name).exists())
    }
}
