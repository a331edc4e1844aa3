//! Clones the default branch of a remote, to read its settings and history.

use std::path::Path;

use super::batch_mode::{NON_INTERACTIVE, ssh_command, without_prompts};
use super::error::Error;
use super::executable::Executable;
use super::global_config::global_config;
use super::ls_remote::{LsRemote, Prompts};
use crate::system::environment::Environment;

/// Clones the default branch of the remote with this URL into the bare repository `destination`, with its history and without tags.
///
/// Templates and hooks of the user are not used. A relative path counts from `folder`.
pub fn clone_default_branch(
    (environment, folder): (&Environment, &Path),
    url: &str,
    (destination, how): (&Path, LsRemote),
) -> Result<(), Error> {
    let git = Executable::new(environment, folder).for_other_repository(folder);
    let mut tool = git.tool();
    if how.prompts == Prompts::Denied {
        tool = without_prompts(tool).args(NON_INTERACTIVE);
        let configured = |key: &str| -> Result<Option<String>, Error> {
            Ok(global_config(folder, environment, key)?
                .pop()
                .map(|entry| entry.value)
                .filter(|value| !value.is_empty()))
        };
        if let Some(command) = ssh_command(environment, configured)? {
            tool = tool.env("GIT_SSH_COMMAND", command);
        }
    }
    if let Some(deadline) = how.deadline {
        tool = tool.deadline(deadline);
    }
    let clone = ["-c", "gc.auto=0", "clone", "--quiet", "--bare", "--single-branch", "--no-tags", "--template=", "--"];
    let tool = tool.args(clone).arg(url).arg(destination);
    tool.checked().map_err(|error| Error::from_remote(url, error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn only_the_default_branch_is_cloned_and_an_option_is_no_url() {
        let sandbox = Sandbox::new();
        let source = sandbox.repository("r");
        sandbox.git(&source, &["branch", "other"]);
        let remote = sandbox.remote_for(&source);
        let how = LsRemote { deadline: Some(std::time::Duration::from_secs(60)), prompts: Prompts::Denied };
        let clone = |url: &str, name: &str| {
            let place = (&sandbox.environment(), sandbox.path());
            clone_default_branch(place, url, (&sandbox.path().join(name), how))
        };
        clone(remote.to_str().unwrap(), "copy").unwrap();
        let branches = sandbox.git(&sandbox.path().join("copy"), &["for-each-ref", "--format=%(refname)"]);
        assert_eq!(branches.trim(), "refs/heads/main");
        for url in ["--upload-pack=touch owned", "/nowhere", "ext::sh -c true"] {
            let error = clone(url, "none").unwrap_err();
            assert!(matches!(error, Error::RemoteUnreachable { .. }), "{url}: {error:?}");
        }
        assert!(!sandbox.path().join("owned").exists());
    }
}
