//! Reads and writes git's configuration through `git config`.
//!
//! libgit2 supports neither `git -c` nor `GIT_CONFIG_COUNT` nor `includeIf.hasconfig`. One process reads all sections that git-devpi
//! uses.

use std::path::Path;
use std::rc::Rc;

use super::config_entry::{ConfigEntry, ConfigScope};
use super::error::Error;
use super::repository::Repository;

/// The sections to read. `http` and `credential` are excluded because they may hold secrets.
const SECTIONS: &str = r"^(devpi|remote|url|core|ssh|hook|filter|submodule|extensions)\.";

impl Repository {
    /// Returns the values whose key begins with `prefix`, in git's spelling: `devpi.`, `remote.origin.`.
    ///
    /// The first call starts one `git config` process; later calls use its result. Available sections: devpi, remote, url, core, ssh, hook,
    /// filter, submodule, extensions.
    pub fn config(&self, prefix: &str) -> Result<Vec<ConfigEntry>, Error> {
        Ok(self.all_config()?.iter().filter(|entry| entry.key.starts_with(prefix)).cloned().collect())
    }

    /// Returns the last, and so effective, value of `key`.
    pub(super) fn config_value(&self, key: &str) -> Result<Option<ConfigEntry>, Error> {
        Ok(self.all_config()?.iter().rev().find(|entry| entry.key == key).cloned())
    }

    /// Returns the values of all sections that git-devpi reads, in git's order.
    pub(super) fn all_config(&self) -> Result<Rc<Vec<ConfigEntry>>, Error> {
        if let Some(known) = self.configuration().borrow().as_ref() {
            return Ok(Rc::clone(known));
        }
        let mut output =
            self.git().ask(&["config", "-z", "--show-scope", "--show-origin", "--get-regexp", SECTIONS])?;
        let mut scope = ScopeColumn::Shown;
        if output.status == Some(129) {
            // git 2.25 has no --show-scope.
            output = self.git().ask(&["config", "-z", "--show-origin", "--get-regexp", SECTIONS])?;
            scope = ScopeColumn::Missing;
        }
        // Status 1: no value matches.
        if !matches!(output.status, Some(0 | 1)) {
            return Err(Error::GitFailed {
                command: "git config --get-regexp".to_owned(),
                status: output.status,
                output: output.error_text(),
            }
            .or_dubious_ownership());
        }
        let entries = Rc::new(parse(&output.stdout, scope, self));
        *self.configuration().borrow_mut() = Some(Rc::clone(&entries));
        Ok(entries)
    }

    /// Sets `key` in the repository's configuration file, replacing all its values there.
    pub fn config_set(&self, key: &str, value: &str) -> Result<(), Error> {
        self.change_config(&["config", "--local", "--replace-all", "--", key, value]).map(drop)
    }

    /// Adds a value of `key` to the repository's configuration file.
    pub fn config_add(&self, key: &str, value: &str) -> Result<(), Error> {
        self.change_config(&["config", "--local", "--add", "--", key, value]).map(drop)
    }

    /// Removes all values of `key` from the repository's configuration file.
    ///
    /// Returns `false` if there are none.
    pub fn config_unset(&self, key: &str) -> Result<bool, Error> {
        self.change_config(&["config", "--local", "--unset-all", "--", key])
    }

    /// Removes a section (`hook.devpi-pre-push`) from the repository's configuration file.
    ///
    /// Returns `false` if it does not exist.
    pub fn config_remove_section(&self, section: &str) -> Result<bool, Error> {
        self.change_config(&["config", "--local", "--remove-section", "--", section])
    }

