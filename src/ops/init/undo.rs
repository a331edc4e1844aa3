//! `init --undo`: takes back what the journal of this clone lists. Makes no request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::git::Repository;
use crate::ops::Error;
use crate::ops::hooks::{self, Removed};
use crate::ops::init::error::InitElsewhere;
use crate::ops::init::journal::{Entry, Journal, local_values};
use crate::ops::shell_word::quoted;
use crate::python::file_edit::{self, FileEdit};
use crate::python::tox_setup::{Reversed, Undone, undo as undo_file};
use crate::workspace::{self, Workspace};

/// What `init --undo` does.
#[derive(Debug, Default)]
pub struct UndoPlan {
    /// The changes in order.
    pub changes: Vec<UndoStep>,
    /// What `init` created on the server, which stays.
    pub on_server: Vec<LeftOnServer>,
    /// What is not as it was before `init`, and why.
    pub remarks: Vec<String>,
    /// Whether a file has to be changed by hand.
    pub by_hand: bool,
    /// The entries of the journal that stay in it.
    kept: Vec<Entry>,
}

/// A change that is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoStep {
    /// A file is written, or deleted if `init` created it.
    File(FileEdit),
    /// A key of the clone's git configuration gets the values from before, or none.
    Config {
        /// The key.
        key: String,
        /// The values from before.
        before: Vec<String>,
    },
    /// The hooks are removed, and those from before restored.
    Hooks,
}

/// Something on the server that `init` created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOnServer {
    /// `the index acme/main of main`
    pub what: String,
    /// The index or user.
    pub name: String,
    /// The commands that delete it.
    pub commands: Vec<String>,
}

/// Plans what is taken back. Changes nothing.
pub fn undo_plan(workspace: &Workspace<'_>) -> Result<UndoPlan, Error> {
    let top = workspace.work_tree()?;
    let repository = workspace.repository()?;
    let Journal { entries } = Journal::read(repository)?;
    let (ours, kept): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.belongs_to(top));
    let has_file = |entries: &[Entry]| entries.iter().any(|entry| matches!(entry, Entry::File { .. }));
    if let Some(Entry::File { work_tree, .. }) = kept.first().filter(|_| !has_file(&ours)) {
        return Err(InitElsewhere { work_tree: work_tree.clone() }.into());
    }
    let mut plan = UndoPlan { kept, ..UndoPlan::default() };
    plan.files(top, &ours)?;
    for entry in ours.iter().rev() {
        match entry {
            Entry::File { .. } => {}
            Entry::Config { key, before, after } => plan.config(repository, key, (before, after))?,
            Entry::Hooks if !plan.changes.contains(&UndoStep::Hooks) => plan.changes.push(UndoStep::Hooks),
            Entry::Hooks => {}
            Entry::Index { .. } | Entry::User { .. } => plan.on_server.extend(left_on_server(entry)),
        }
    }
    Ok(plan)
}

/// Takes everything back; returns the removed hooks.
pub fn undo(workspace: &Workspace<'_>, plan: &UndoPlan) -> Result<Vec<Removed>, Error> {
    let repository = workspace.repository()?;
    let mut removed = Vec::new();
    for step in &plan.changes {
        match step {
            UndoStep::File(edit) => edit.write().map_err(workspace::Error::from)?,
            UndoStep::Config { key, before } => {
                repository.config_unset(key)?;
                for value in before {
                    repository.config_add(key, value)?;
                }
            }
            UndoStep::Hooks => removed = hooks::uninstall(workspace)?,
        }
    }
    Journal { entries: plan.kept.clone() }.write(repository)?;
    Ok(removed)
}

impl UndoPlan {
    /// Whether there is nothing to take back, and nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.on_server.is_empty() && self.remarks.is_empty()
    }

    /// Takes the changes of each file out of its text, the last one first.
    fn files(&mut self, top: &Path, entries: &[Entry]) -> Result<(), Error> {
        let mut edits: BTreeMap<&PathBuf, FileEdit> = BTreeMap::new();
        let mut unreadable: BTreeSet<&PathBuf> = BTreeSet::new();
        for entry in entries.iter().rev() {
            let Entry::File { path, before, after, .. } = entry else { continue };
            if !edits.contains_key(path) {
                let full = top.join(path);
                let now = file_edit::read(&full).map_err(workspace::Error::from)?;
                edits.insert(path, FileEdit { path: full, before: now.clone(), after: now });
            }
            let Some(edit) = edits.get_mut(path).filter(|_| !unreadable.contains(path)) else { continue };
            match undo_file(path, (before.as_deref(), after.as_deref()), edit.after.as_deref()) {
                Undone::Text(Reversed { text, lost }) => {
                    edit.after = text;
                    self.remarks.extend(lost.iter().map(|line| lost_line(path, line)));
                }
                Undone::Unreadable(problem) => {
                    let file = path.display();
                    let remark = format!("{file} was edited since init; without the lines of init it {problem}");
                    self.remarks.push(format!("{remark}: remove them by hand"));
                    unreadable.insert(path);
                }
            }
        }
        self.by_hand = !unreadable.is_empty();
        let stays = |entry: &&Entry| matches!(entry, Entry::File { path, .. } if unreadable.contains(path));
        self.kept.extend(entries.iter().filter(stays).cloned());
        let changed = edits.into_iter().filter(|(path, edit)| !unreadable.contains(path) && edit.changes_something());
        self.changes.extend(changed.map(|(_, edit)| UndoStep::File(edit)));
        Ok(())
    }

    fn config(&mut self, repository: &Repository, key: &str, (before, after): (&[String], &str)) -> Result<(), Error> {
        let now = local_values(repository, key)?;
        if now == [after] {
            self.changes.push(UndoStep::Config { key: key.to_owned(), before: before.to_vec() });
        } else if now != before {
            self.remarks.push(format!("{key} in git's configuration of this clone was changed since init, and stays"));
        }
        Ok(())
    }
}

fn lost_line(path: &Path, line: &str) -> String {
    let file = path.display();
    format!("{file}: `{}`, which init replaced, does not come back, because its place was edited since", line.trim())
}

fn left_on_server(entry: &Entry) -> Option<LeftOnServer> {
    match entry {
        Entry::Index { server, name, repository, branch: Some(branch) } => {
            let user = name.split('/').next().unwrap_or_default();
            // The settings are gone afterwards.
            let repository = quoted(&format!("devpi.repository={repository}"));
            let (server, user, index) = (quoted(server), quoted(user), quoted(name));
            let delete =
                format!("git -c {repository} devpi --server {server} --user {user} index delete {index} --force");
            Some(LeftOnServer {
                what: format!("the index {name} of {branch}"),
                name: name.clone(),
                commands: vec![delete],
            })
        }
        Entry::Index { server, name, branch: None, .. } => Some(LeftOnServer {
            what: format!("the production index {name}, with every release on it"),
            name: name.clone(),
            // git-devpi deletes no production index.
            commands: vec![
                format!("devpi use {}", quoted(server)),
                format!("devpi index {} volatile=True", quoted(name)),
                format!("devpi index --delete {}", quoted(name)),
            ],
        }),
        Entry::User { server, name } => Some(LeftOnServer {
            what: format!("the user {name}"),
            name: name.clone(),
            commands: vec![format!("devpi use {}", quoted(server)), format!("devpi user --delete {}", quoted(name))],
        }),
        _ => None,
    }
}
