//! How the release gets onto the index: built up in a claim, then copied as a whole.
//!
//! devpi's push is one transaction: files and provenance become visible together, and nobody ever sees half a release. Whoever has
//! finished publishes, overtaken or not: the push decides. Refused: somebody was faster, and theirs is taken.

use std::path::{Path, PathBuf};

use pep440_rs::Version;

use super::claim::{self, Claim, Turn};
use super::look::{Holding, Wanted};
use super::{keep, unclaimed};
use crate::devpi::{PushOutcome, PushRequest, Session, Upload};
use crate::model::names::{BranchName, IndexName, Sha256};
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result::{Provenance, provenance_report};
use crate::ops::Error;
use crate::ops::build::{self, Built, What};
use crate::ops::version::BuildVersion;
use crate::python;
use crate::python::builder::Format;
use crate::python::metadata;

/// What is to be on the index.
pub(super) struct Publication<'a> {
    pub wanted: &'a Wanted<'a>,
    pub build: &'a BuildVersion,
    pub session: &'a Session,
    pub index: &'a IndexName,
    pub branch: &'a BranchName,
    /// The interpreter to build with, if one was asked for.
    pub python: Option<&'a Path>,
}

/// What is on the index now.
pub(super) struct Published {
    pub holding: Holding,
    /// Whether the file that is installed was built here.
    pub is_ours: bool,
}

/// A file that was built here, in the cache.
pub(super) struct OurFile {
    pub format: Format,
    pub path: PathBuf,
    pub sha256: Sha256,
}

/// What was built here.
pub(super) struct Ours {
    pub built: Built,
    /// The source distribution first.
    pub files: Vec<OurFile>,
}

/// Brings the release onto the index, by this machine or another one.
pub(super) fn publish(work: &Publication<'_>) -> Result<Published, Error> {
    match claim::turn(work)? {
        Turn::There(holding) => work.published(holding, &[]),
        Turn::NotAllowed => unclaimed::publish(work),
        Turn::Ours { claim, is_begun } => {
            let published = in_claim(work, &claim, is_begun);
            match &published {
                Ok(_) => claim.finish(),
                Err(error) if is_about_the_project(error) => claim.note_failure(error),
                Err(_) => claim.give_up(),
            }
            published
        }
    }
}

fn in_claim(work: &Publication<'_>, claim: &Claim<'_>, is_begun: bool) -> Result<Published, Error> {
    claim.hold(|| {
        // A part of the release may be in the making by somebody without a claim: that is waited for.
        let there = if is_begun { work.wanted.look(work.session, work.index)? } else { None };
        let formats = match there {
            Some(holding) if holding.has_every_file() => return work.published(holding, &[]),
            Some(holding) => holding.missing,
            None => work.wanted.formats.to_vec(),
        };
        let ours = work.build(&formats)?;
        work.build_up(&ours, claim.name())?;
        let request = PushRequest {
            from: claim.name().clone(),
            project: work.wanted.project.clone(),
            version: work.wanted.version.to_owned(),
            to: work.index.clone(),
        };
        let outcome = work.session.push(&request)?;
        let holding = work.wanted.look(work.session, work.index)?;
        let holding = holding.filter(Holding::has_every_file).map_or_else(|| Err(work.nothing_fits()?), Ok)?;
        if outcome == PushOutcome::Done {
            check_stored(&ours.files, &holding.release)?;
        }
        work.published(holding, &ours.files)
    })
}

/// Whether every machine would fail in the same way, so that those who wait need not try.
fn is_about_the_project(error: &Error) -> bool {
    use python::Error as E;
    matches!(
        error,
        Error::Python(
            E::BuildFailed { .. }
                | E::UnexpectedFiles { .. }
                | E::WrongVersion { .. }
                | E::WrongName { .. }
                | E::Unreadable { .. }
        )
    )
}

