//! Asking tox: `tox config` on a copy of the configuration.
//!
//! tox creates its work folder, and loads `toxfile.py`, beside the configuration file. The copy keeps the work tree unchanged, and
//! contains `toxfile.py` only if the caller wants it to run.

use std::time::Duration;

use super::input::Input;
use super::role::{Facts, NamedEnvironment, ToxEnvironment};
use crate::python::error::Error;
use crate::python::ini::Ini;
use crate::python::tox::Tox;
use crate::python::tox_file::ToxFormat;
use crate::system;
use crate::system::environment::Environment;
use crate::system::files::{Access, write_atomic};
use crate::system::process::Output;

/// The timeout of a call of tox. The slowest part is the start of its interpreter.
const DEADLINE: Duration = Duration::from_secs(20);

/// What tox prints before the missing packages of `requires` and `min_version` (4.2 to 4.67).
const MISSING: &str = "is missing [requires (has)]: ";

/// What tox prints for a name that is no environment (from 4.4 on; older ones accept every name).
const UNKNOWN: &str = "not found in configuration file";

/// Why tox does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The configuration requires another version of tox, which may read it differently.
    ToxTooOld(String),
    /// tox rejects the configuration, or does not end in time; the reason.
    Other(String),
}

/// A question to tox about a configuration.
pub(super) struct Question<'a> {
    tox: &'a Tox,
    input: &'a Input,
    environment: &'a Environment,
    pub deadline: Duration,
}

/// What `tox config` printed on stdout.
struct Reply {
    values: Ini,
    /// All of it, with tox's messages, which precede the values.
    text: String,
    hands_out_package: bool,
}

impl<'a> Question<'a> {
    pub fn new(tox: &'a Tox, input: &'a Input, environment: &'a Environment) -> Self {
        Self { tox, input, environment, deadline: DEADLINE }
    }

    /// The environments of `env_list`. None if it is not set: tox then runs `py`, which need not be what the project tests with.
    pub fn env_list(&self) -> Result<Result<Vec<ToxEnvironment>, Refusal>, Error> {
        Ok(self.config(&[])?.and_then(|reply| reply.env_list().map_err(Refusal::Other)))
    }

    /// The environments of these names.
    pub fn named(&self, names: &[String]) -> Result<Vec<NamedEnvironment>, Error> {
        let answer = match self.config(names)? {
            Ok(reply) => names.iter().map(|name| reply.named(name)).collect(),
            Err(Refusal::Other(reason)) if names.len() > 1 && reason.contains(UNKNOWN) => {
                let one_by_one = names.iter().map(|name| self.named(std::slice::from_ref(name)));
                return Ok(one_by_one.collect::<Result<Vec<_>, Error>>()?.concat());
            }
            Err(Refusal::Other(reason)) if reason.contains(UNKNOWN) => vec![NamedEnvironment::Unknown],
            Err(Refusal::Other(reason)) => vec![NamedEnvironment::Unreadable(reason); names.len()],
            Err(Refusal::ToxTooOld(missing)) => {
                vec![NamedEnvironment::Unreadable(format!("it needs {missing}")); names.len()]
            }
        };
        Ok(answer)
    }

    /// Runs `tox config`, a second time without `requires` if a package of it is missing: nothing is installed for the answer.
    fn config(&self, names: &[String]) -> Result<Result<Reply, Refusal>, Error> {
        let answer = self.run(names, &[])?;
        let Err(reason) = answer else { return Ok(answer.map_err(Refusal::Other)) };
        let Some((_, missing)) = reason.split_once(MISSING) else { return Ok(Err(Refusal::Other(reason))) };
        if missing.split(", ").any(|requirement| package_name(requirement) == "tox") {
            return Ok(Err(Refusal::ToxTooOld(missing.to_owned())));
        }
        let core = match self.input.format {
            ToxFormat::Ini(core) => format!("{core}."),
            ToxFormat::LegacyIni => "tox.".to_owned(),
            ToxFormat::ToxToml | ToxFormat::Pyproject => String::new(),
        };
        Ok(self.run(names, &["-x", &format!("{core}requires=")])?.map_err(Refusal::Other))
    }

