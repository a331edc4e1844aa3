//! Reads git's configuration outside a repository.

use std::path::Path;

use super::config_entry::{ConfigEntry, ConfigScope};
use super::error::Error;
use super::executable::Executable;
use crate::system::environment::Environment;

/// Returns the system's, user's and command line's values whose key begins with `prefix`.
///
/// Every entry has the scope [`ConfigScope::Global`]. Cost: one git process.
pub fn global_config(folder: &Path, environment: &Environment, prefix: &str) -> Result<Vec<ConfigEntry>, Error> {
    let pattern = format!("^{}", prefix.replace('.', r"\."));
    let git = Executable::new(environment, folder);
    let output = git.ask(&["config", "-z", "--show-origin", "--get-regexp", &pattern])?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut fields = text.split_terminator('\0');
    let mut entries = Vec::new();
    while let (Some(origin), Some(item)) = (fields.next(), fields.next()) {
        let (key, value) = item.split_once('\n').unwrap_or((item, "true"));
        let origin = origin.strip_prefix("file:").unwrap_or(origin).trim_end_matches(':').to_owned();
        entries.push(ConfigEntry { key: key.to_owned(), value: value.to_owned(), origin, scope: ConfigScope::Global });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn the_users_configuration_is_read_without_a_repository() {
        let sandbox = Sandbox::new();
        sandbox.git(sandbox.path(), &["config", "--global", "devpi.server", "https://devpi.example.com/"]);
        let entries = global_config(sandbox.path(), &sandbox.environment(), "devpi.").unwrap();
        let brief: Vec<_> = entries.iter().map(|e| (e.key.as_str(), e.value.as_str())).collect();
        assert_eq!(brief, [("devpi.server", "https://devpi.example.com/")]);
        assert!(global_config(sandbox.path(), &sandbox.environment(), "devpi.x").unwrap().is_empty());
    }
}
