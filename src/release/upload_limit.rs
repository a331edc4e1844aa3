//! Files that the server, or a proxy in front of it, refused for their size: the next build of the same commit is refused before it starts.
//!
//! No server says how large a file may be. A refused size is kept by server and project, and asked for again with a request that announces it
//! and sends one byte.

use std::path::PathBuf;

use crate::devpi;
use crate::model::size::size_text;
use crate::release::Error;
use crate::release::publication::Publication;
use crate::system::files::{self, Access};
use crate::workspace;

/// Notes the size of a refused file, if `error` is about one.
pub(super) fn note(publication: &Publication<'_>, error: &Error) {
    let Error::Workspace(workspace::Error::Devpi(devpi::Error::TooLarge { size: Some(size), .. })) = error else {
        return;
    };
    if let Some(file) = note_file(publication) {
        // Without the note, the next build finds out after it.
        let _ = files::write_atomic(&file, format!("{size} {}", publication.build.commit).as_bytes(), Access::Shared);
    }
}

/// Fails if the last file of this commit was refused for its size, and would be again; warns for another commit. No request without a note.
pub(super) fn check(publication: &Publication<'_>) -> Result<(), Error> {
    let Some(file) = note_file(publication) else { return Ok(()) };
    let Some(text) = files::read_text_optional(&file)? else { return Ok(()) };
    let noted = text.split_once(' ').and_then(|(size, commit)| Some((size.parse::<u64>().ok()?, commit)));
    let Some((size, commit)) = noted.filter(|(size, _)| publication.session.refuses_size(publication.index, *size))
    else {
        // The limit was raised.
        files::remove_if_exists(&file)?;
        return Ok(());
    };
    let (project, version) = (publication.query.project, publication.query.version);
    if commit == publication.build.commit.to_string() {
        let what = format!("publish {project} {version}, whose file was refused before");
        return Err(devpi::Error::TooLarge { what, size: Some(size) }.into());
    }
    let note = format!("the server refuses files of {}, the size of the last build of {project}", size_text(size));
    publication.query.workspace.progress.note(&note);
    Ok(())
}

fn note_file(publication: &Publication<'_>) -> Option<PathBuf> {
    let uuid = publication.session.uuid().filter(|uuid| uuid.chars().all(|c| c.is_ascii_alphanumeric()))?;
    let folder = publication.query.workspace.directories.state.join("upload-limits");
    Some(folder.join(format!("{uuid}-{}", publication.query.project)))
}