impl Publication<'_> {
    /// The files of these formats, built and in the cache.
    pub fn build(&self, formats: &[Format]) -> Result<Ours, Error> {
        let workbench = self.wanted.workbench;
        let built = build::in_temporary_folder(workbench, self.build, What { formats, python: self.python })?;
        let files = formats.iter().zip(&built.files).map(|(format, file)| {
            let (path, sha256) = keep::take(workbench, file)?;
            Ok(OurFile { format: *format, path, sha256 })
        });
        let mut files = files.collect::<Result<Vec<_>, Error>>()?;
        files.sort_by_key(|file| std::cmp::Reverse(file.format));
        Ok(Ours { built, files })
    }

    /// What tells apart builds of one version that can stand side by side: the interpreter's tag where the release has wheels that do
    /// not fit everywhere. `None`: there is one build for all.
    pub fn slot(&self) -> Result<Option<String>, Error> {
        let release = self.session.release(self.index, self.wanted.project, self.wanted.version)?;
        match release {
            Some(release) => self.wanted.installer.slot(&release.files),
            None => Ok(None),
        }
    }

    /// What is on the index now, with a word about files that nobody vouches for.
    pub fn published(&self, mut holding: Holding, ours: &[OurFile]) -> Result<Published, Error> {
        holding.unproven.retain(|file| !ours.iter().any(|our| our.sha256 == file.sha256));
        self.wanted.mention_unproven(&holding);
        let is_ours = holding.chosen().is_some_and(|chosen| ours.iter().any(|our| our.sha256 == chosen.sha256));
        Ok(Published { holding, is_ours })
    }

    /// Uploads every file, then its provenance, into our own claim.
    fn build_up(&self, ours: &Ours, claim: &IndexName) -> Result<(), Error> {
        for file in &ours.files {
            self.wanted.workbench.progress.step(&format!("uploading {}", file_name(&file.path)));
            self.session.upload(claim, &self.upload_of(file)?)?;
        }
        let release = self.session.release(claim, self.wanted.project, self.wanted.version)?;
        let listed = release.as_ref().map(|release| &release.files[..]).unwrap_or_default();
        if let Some(release) = &release {
            check_stored(&ours.files, release)?;
        }
        self.vouch(ours, listed)
    }

    /// A file with its metadata.
    pub fn upload_of(&self, file: &OurFile) -> Result<Upload, Error> {
        Ok(Upload { fields: fields(&file.path, &self.build.version)?, file: file.path.clone() })
    }

    /// Posts the provenance of those `files` that are, byte by byte, ours.
    pub fn vouch(&self, ours: &Ours, files: &[ReleaseFile]) -> Result<(), Error> {
        for file in files.iter().filter(|file| ours.files.iter().any(|our| our.sha256 == file.sha256)) {
            let provenance = Provenance {
                commit: self.build.commit.clone(),
                version: self.wanted.version.to_owned(),
                sha256: file.sha256.clone(),
                builder: Some(ours.built.builder.to_owned()),
                ci_url: self.wanted.workbench.ci().and_then(|ci| ci.url.clone()),
            };
            self.session.post_tox_result(file, &provenance_report(&provenance))?;
        }
        Ok(())
    }

    /// There is a release, and no file of it fits.
    pub fn nothing_fits(&self) -> Result<Error, Error> {
        let (project, version, index) =
            (self.wanted.project.clone(), self.wanted.version.to_owned(), self.index.clone());
        let release = self.session.release(&index, &project, &version)?;
        let files = release.map(|release| release.files.into_iter().map(|file| file.file_name).collect());
        Ok(Error::NoFittingFile { project, version, index, files: files.unwrap_or_default() })
    }
}

/// What the server lists must be what was sent: it does not check that itself.
pub(super) fn check_stored<'f>(ours: impl IntoIterator<Item = &'f OurFile>, release: &Release) -> Result<(), Error> {
    for file in ours {
        let name = file_name(&file.path);
        let found = release.files.iter().find(|listed| listed.file_name == name);
        if found.is_none_or(|listed| listed.sha256 != file.sha256) {
            let found = found.map_or("none".to_owned(), |listed| listed.sha256.to_string());
            return Err(Error::StoredOtherBytes { file: name, sent: file.sha256.to_string(), found });
        }
    }
    Ok(())
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

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
