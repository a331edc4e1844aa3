//! Where git looks for this repository's hooks.

use std::path::PathBuf;

use super::config_entry::ConfigScope;
use super::error::Error;
use super::repository::Repository;

/// The folder of hooks, and who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksLocation {
    /// The folder, absolute. It need not exist (an empty template makes none).
    pub dir: PathBuf,
    /// `core.hooksPath`, when it is set.
    pub hooks_path: Option<HooksPath>,
}

/// The setting `core.hooksPath`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksPath {
    /// As it was written; `""` makes git take the top itself for the folder (T23).
    pub value: String,
    /// A global or system one is shared by all repositories (T25).
    pub scope: ConfigScope,
    /// The file it stands in.
    pub origin: String,
}

impl Repository {
    /// Asks git, from the top: a relative `core.hooksPath` is relative to each work tree (T24), and resolves wrongly from inside `.git`.
    pub fn hooks(&self) -> Result<HooksLocation, Error> {
        let output = self.git().run(&["rev-parse", "--git-path", "hooks"])?;
        let setting = self.config_value("core.hookspath")?;
        Ok(HooksLocation {
            dir: self.top().join(output.text()).components().collect(),
            hooks_path: setting.map(|entry| HooksPath { value: entry.value, scope: entry.scope, origin: entry.origin }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn the_folder_is_the_one_that_git_uses() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        sandbox.git(&top, &["worktree", "add", "-q", "../linked"]);
        let linked = std::fs::canonicalize(sandbox.path().join("linked")).unwrap();
        std::fs::create_dir(top.join("sub")).unwrap();
        let hooks = |folder: &std::path::Path| sandbox.open(folder).hooks().unwrap();
        assert_eq!(hooks(&top.join("sub")), HooksLocation { dir: top.join(".git/hooks"), hooks_path: None });
        assert_eq!(hooks(&linked).dir, top.join(".git/hooks"));
        sandbox.git(&top, &["config", "core.hooksPath", ".githooks"]);
        assert_eq!(hooks(&top.join("sub")).dir, top.join(".githooks"));
        assert_eq!(hooks(&linked).dir, linked.join(".githooks"));
        let expected = HooksPath {
            value: ".githooks".into(),
            scope: ConfigScope::Local,
            origin: top.join(".git/config").display().to_string(),
        };
        assert_eq!(hooks(&top).hooks_path, Some(expected));
        sandbox.git(&top, &["config", "core.hooksPath", ""]);
        assert_eq!((hooks(&top).dir, hooks(&top).hooks_path.unwrap().value), (top.clone(), String::new()));
        sandbox.git(&top, &["config", "--unset", "core.hooksPath"]);
        sandbox.git(&top, &["config", "--global", "core.hooksPath", "/all/hooks"]);
        assert_eq!(hooks(&top).dir, PathBuf::from("/all/hooks"));
        assert_eq!(hooks(&top).hooks_path.unwrap().scope, ConfigScope::Global);
    }
}
