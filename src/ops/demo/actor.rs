//! An actor of the scenario: a developer, a colleague or a CI machine, each with its own clone.

use std::path::{Path, PathBuf};

use crate::model::names::escape_for_terminal;
use crate::ops::Error;
use crate::ops::demo::fixture::Fixture;
use crate::system::files::{self, Access};
use crate::system::process::Output;
use crate::workspace::Progress;

/// An actor with its clone.
pub(super) struct Actor<'t> {
    name: &'static str,
    folder: PathBuf,
    fixture: &'t Fixture,
    progress: &'t dyn Progress,
}

impl<'t> Actor<'t> {
    /// Clones the remote for a new actor.
    pub fn with_clone(name: &'static str, fixture: &'t Fixture, progress: &'t dyn Progress) -> Result<Self, Error> {
        let folder = fixture.path(name);
        let remote = fixture.path("shiny-widget.git").to_string_lossy().into_owned();
        let here = Self { name, folder: fixture.path("."), fixture, progress };
        here.run(&[], &["git", "clone", "--quiet", &remote, name])?;
        Ok(Self { folder, ..here })
    }

    /// Its clone.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file of the clone.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        Ok(files::write_atomic(&self.folder.join(name), text.as_bytes(), Access::Shared)?)
    }

    /// Runs a command in the clone, and shows it as a shell command; an exit code other than 0 is an error.
    pub fn run(&self, variables: &[(&str, &str)], words: &[&str]) -> Result<Output, Error> {
        let typed: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let folder = self.fixture.path("").to_string_lossy().into_owned();
        let line = typed.into_iter().chain(words.iter().map(|word| quoted(word))).collect::<Vec<_>>().join(" ");
        self.progress.note(&format!("   [{}] $ {}", self.name, line.replace(&folder, "")));
        let tool = self.fixture.tool(self.name, words[0]).args(&words[1..]).current_dir(&self.folder);
        let tool = variables.iter().fold(tool, |tool, (name, value)| tool.env(name, value));
        let output = tool.stream(&mut |bytes| self.progress.output(bytes))?;
        let said = [output.text(), output.error_text()].join("\n");
        if !output.success() {
            return Err(crate::system::Error::ToolFailed { command: line, status: output.status, output: said }.into());
        }
        for line in said.lines().filter(|line| line.starts_with("devpi:")) {
            self.progress.note(&format!("        {}", escape_for_terminal(&line.replace(&folder, ""))));
        }
        Ok(output)
    }
}

/// Quotes a word for display.
fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}
