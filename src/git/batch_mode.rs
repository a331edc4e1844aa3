//! Runs git and ssh without prompts (the `BatchMode` of ssh_config(5)).

use super::error::Error;
use super::repository::Repository;
use crate::system::environment::Environment;
use crate::system::process::Tool;

/// Disables the prompts of git, ssh and credential helpers in the process `tool`.
///
/// An empty `GIT_ASKPASS` also overrides `core.askPass` and `SSH_ASKPASS`.
pub(super) fn without_prompts(tool: Tool) -> Tool {
    tool.env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "")
        .env("SSH_ASKPASS", "")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GCM_INTERACTIVE", "never")
}

/// Arguments before git's subcommand that stop helpers from opening windows.
///
/// git before 2.48 ignores the setting.
pub(super) const NON_INTERACTIVE: [&str; 2] = ["-c", "credential.interactive=false"];

impl Repository {
    /// Returns the user's ssh command with the option that makes ssh fail instead of prompting.
    ///
    /// Returns `None` if the options of the user's ssh program are unknown: then only the deadline ends a prompt.
    pub(super) fn batch_mode_ssh_command(&self) -> Result<Option<String>, Error> {
        ssh_command(self.git().environment(), |key| {
            Ok(self.config_value(key)?.map(|entry| entry.value).filter(|value| !value.is_empty()))
        })
    }
}

/// Returns the same for an environment and a configuration.
pub(super) fn ssh_command(
    environment: &Environment,
    configured: impl Fn(&str) -> Result<Option<String>, Error>,
) -> Result<Option<String>, Error> {
    let command = match environment.non_empty("GIT_SSH_COMMAND") {
        Some(command) => Some(command.to_owned()),
        None => configured("core.sshcommand")?,
    };
    let program = environment.non_empty("GIT_SSH").map(|program| format!("'{}'", program.replace('\'', r"'\''")));
    let command = command.or(program).unwrap_or_else(|| "ssh".to_owned());
    let variant = match environment.non_empty("GIT_SSH_VARIANT") {
        Some(variant) => Some(variant.to_owned()),
        None => configured("ssh.variant")?,
    };
    Ok(with_batch_mode(&command, variant.as_deref()))
}

/// Adds the option that disables prompts.
///
/// Selects the option as git does: by `ssh.variant`, else by the name of the program.
fn with_batch_mode(command: &str, variant: Option<&str>) -> Option<String> {
    let quoted = command.trim_start().starts_with(['\'', '"']);
    let first = if quoted { command.trim_start().split(['\'', '"']).nth(1) } else { command.split_whitespace().next() };
    let name = first.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let kind = variant.filter(|variant| *variant != "auto").unwrap_or(name);
    match kind {
        "ssh" => Some(format!("{command} -o BatchMode=yes")),
        "plink" | "putty" | "tortoiseplink" => Some(format!("{command} -batch")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn the_users_ssh_command_is_kept_and_gets_batch_mode() {
        for (command, variant, expected) in [
            ("ssh", None, Some("ssh -o BatchMode=yes")),
            ("ssh -i ~/.ssh/k", None, Some("ssh -i ~/.ssh/k -o BatchMode=yes")),
            ("'/opt/my ssh/ssh' -4", None, Some("'/opt/my ssh/ssh' -4 -o BatchMode=yes")),
            (r#""C:\Program Files\PuTTY\plink.exe""#, None, Some(r#""C:\Program Files\PuTTY\plink.exe" -batch"#)),
            ("wrapper", Some("ssh"), Some("wrapper -o BatchMode=yes")),
            ("wrapper", None, None),
            ("ssh", Some("simple"), None),
        ] {
            assert_eq!(with_batch_mode(command, variant).as_deref(), expected, "{command}");
        }
    }

    #[test]
    fn the_environment_beats_the_configuration() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let command = |repository: Repository| repository.batch_mode_ssh_command().unwrap();
        assert_eq!(command(sandbox.open(&top)).unwrap(), "ssh -o BatchMode=yes");
        sandbox.git(&top, &["config", "core.sshCommand", "ssh -4"]);
        assert_eq!(command(sandbox.open(&top)).unwrap(), "ssh -4 -o BatchMode=yes");
        let environment = sandbox.environment_with([("GIT_SSH_COMMAND", "ssh -6")]);
        assert_eq!(command(Repository::open(&top, &environment).unwrap()).unwrap(), "ssh -6 -o BatchMode=yes");
        let environment = sandbox.environment_with([("GIT_SSH_VARIANT", "simple")]);
        assert_eq!(command(Repository::open(&top, &environment).unwrap()), None);
    }
}
