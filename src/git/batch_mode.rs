//! Talking to a remote without ever asking a person anything.

use super::error::Error;
use super::repository::Repository;
use crate::system::process::Tool;

/// Takes away from `tool` every way in which git, ssh or a credential helper could put a question to somebody.
///
/// An empty `GIT_ASKPASS` is set on purpose: it also beats `core.askPass` and `SSH_ASKPASS`.
pub(super) fn never_prompting(tool: Tool) -> Tool {
    tool.env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "")
        .env("SSH_ASKPASS", "")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GCM_INTERACTIVE", "never")
}

/// Arguments that go before git's verb, for helpers that ask in windows of their own (git ≥ 2.48 passes it on; older ones ignore it).
pub(super) const NEVER_INTERACTIVE: [&str; 2] = ["-c", "credential.interactive=false"];

impl Repository {
    /// The ssh command to use so that ssh fails where it would ask; `None` where the user's own ssh program is one whose options we do
    /// not know (it is left alone then, and the deadline ends it).
    pub(super) fn batch_mode_ssh_command(&self) -> Result<Option<String>, Error> {
        let environment = self.git().environment();
        let configured = |key: &str| -> Result<Option<String>, Error> {
            Ok(self.config_value(key)?.map(|entry| entry.value).filter(|value| !value.is_empty()))
        };
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
}

/// Adds the option that forbids questions, as git itself tells the variants of ssh apart: by the variant, else by the program's name.
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
    fn the_users_own_ssh_is_kept_and_made_quiet() {
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
        let quiet = |repository: Repository| repository.batch_mode_ssh_command().unwrap();
        assert_eq!(quiet(sandbox.open(&top)).unwrap(), "ssh -o BatchMode=yes");
        sandbox.git(&top, &["config", "core.sshCommand", "ssh -4"]);
        assert_eq!(quiet(sandbox.open(&top)).unwrap(), "ssh -4 -o BatchMode=yes");
        let environment = sandbox.environment_with([("GIT_SSH_COMMAND", "ssh -6")]);
        assert_eq!(quiet(Repository::open(&top, &environment).unwrap()).unwrap(), "ssh -6 -o BatchMode=yes");
        let environment = sandbox.environment_with([("GIT_SSH_VARIANT", "simple")]);
        assert_eq!(quiet(Repository::open(&top, &environment).unwrap()), None);
    }
}
