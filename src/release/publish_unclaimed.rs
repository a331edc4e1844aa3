//! Publishing without a claim, for whoever may upload to the index and may not create one.
//!
//! Everybody who finds nothing builds, and the first upload wins: the index is not volatile, so a second file of the same name is
//! refused, and whoever comes second takes what is there. The source distribution goes first: whoever has got that in uploads the rest
//! too. Half a release can be seen for a moment here; readers wait for its provenance, and a file of another commit in it is an error.

use crate::devpi::UploadOutcome;
use crate::python::builder::Format;
use crate::release::Error;
use crate::release::build_files::file_name;
use crate::release::publication::{BuiltFiles, Publication, Published, check_stored};

/// How often it is looked and uploaded: the second time what a faster machine left out, the third time to see that all is there.
const ROUNDS: usize = 3;

/// Brings the release onto the index, by this machine or another one.
pub(crate) fn publish(publication: &Publication<'_>) -> Result<Published, Error> {
    let formats = match publication.query.lookup(publication.session, publication.index)? {
        Some(matched) if matched.has_every_format() => return publication.published(matched, &[]),
        Some(matched) => matched.missing_formats,
        None => publication.query.formats.to_vec(),
    };
    let built = publication.build(&formats)?;
    for _ in 0..ROUNDS {
        // Looked at before every upload: devpi takes the metadata of a file even when it refuses the file.
        match publication.query.lookup(publication.session, publication.index)? {
            Some(matched) if matched.has_every_format() => {
                publication.post_provenance(&built, &matched.without_provenance)?;
                return publication.published(matched, &built.files);
            }
            Some(matched) => upload(publication, &built, &matched.missing_formats)?,
            None => upload(publication, &built, &formats)?,
        }
    }
    Err(publication.no_compatible_file()?)
}

/// Uploads file files of these formats, up to the first that somebody else has uploaded already; then says of each where it comes from.
fn upload(publication: &Publication<'_>, built: &BuiltFiles, formats: &[Format]) -> Result<(), Error> {
    let mut stored = Vec::new();
    for file in built.files.iter().filter(|file| formats.contains(&file.format)) {
        publication.query.workspace.progress.step(&format!(
            "uploading {} to {}",
            file_name(&file.path),
            publication.index
        ));
        match publication.session.upload(publication.index, &publication.upload_for(file)?)? {
            UploadOutcome::Stored => stored.push(file_name(&file.path)),
            UploadOutcome::Identical | UploadOutcome::Conflict => break,
        }
    }
    let Some(mut release) =
        publication.session.release(publication.index, publication.query.project, publication.query.version)?
    else {
        return Ok(());
    };
    release.files.retain(|listed| stored.contains(&listed.file_name));
    check_stored(built.files.iter().filter(|file| stored.contains(&file_name(&file.path))), &release)?;
    publication.post_provenance(built, &release.files)
}
