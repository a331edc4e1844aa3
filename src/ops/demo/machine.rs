//! Somebody in the story: a developer, a colleague, a machine of the CI system. Each has a clone of its own.

use std::path::{Path, PathBuf};

use crate::model::names::harmless;
use crate::ops::Error;
use crate::ops::demo::theatre::Theatre;
use crate::system::files::{self, Access};
use crate::system::process::Output;
use crate::workspace::Progress;

/// One of them.
pub(super) struct Machine<'t> {
    name: &'static str,
    folder: PathBuf,
    theatre: &'t Theatre,
    progress: &'t dyn Progress,
}

impl<'t> Machine<'t> {
    /// Clones the remote.
    pub fn with_clone(name: &'static str, theatre: &'t Theatre, progress: &'t dyn Progress) -> Result<Self, Error> {
        let folder = theatre.path(name);
        let remote = theatre.path("shiny-widget.git").to_string_lossy().into_owned();
        let here = Self { name, folder: theatre.path("."), theatre, progress };
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

    /// Runs a command in the clone, shown as somebody would type it; it must end with 0.
    pub fn run(&self, variables: &[(&str, &str)], words: &[&str]) -> Result<Output, Error> {
        let typed: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let folder = self.theatre.path("").to_string_lossy().into_owned();
        let line = typed.into_iter().chain(words.iter().map(|word| quoted(word))).collect::<Vec<_>>().join(" ");
        self.progress.note(&format!("   [{}] $ {}", self.name, line.replace(&folder, "")));
        let tool = self.theatre.tool(self.name, words[0]).args(&words[1..]).current_dir(&self.folder);
        let tool = variables.iter().fold(tool, |tool, (name, value)| tool.env(name, value));
        let output = tool.stream(&mut |bytes| self.progress.output(bytes))?;
        let said = [output.text(), output.error_text()].join("\n");
        if !output.success() {
            return Err(crate::system::Error::ToolFailed { command: line, status: output.status, output: said }.into());
        }
        for line in said.lines().filter(|line| line.starts_with("devpi:")) {
            self.progress.note(&format!("        {}", harmless(&line.replace(&folder, ""))));
        }
        Ok(output)
    }
}

/// A word as one would type it.
fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}
