//! The configuration that is read: the current one, or the one after `init`'s changes.

use std::path::{Path, PathBuf};

use crate::python::error::Error;
use crate::python::source_text::SourceText;
use crate::python::tox_file::{self, ToxFormat};
use crate::python::tox_snippet::{SnippetPlan, has_other_plugin, plan_snippet};

/// The name of tox's inline plugin.
const PLUGIN: &str = "toxfile.py";

/// Which version of a configuration is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigurationVersion {
    /// As it is.
    Current,
    /// With the changes of [`plan_snippet`], which set `package` for all environments.
    AfterInit,
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
}

impl Input {
    /// Reads the configuration in `folder`.
    pub fn current(folder: &Path) -> Result<Option<Self>, Error> {
        let Some(found) = tox_file::find(folder)? else { return Ok(None) };
        let plugin = SourceText::read(folder, PLUGIN)?.map(|plugin| plugin.text().to_owned());
        Ok(Some(Self {
            folder: folder.to_owned(),
            file: found.source.path().to_owned(),
            text: found.source.text().to_owned(),
            format: found.format,
            plugin: plugin.filter(|text| has_other_plugin(text)),
        }))
    }

    /// Reads a version of the configuration in `folder`.
    pub fn read(folder: &Path, version: ConfigurationVersion) -> Result<Option<Self>, Error> {
        let Some(mut input) = Self::current(folder)? else { return Ok(None) };
        if version == ConfigurationVersion::AfterInit
            && let SnippetPlan::Edits(edits) = plan_snippet(folder)?
            && let Some(edit) = edits.into_iter().find(|edit| edit.path == input.file)
        {
            input.text = edit.after;
        }
        Ok(Some(input))
    }

    /// Whether tox finds a Python project beside the configuration. Without one its default is to install no package.
    pub fn has_project(&self) -> bool {
        ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|name| self.folder.join(name).exists())
    }
}