    /// Runs a `git config` command that writes. Returns `false` if there is nothing to remove.
    fn change_config(&self, arguments: &[&str]) -> Result<bool, Error> {
        *self.configuration().borrow_mut() = None;
        let output = self.git().ask(arguments)?;
        let nothing_to_remove = output.status == Some(5) || output.error_text().contains("no such section");
        match output.status {
            Some(0) => Ok(true),
            _ if nothing_to_remove => Ok(false),
            status => Err(Error::GitFailed {
                command: format!("git {}", arguments[..arguments.len().min(5)].join(" ")),
                status,
                output: output.error_text(),
            }),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum ScopeColumn {
    Shown,
    Missing,
}

/// Parses `[scope NUL] origin NUL key [LF value] NUL …`.
fn parse(bytes: &[u8], column: ScopeColumn, repository: &Repository) -> Vec<ConfigEntry> {
    let text = String::from_utf8_lossy(bytes);
    let mut fields = text.split_terminator('\0');
    let mut entries = Vec::new();
    let mut weakest = ConfigScope::System;
    loop {
        let shown = match column {
            ScopeColumn::Shown => fields.next().map(scope_of_word),
            ScopeColumn::Missing => Some(None),
        };
        let (Some(shown), Some(origin), Some(item)) = (shown, fields.next(), fields.next()) else {
            return entries;
        };
        let origin = match origin.strip_prefix("file:") {
            Some(path) => repository.top().join(path).display().to_string(),
            None => origin.trim_end_matches(':').to_owned(),
        };
        weakest = weakest.max(shown.unwrap_or_else(|| scope_of_origin(&origin, repository)));
        let (key, value) = item.split_once('\n').unwrap_or((item, "true"));
        entries.push(ConfigEntry { key: key.to_owned(), value: value.to_owned(), origin, scope: weakest });
    }
}

fn scope_of_word(word: &str) -> Option<ConfigScope> {
    match word {
        "system" => Some(ConfigScope::System),
        "global" => Some(ConfigScope::Global),
        "local" => Some(ConfigScope::Local),
        "worktree" => Some(ConfigScope::Worktree),
        "command" => Some(ConfigScope::Command),
        _ => None,
    }
}

/// The scope by the path of the file, for git 2.25.
///
/// git lists the scopes in order, so `parse` gives an included file at least the scope of the entry before it.
fn scope_of_origin(origin: &str, repository: &Repository) -> ConfigScope {
    let environment = repository.git().environment();
    let path = Path::new(origin);
    let of_the_user = environment.get("GIT_CONFIG_GLOBAL").is_some_and(|global| path == Path::new(global))
        || environment.non_empty("HOME").is_some_and(|home| path.starts_with(home));
    if origin == "command line" {
        ConfigScope::Command
    } else if path == repository.git_dir().join("config.worktree") {
        ConfigScope::Worktree
    } else if path == repository.common_dir().join("config") {
        ConfigScope::Local
    } else if of_the_user {
        ConfigScope::Global
    } else {
        ConfigScope::System
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn brief(entries: &[ConfigEntry]) -> Vec<(&str, &str, ConfigScope)> {
        entries.iter().map(|e| (e.key.as_str(), e.value.as_str(), e.scope)).collect()
    }

    #[test]
    fn values_come_with_scope_and_origin_weakest_first() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        sandbox.git(&top, &["config", "--global", "devpi.Server", "https://one"]);
        sandbox.git(&top, &["config", "devpi.releaseBranches", "main\nnext"]);
        std::fs::write(top.join("more"), "[devpi]\n\tflag\n").unwrap();
        sandbox.git(&top, &["config", "include.path", "../more"]);
        let environment = sandbox.environment_with([("GIT_CONFIG_PARAMETERS", "'devpi.server=https://two'")]);
        let repository = Repository::open(&top, &environment).unwrap();
        let entries = repository.config("devpi.").unwrap();
        let expected = [
            ("devpi.server", "https://one", ConfigScope::Global),
            ("devpi.releasebranches", "main\nnext", ConfigScope::Local),
            ("devpi.flag", "true", ConfigScope::Local),
            ("devpi.server", "https://two", ConfigScope::Command),
        ];
        assert_eq!(brief(&entries), expected);
        assert_eq!(entries[1].origin, top.join(".git/config").display().to_string());
        assert_eq!(entries[3].origin, "command line");
        assert_eq!(repository.config_value("devpi.server").unwrap().unwrap().value, "https://two");
    }

    #[test]
    fn an_old_git_without_scopes_gives_the_same_scopes() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let repository = sandbox.open(&top);
        let global = sandbox.path().join("gitconfig");
        let output = format!(
            "file:/etc/gitconfig\0devpi.a\n1\0file:{}\0devpi.b\n2\0file:.git/config\0devpi.c\n3\0file:{}\0devpi.d\n4\0\
             command line:\0devpi.e\n5\0",
            global.display(),
            sandbox.path().join("home/included").display()
        );
        let entries = parse(output.as_bytes(), ScopeColumn::Missing, &repository);
        let scopes: Vec<_> = entries.iter().map(|e| e.scope).collect();
        use ConfigScope::{Command, Global, Local, System};
        assert_eq!(scopes, [System, Global, Local, Local, Command]);
    }

    #[test]
    fn what_is_set_is_seen_and_what_is_unset_is_gone() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open(&sandbox.repository("r"));
        repository.config_set("devpi.user", "acme").unwrap();
        repository.config_set("devpi.user", "-x").unwrap();
        repository.config_add("devpi.formats", "wheel").unwrap();
        repository.config_add("devpi.formats", "sdist").unwrap();
        let local = ConfigScope::Local;
        let expected =
            [("devpi.user", "-x", local), ("devpi.formats", "wheel", local), ("devpi.formats", "sdist", local)];
        assert_eq!(brief(&repository.config("devpi.").unwrap()), expected);
        assert!(repository.config_unset("devpi.formats").unwrap());
        assert!(!repository.config_unset("devpi.formats").unwrap());
        assert_eq!(repository.config("devpi.").unwrap().len(), 1);
        repository.config_set("hook.devpi-pre-push.event", "pre-push").unwrap();
        assert!(repository.config_remove_section("hook.devpi-pre-push").unwrap());
        assert!(!repository.config_remove_section("hook.devpi-pre-push").unwrap());
        assert!(matches!(repository.config_set("nonsense", "x"), Err(Error::GitFailed { .. })));
    }
}
