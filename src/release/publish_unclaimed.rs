//! Publishing without a claim, for whoever may upload to the index and may not create one.
//!
//! Everybody who finds nothing builds, and the first upload wins: the index is not volatile, so a second file of the same name is
//! refused, and whoever comes second takes what is there. The source distribution goes first: whoever has got that in uploads the rest
//! too. Half a release can be seen for a moment here; readers wait for its provenance, and a file of another commit in it is an error.

use crate::devpi::UploadOutcome;
use crate::python::builder::Format;
use crate::release::Error;
use crate::release::make::file_name;
use crate::release::publication::{Ours, Publication, Published, check_stored};

/// How often it is looked and uploaded: the second time what a faster machine left out, the third time to see that all is there.
const ROUNDS: usize = 3;

/// Brings the release onto the index, by this machine or another one.
pub(crate) fn publish(work: &Publication<'_>) -> Result<Published, Error> {
    let formats = match work.wanted.look(work.session, work.index)? {
        Some(holding) if holding.has_every_file() => return work.published(holding, &[]),
        Some(holding) => holding.missing,
        None => work.wanted.formats.to_vec(),
    };
    let ours = work.build(&formats)?;
    for _ in 0..ROUNDS {
        // Looked at before every upload: devpi takes the metadata of a file even when it refuses the file.
        match work.wanted.look(work.session, work.index)? {
            Some(holding) if holding.has_every_file() => {
                work.vouch(&ours, &holding.unproven)?;
                return work.published(holding, &ours.files);
            }
            Some(holding) => upload(work, &ours, &holding.missing)?,
            None => upload(work, &ours, &formats)?,
        }
    }
    Err(work.nothing_fits()?)
}

/// Uploads our files of these formats, up to the first that somebody else has uploaded already; then says of each where it comes from.
fn upload(work: &Publication<'_>, ours: &Ours, formats: &[Format]) -> Result<(), Error> {
    let mut stored = Vec::new();
    for file in ours.files.iter().filter(|file| formats.contains(&file.format)) {
        work.wanted.workspace.progress.step(&format!("uploading {} to {}", file_name(&file.path), work.index));
        match work.session.upload(work.index, &work.upload_of(file)?)? {
            UploadOutcome::Stored => stored.push(file_name(&file.path)),
            UploadOutcome::Identical | UploadOutcome::Conflict => break,
        }
    }
    let Some(mut release) = work.session.release(work.index, work.wanted.project, work.wanted.version)? else {
        return Ok(());
    };
    release.files.retain(|listed| stored.contains(&listed.file_name));
    check_stored(ours.files.iter().filter(|file| stored.contains(&file_name(&file.path))), &release)?;
    work.vouch(ours, &release.files)
}
