//! The stored inputs of post-receive, one file each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::git::Repository;
use crate::model::ref_update::{RefChange, RefUpdate};
use crate::ops::Error;
use crate::system::clock;
use crate::system::files::{self, Access};

const FOLDER: &str = "received";
const EXTENSION: &str = "refs";

/// The folder of the inputs.
pub(super) struct Inbox {
    folder: PathBuf,
}

/// A stored input.
pub(super) struct Input {
    path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl Inbox {
    pub(super) fn of(repository: &Repository) -> Self {
        Self { folder: repository.state_path(FOLDER) }
    }

    /// Stores an input. The names sort by time.
    pub(super) fn put(&self, input: &[u8]) -> Result<(), Error> {
        let name = format!("{:020}-{}.{EXTENSION}", clock::now().as_nanosecond(), std::process::id());
        Ok(files::write_atomic(&self.folder.join(name), input, Access::Private)?)
    }

    /// Reads the inputs, oldest first.
    pub(super) fn read(&self) -> Result<Vec<Input>, Error> {
        let mut inputs = Vec::new();
        for path in files::newest_names_first(&self.folder, EXTENSION)?.into_iter().rev() {
            if let Some(bytes) = files::read_optional(&path)? {
                inputs.push(Input { path, bytes });
            }
        }
        Ok(inputs)
    }

    /// Removes inputs that were worked on.
    pub(super) fn remove(&self, inputs: &[Input]) -> Result<(), Error> {
        inputs.iter().try_for_each(|input| Ok(files::remove_if_exists(&input.path)?))
    }
}

/// Joins several updates of a ref. A ref that was created in between counts as created.
pub(super) fn last_updates(updates: impl Iterator<Item = RefUpdate>) -> Vec<RefUpdate> {
    let mut last: BTreeMap<String, RefUpdate> = BTreeMap::new();
    for update in updates {
        let is_new = update.change() == RefChange::Create;
        let entry = last.entry(update.remote_ref.clone()).or_insert_with(|| update.clone());
        entry.local_oid = update.local_oid;
        if is_new {
            entry.remote_oid = update.remote_oid;
        }
    }
    last.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ref_update::parse_post_receive;

    #[test]
    fn updates_of_a_ref_are_joined() {
        let [none, a, b, c] = ["0", "a", "b", "c"].map(|digit| digit.repeat(40));
        let joined = |lines: &[(&String, &String)]| {
            let text: String = lines.iter().map(|(old, new)| format!("{old} {new} refs/heads/x\n")).collect();
            let mut updates = last_updates(parse_post_receive(text.as_bytes()).into_iter());
            assert_eq!(updates.len(), 1);
            let update = updates.remove(0);
            (update.change(), update.local_oid.as_str().to_owned())
        };
        assert_eq!(joined(&[(&a, &b), (&b, &c)]), (RefChange::Update, c.clone()));
        assert_eq!(joined(&[(&none, &a), (&a, &b)]), (RefChange::Create, b.clone()));
        assert_eq!(joined(&[(&a, &none), (&none, &b)]), (RefChange::Create, b.clone()), "a new life");
        assert_eq!(joined(&[(&none, &a), (&a, &none)]).0, RefChange::Delete);
    }
}
