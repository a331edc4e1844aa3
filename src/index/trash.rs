//! The deletion logs of this machine, with the files that were kept.

use std::path::{Path, PathBuf};

use url::Url;

use crate::index::Error;
use crate::index::kept_files::KeptFolder;
use crate::model::deletion::{DeletedKind, LoggedDeletion, LoggedFile, LoggedResult};
use crate::model::names::{IndexName, UserName};
use crate::model::record::{BranchRecord, Record};
use crate::system::files;
use crate::workspace::Workspace;
use crate::workspace::deletion_log::FOLDERS;

/// A deletion that can be undone, as far as its files were kept.
#[derive(Debug, Clone)]
pub struct TrashEntry {
    /// The log.
    pub log: PathBuf,
    /// Its contents.
    pub logged: LoggedDeletion,
    /// The index.
    pub index: IndexName,
    /// The record of the index.
    pub record: BranchRecord,
    /// The kept files.
    pub kept: KeptFolder,
}

impl TrashEntry {
    /// The place of a kept file; `None` if it was not kept, or was removed since.
    pub fn file(&self, file: &LoggedFile) -> Option<PathBuf> {
        self.kept.file(&file.sha256, &file.file).filter(|path| path.is_file())
    }

    /// The place of a kept tox result.
    pub fn result(&self, result: &LoggedResult) -> Option<PathBuf> {
        Some(self.kept.result(result.sha256.as_ref()?)).filter(|path| path.is_file())
    }

    /// The number of files that are kept.
    pub fn kept_files(&self) -> usize {
        self.logged.files.iter().filter(|file| self.file(file).is_some()).count()
    }

    /// The size of what is kept, in bytes.
    pub fn kept_bytes(&self) -> u64 {
        files::size_below(self.kept.path())
    }

    fn read(log: &Path) -> Result<Option<Self>, Error> {
        let Some(bytes) = files::read_optional(log)? else { return Ok(None) };
        let unreadable = |reason: String| Error::UnreadableLog { log: log.to_owned(), reason };
        let logged: LoggedDeletion = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let index = logged.index().ok_or_else(|| unreadable(format!("{:?} is not an index", logged.index)))?;
        match logged.record() {
            Some(Record::Branch(record)) => {
                Ok(Some(Self { log: log.to_owned(), kept: KeptFolder::of(log), logged, index, record }))
            }
            // A claim is not restored: what it held was published, or is built again.
            _ => Err(unreadable("it is not about the index of a branch".to_owned())),
        }
    }
}

/// The deletions on this server, newest first. Unreadable logs and those of claims are left out.
pub fn list(workspace: &Workspace<'_>, server: &Url) -> Result<Vec<TrashEntry>, Error> {
    let mut entries = Vec::new();
    for folder in FOLDERS {
        for log in files::newest_names_first(&workspace.directories.state.join(folder), "json")? {
            match TrashEntry::read(&log) {
                Ok(entry) => entries.extend(entry.filter(|entry| entry.logged.server == server.as_str())),
                Err(Error::UnreadableLog { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    entries.sort_by(|one, other| other.log.file_name().cmp(&one.log.file_name()));
    Ok(entries)
}

/// Finds a deletion by its log (a path, or its name in the folder), else the newest deletion of the named index.
pub fn find(workspace: &Workspace<'_>, server: &Url, (owner, text): (&UserName, &str)) -> Result<TrashEntry, Error> {
    if Path::new(text).extension().is_some_and(|extension| extension == "json") {
        let folders = FOLDERS.map(|folder| workspace.directories.state.join(folder));
        let places = std::iter::once(workspace.start().join(text)).chain(folders.map(|folder| folder.join(text)));
        for log in places {
            if let Some(entry) = TrashEntry::read(&log)? {
                return of_this_server(entry, server);
            }
        }
        return Err(Error::NoDeletionLog { name: text.to_owned() });
    }
    let index = IndexName::parse_for(owner, text)?;
    let is_it = |entry: &TrashEntry| entry.index == index && entry.logged.kind == DeletedKind::Index;
    let found = list(workspace, server)?.into_iter().find(is_it);
    found.ok_or_else(|| Error::NoDeletionLog { name: index.to_string() })
}

fn of_this_server(entry: TrashEntry, server: &Url) -> Result<TrashEntry, Error> {
    if entry.logged.server == server.as_str() {
        return Ok(entry);
    }
    Err(Error::DeletedElsewhere { log: entry.log, server: entry.logged.server })
}
