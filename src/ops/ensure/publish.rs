//! Who builds, and how the release gets onto the index.
//!
//! This is the place of the claim. Until there is one, everybody who finds nothing builds, and the first upload wins: the index is not
//! volatile, so a second file of the same name is refused, and whoever comes second takes what is there. The source distribution goes
//! first: whoever has got that in uploads the rest too.

use std::path::{Path, PathBuf};

use pep440_rs::Version;

use super::keep;
use super::look::{Holding, Wanted};
use crate::devpi::{Session, Upload, UploadOutcome};
use crate::model::names::{IndexName, Sha256};
use crate::model::release::ReleaseFile;
use crate::model::tox_result::{Provenance, provenance_report};
use crate::ops::Error;
use crate::ops::build::{self, Built, What};
use crate::ops::version::BuildVersion;
use crate::python::builder::Format;
use crate::python::metadata;

/// How often it is looked and uploaded: the second time what a faster machine left out, the third time to see that all is there.
const ROUNDS: usize = 3;

/// What is to be on the index.
pub(super) struct Publication<'a> {
    pub wanted: &'a Wanted<'a>,
    pub build: &'a BuildVersion,
    pub session: &'a Session,
    pub index: &'a IndexName,
    /// The interpreter to build with, if one was asked for.
    pub python: Option<&'a Path>,
}

/// What is on the index now.
pub(super) struct Published {
    pub holding: Holding,
    /// Whether the file that is installed was built here.
    pub is_ours: bool,
}

/// A file that was built here.
struct OurFile {
    format: Format,
    path: PathBuf,
    sha256: Sha256,
}

/// Brings the release onto the index, by this machine or another one.
pub(super) fn publish(work: &Publication<'_>) -> Result<Published, Error> {
    let there = work.wanted.look(work.session, work.index)?;
    let formats = match there {
        Some(holding) if holding.has_every_file() => return work.published(holding, &[]),
        Some(holding) => holding.missing,
        None => work.wanted.formats.to_vec(),
    };
    let workbench = work.wanted.workbench;
    let built = build::in_temporary_folder(workbench, work.build, What { formats: &formats, python: work.python })?;
    let ours = formats.iter().zip(&built.files).map(|(format, file)| {
        let (path, sha256) = keep::take(workbench, file)?;
        Ok(OurFile { format: *format, path, sha256 })
    });
    let mut ours = ours.collect::<Result<Vec<_>, Error>>()?;
    ours.sort_by_key(|file| std::cmp::Reverse(file.format));
    for _ in 0..ROUNDS {
        // Looked at before every upload: devpi takes the metadata of a file even when it refuses the file.
        match work.wanted.look(work.session, work.index)? {
            Some(holding) if holding.has_every_file() => {
                work.vouch(&built, &ours, &holding.unproven)?;
                return work.published(holding, &ours);
            }
            Some(holding) => work.upload(&built, &ours, &holding.missing)?,
            None => work.upload(&built, &ours, &formats)?,
        }
    }
    Err(work.nothing_fits()?)
}

impl Publication<'_> {
    fn published(&self, mut holding: Holding, ours: &[OurFile]) -> Result<Published, Error> {
        holding.unproven.retain(|file| !ours.iter().any(|our| our.sha256 == file.sha256));
        self.wanted.mention_unproven(&holding);
        let is_ours = holding.chosen().is_some_and(|chosen| ours.iter().any(|our| our.sha256 == chosen.sha256));
        Ok(Published { holding, is_ours })
    }

    /// Uploads our files of these formats, up to the first that somebody else has uploaded already; then says of each where it comes
    /// from.
    fn upload(&self, built: &Built, ours: &[OurFile], formats: &[Format]) -> Result<(), Error> {
        let mut stored = Vec::new();
        for file in ours.iter().filter(|file| formats.contains(&file.format)) {
            let name = file_name(&file.path);
            self.wanted.workbench.progress.step(&format!("uploading {name} to {}", self.index));
            let upload = Upload { fields: fields(&file.path, &self.build.version)?, file: file.path.clone() };
            match self.session.upload(self.index, &upload)? {
                UploadOutcome::Stored => stored.push(file),
                UploadOutcome::Identical | UploadOutcome::Conflict => break,
            }
        }
        if stored.is_empty() {
            return Ok(());
        }
        let release = self.session.release(self.index, self.wanted.project, self.wanted.version)?;
        let listed = release.map(|release| release.files).unwrap_or_default();
        let mut proven = Vec::new();
        for file in stored {
            let name = file_name(&file.path);
            let found = listed.iter().find(|listed| listed.file_name == name);
            match found.filter(|listed| listed.sha256 == file.sha256) {
                Some(listed) => proven.push(listed.clone()),
                None => {
                    let found = found.map_or("none".to_owned(), |listed| listed.sha256.to_string());
                    return Err(Error::StoredOtherBytes { file: name, sent: file.sha256.to_string(), found });
                }
            }
        }
        self.vouch(built, ours, &proven)
    }

    /// Posts the provenance of those `files` that are, byte by byte, ours.
    fn vouch(&self, built: &Built, ours: &[OurFile], files: &[ReleaseFile]) -> Result<(), Error> {
        for file in files.iter().filter(|file| ours.iter().any(|our| our.sha256 == file.sha256)) {
            let provenance = Provenance {
                commit: self.build.commit.clone(),
                version: self.wanted.version.to_owned(),
                sha256: file.sha256.clone(),
                builder: Some(built.builder.to_owned()),
                ci_url: self.wanted.workbench.ci().and_then(|ci| ci.url.clone()),
            };
            self.session.post_tox_result(file, &provenance_report(&provenance))?;
        }
        Ok(())
    }

    fn nothing_fits(&self) -> Result<Error, Error> {
        let (project, version, index) =
            (self.wanted.project.clone(), self.wanted.version.to_owned(), self.index.clone());
        let release = self.session.release(&index, &project, &version)?;
        let files = release.map(|release| release.files.into_iter().map(|file| file.file_name).collect());
        Ok(Error::NoFittingFile { project, version, index, files: files.unwrap_or_default() })
    }
}

/// The metadata in the file as the fields of the upload, under the canonical version: devpi keeps `1.4` and `1.4.0` apart.
fn fields(file: &Path, version: &Version) -> Result<Vec<(String, String)>, Error> {
    let mut fields = metadata::read(file)?.form_fields();
    for (key, value) in &mut fields {
        if key == "version" {
            *value = version.to_string();
        }
    }
    Ok(fields)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
