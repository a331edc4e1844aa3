//! The remotes of a fleet, and a workspace for each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::git::{LsRemote, Prompts, clone_default_branch};
use crate::model::names::UserName;
use crate::ops::Error as VerbError;
use crate::ops::fleet::error::Error;
use crate::settings::Key;
use crate::system;
use crate::system::environment::{Environment, GIT_LOCAL_VARIABLES};
use crate::system::files::read_text_optional;
use crate::workspace::open::OpenRequest;
use crate::workspace::{Progress, Workspace, authority};

/// The name of the remote in the clones.
const REMOTE: &str = "origin";
/// The time limit for a clone.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// A line of the file with the remotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRemote {
    /// The number of the line, from 1.
    pub line: usize,
    /// The URL or the path.
    pub url: String,
}

/// Reads the file with the remotes: one a line, with comments from `#` on. A remote that is listed twice counts once.
pub fn read_remotes(path: &Path) -> Result<Vec<ListedRemote>, VerbError> {
    let text = read_text_optional(path)?.ok_or_else(|| Error::NoRemotesFile { path: path.to_owned() })?;
    Ok(parse(&text))
}

fn parse(text: &str) -> Vec<ListedRemote> {
    let mut remotes: Vec<ListedRemote> = Vec::new();
    for (place, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        // A `#` inside a word may belong to a URL.
        let comment =
            line.match_indices('#').find(|(at, _)| line[..*at].ends_with(|c: char| c.is_whitespace()) || *at == 0);
        let url = line[..comment.map_or(line.len(), |(at, _)| at)].trim();
        if !url.is_empty() && !remotes.iter().any(|remote| remote.url == url) {
            remotes.push(ListedRemote { line: place + 1, url: url.to_owned() });
        }
    }
    remotes
}

/// How the remotes are opened.
pub struct OpenRemotes<'a> {
    /// The environment of this run.
    pub environment: Environment,
    /// The settings from flags; those that select one repository do not count.
    pub flags: Vec<(Key, &'static str, String)>,
    /// The folder that relative paths count from.
    pub folder: PathBuf,
    /// Whether git and ssh may ask for a password.
    pub prompts: Prompts,
    /// The receiver of progress.
    pub progress: &'a dyn Progress,
}

/// The workspace of a remote: a clone of its default branch, which is deleted afterwards.
pub struct RemoteWorkspace<'a> {
    /// The workspace.
    pub workspace: Workspace<'a>,
    _folder: TempDir,
}

impl<'a> OpenRemotes<'a> {
    /// Clones the default branch of the remote, and opens the clone with the settings that are committed there.
    ///
    /// The clone's only remote is the listed one. What selects one repository does not count: variables of git and of CI, and the settings
    /// `branch` and `remote`. A `repository` of the user's own settings is refused: it would say of every remote that it decides.
    pub fn open(&self, remote: &ListedRemote) -> Result<RemoteWorkspace<'a>, VerbError> {
        let folder = tempfile::tempdir().map_err(system::Error::file("create", &std::env::temp_dir()))?;
        let clone = folder.path().join("clone.git");
        let how = LsRemote { deadline: Some(DEADLINE), prompts: self.prompts };
        self.progress.step(&format!("cloning the default branch of line {}", remote.line));
        clone_default_branch((&self.environment, &self.folder), &remote.url, (&clone, how))?;
        let is_of_repository = |name: &&str| !name.starts_with("GIT_CONFIG");
        let local: Vec<&str> = GIT_LOCAL_VARIABLES.into_iter().filter(is_of_repository).collect();
        let environment = self.environment.clone().without(&local).with("GIT_DIR", &clone.to_string_lossy());
        let about_all = |(key, _, _): &&(Key, &str, String)| !matches!(key, Key::User | Key::Branch | Key::Remote);
        let mut flags: Vec<_> = self.flags.iter().filter(about_all).cloned().collect();
        flags.push((Key::Remote, "--remotes", REMOTE.to_owned()));
        let request = OpenRequest { environment, flags, project: None, number: None, progress: self.progress };
        let workspace = Workspace::open_at(clone, request)?.without_ci();
        self.check(&workspace)?;
        Ok(RemoteWorkspace { workspace, _folder: folder })
    }

    fn check(&self, workspace: &Workspace<'_>) -> Result<(), VerbError> {
        if let Some(set) = workspace.settings.repository()?.filter(|set| authority::is_users_own(&set.origin)) {
            return Err(Error::RepositoryForAll { repository: set.value, origin: set.origin.to_string() }.into());
        }
        let asked = self.flags.iter().find(|(key, _, _)| *key == Key::User).map(|(_, _, user)| UserName::parse(user));
        let (owner, asked) = (workspace.owner()?, asked.transpose()?);
        match asked {
            Some(asked) if asked != owner => Err(Error::OtherOwner { owner, asked }.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_remote_a_line() {
        let text = "\u{feff}https://host/a.git\r\n\r\n# comment\r\n  git@host:b # why\n\n/srv/c#1\nhttps://host/a.git\n#\n\u{a0}\n";
        let found = parse(text);
        let shown: Vec<_> = found.iter().map(|remote| (remote.line, remote.url.as_str())).collect();
        assert_eq!(shown, [(1, "https://host/a.git"), (4, "git@host:b"), (6, "/srv/c#1")]);
        assert_eq!(parse("# only\n\n"), []);
    }
}
