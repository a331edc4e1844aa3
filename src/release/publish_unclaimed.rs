//! Publishes without a claim, for users who may upload to the index but not create indexes.
//!
//! Each machine that does not find the release builds it, and the first upload wins: the index is not volatile, so the server
//! rejects a second file of the same name, and the slower machine uses the published one. The source distribution is uploaded
//! first; the machine whose source distribution is stored uploads the other files too. For a moment other machines can see an
//! incomplete release: they wait for its provenance. A file of another commit in the release is an error.

use crate::devpi::UploadOutcome;
use crate::python::builder::Format;
use crate::release::Error;
use crate::release::build_files::file_name;
use crate::release::publication::{BuiltFiles, Publication, Published, check_stored};

/// The number of lookups: the second may add what a faster machine left out, the third verifies
/// that the release is complete.
const ROUNDS: usize = 3;

/// Publishes the release, or uses the files that another machine has published.
pub(crate) fn publish(publication: &Publication<'_>) -> Result<Published, Error> {
    let formats = match publication.query.lookup(publication.session, publication.index)? {
        Some(matched) if matched.has_every_format() => return publication.published(matched, &[]),
        Some(matched) => matched.missing_formats,
        None => publication.query.formats.to_vec(),
    };
    if let Some(matched) = publication.preflight.on_production(publication.query, publication.session)? {
        return publication.published(matched, &[]);
    }
    let built = publication.build(&formats)?;
    publication.preflight.check_registration(publication.query)?;
    for _ in 0..ROUNDS {
        // Each upload follows a lookup: devpi stores the metadata of a file even when it rejects the file.
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

/// Uploads the built files of these formats and posts their provenance.
///
/// Stops at the first file that exists already.
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
