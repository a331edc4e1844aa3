//! The folder in which git looks for the repository's hooks (githooks(5)).

use std::path::PathBuf;

use super::config_entry::ConfigScope;
use super::error::Error;
use super::repository::Repository;

/// The hooks folder, and the setting that selects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksLocation {
    /// The absolute path of the folder. The folder may not exist.
    pub dir: PathBuf,
    /// The setting `core.hooksPath`, if set.
    pub hooks_path: Option<HooksPath>,
}

/// The setting `core.hooksPath`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksPath {
    /// The value as written. For `""` git uses the top of the work tree.
    pub value: String,
    /// The scope. All repositories share a global or system value.
    pub scope: ConfigScope,
    /// The file that sets it.
    pub origin: String,
}

impl Repository {
    /// Returns the hooks folder of this work tree, as git resolves it.
    ///
    /// A relative `core.hooksPath` is relative to the top of each work tree.
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