    fn run(&self, names: &[String], further: &[&str]) -> Result<Result<Reply, String>, Error> {
        let scratch = tempfile::tempdir().map_err(system::Error::file("create", &std::env::temp_dir()))?;
        let copy = scratch.path().join(self.input.file.file_name().unwrap_or_default());
        write_atomic(&copy, self.input.text.as_bytes(), Access::Private)?;
        if let Some(plugin) = &self.input.plugin {
            write_atomic(&scratch.path().join("toxfile.py"), plugin.as_bytes(), Access::Private)?;
        }
        let mut tool = self.tox.query(self.environment, scratch.path()).deadline(self.deadline);
        tool = tool.args(["config", "--colored", "no", "--no-provision"]).args(further);
        for (option, path) in
            [("-c", &*copy), ("--root", &self.input.folder), ("--workdir", &scratch.path().join("work"))]
        {
            tool = tool.arg(option).arg(path);
        }
        if !names.is_empty() {
            tool = tool.args(["-e", &names.join(",")]);
        }
        let output = match tool.args(["--core", "-k", "env_list", "package", "runner", "commands"]).output() {
            Ok(output) => output,
            Err(system::Error::ToolTimedOut { after, .. }) => {
                return Ok(Err(format!("`tox config` did not end within {} s", after.as_secs_f32())));
            }
            Err(error) => return Ok(Err(error.to_string())),
        };
        let hands_out_package = self.input.hands_out_package;
        let reply = Reply { values: Ini::parse(&output.text()), text: output.text(), hands_out_package };
        // tox prints the core section last. It exits with an error also when a single value cannot be evaluated.
        Ok(if reply.values.has_section("tox") { Ok(reply) } else { Err(message(&output)) })
    }
}

impl Reply {
    fn env_list(&self) -> Result<Vec<ToxEnvironment>, String> {
        let names = self.value("tox", "env_list")?.unwrap_or_default();
        let environment = |name: &str| Ok(ToxEnvironment { name: name.to_owned(), role: self.facts(name)?.role() });
        names.split_whitespace().map(environment).collect()
    }

    fn named(&self, name: &str) -> NamedEnvironment {
        match self.facts(name) {
            Ok(facts) => NamedEnvironment::Known(facts.role()),
            Err(reason) => NamedEnvironment::Unreadable(reason),
        }
    }

    fn facts(&self, name: &str) -> Result<Facts, String> {
        let section = format!("testenv:{name}");
        if !self.values.has_section(&section) {
            // Without the runner that it names, tox leaves an environment out, and says so.
            let of_it = self.text.lines().find(|line| line.starts_with(&format!("{name}: ")));
            return Err(of_it.map_or_else(|| format!("tox does not describe {name}"), str::to_owned));
        }
        let text = |key| Ok::<_, String>(self.value(&section, key)?.map(str::to_owned));
        let has_commands = self.values.get(&section, &["commands"]).is_some_and(|commands| !commands.is_empty());
        let hands_out_package = self.hands_out_package;
        Ok(Facts { package: text("package")?, runner: text("runner")?, has_commands, hands_out_package })
    }

    fn value(&self, section: &str, key: &str) -> Result<Option<&str>, String> {
        match self.values.get(section, &[key]) {
            Some(value) if value.starts_with('#') => {
                Err(format!("{key} of {section}: {}", value.trim_matches(['#', ' '])))
            }
            value => Ok(value),
        }
    }
}

/// The name at the start of a requirement.
fn package_name(requirement: &str) -> &str {
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    &requirement[..end.unwrap_or(requirement.len())]
}

/// tox's own error message in one line, which it prints on stdout, or the last line of a traceback.
fn message(output: &Output) -> String {
    let (stdout, stderr) = (output.text(), output.error_text());
    match stdout.split_once("HandledError| ") {
        Some((_, message)) => message.lines().collect::<Vec<_>>().join(" "),
        None => stdout.lines().chain(stderr.lines()).next_back().unwrap_or("it printed nothing").to_owned(),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
