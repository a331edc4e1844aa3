//! How the release gets onto the index: built up in a claim, then copied as a whole.
//!
//! devpi's push is one transaction: files and provenance become visible together, and nobody ever sees half a release. Whoever has
//! finished publishes, overtaken or not: the push decides. Refused: somebody was faster, and theirs is taken.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use pep440_rs::Version;

use crate::build::version::BuildVersion;
use crate::devpi::{PushOutcome, PushRequest, Session, Upload};
use crate::model::names::{BranchName, IndexName, Sha256};
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result::{Provenance, provenance_report};
use crate::python::builder::Format;
use crate::python::{self, metadata};
use crate::release::Error;
use crate::release::claim::{self, Claim, Turn};
use crate::release::local_build::Local;
use crate::release::lookup::{Holding, Wanted};
use crate::release::{fetch, make, publish_unclaimed};
use crate::workspace;

/// How often a claim may be lost to somebody who cleans up before nothing is tried any more.
const MOST_TURNS: u32 = 5;
/// How often publishing is tried, each time from its beginning. Waiting for a server that is down is not counted.
const MOST_TRIES: u32 = 4;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_secs(1);

/// What is to be on the index.
pub(crate) struct Publication<'a> {
    pub wanted: &'a Wanted<'a>,
    pub build: &'a BuildVersion,
    pub session: &'a Session,
    pub index: &'a IndexName,
    pub branch: &'a BranchName,
}

/// What is on the index now.
pub(crate) struct Published {
    pub holding: Holding,
    /// Whether the file that is installed was built here.
    pub is_ours: bool,
}

/// A file that was built here, in the cache.
pub(crate) struct OurFile {
    pub format: Format,
    pub path: PathBuf,
    pub sha256: Sha256,
}

/// What was built here.
pub(crate) struct Ours {
    /// What built it, if it was built just now: `uv build`.
    pub builder: Option<&'static str>,
    /// The source distribution first.
    pub files: Vec<OurFile>,
}

/// Brings the release onto the index, by this machine or another one.
pub(crate) fn publish(work: &Publication<'_>) -> Result<Published, Error> {
    for _ in 0..MOST_TURNS {
        match claim::turn(work)? {
            Turn::There(holding) => return work.published(holding, &[]),
            Turn::NotAllowed => return publish_unclaimed::publish(work),
            Turn::Ours { claim, is_begun } => {
                let published = claim.hold(|| in_claim(work, &claim, is_begun));
                match &published {
                    Ok(_) => claim.finish(),
                    Err(Error::Workspace(workspace::Error::Devpi(_))) if claim.is_lost() => continue,
                    Err(error) => match fault_of_the_project(error) {
                        Some(reason) => claim.note_failure(&reason),
                        None => claim.give_up(),
                    },
                }
                return published;
            }
        }
    }
    Err(Error::TooManyClaims { index: work.index.clone(), count: MOST_TURNS })
}

fn in_claim(work: &Publication<'_>, claim: &Claim<'_>, is_begun: bool) -> Result<Published, Error> {
    // A part of the release may be in the making by somebody without a claim: that is waited for.
    let there = if is_begun { work.wanted.look(work.session, work.index)? } else { None };
    let formats = match there {
        Some(holding) if holding.has_every_file() => return work.published(holding, &[]),
        Some(holding) => holding.missing,
        None => work.wanted.formats.to_vec(),
    };
    let ours = work.build(&formats)?;
    let holding = work.push_all(&ours, claim.name())?;
    work.published(holding, &ours.files)
}

/// What everybody may read of a failure with which every machine would meet, so that those who wait need not try. No path of this one.
fn fault_of_the_project(error: &Error) -> Option<String> {
    use python::Error as E;
    let Error::Workspace(workspace::Error::Python(fault)) = error else { return None };
    Some(match fault {
        E::BuildFailed { status: Some(status), .. } => format!("the builder ended with status {status}"),
        E::BuildFailed { status: None, .. } => "the builder was ended by a signal".to_owned(),
        E::UnexpectedFiles { format, count, .. } => format!("the builder left {count} files of the format {format}"),
        E::WrongVersion { file, expected, found } => {
            format!("{} has version {found:?} where {expected} was to be built", file_name(file))
        }
        E::WrongName { file, expected, found } => {
            format!("{} is named {found:?} where {expected} was to be built", file_name(file))
        }
        E::Unreadable { file, .. } => format!("the metadata of {} cannot be read", file_name(file)),
        _ => return None,
    })
}

impl Publication<'_> {
    /// The files of these formats, built and in the cache. A local version may have been built before.
    pub fn build(&self, formats: &[Format]) -> Result<Ours, Error> {
        let mut ours = if self.build.is_local() { self.local(formats)? } else { self.anew(formats)? };
        ours.files.sort_by_key(|file| std::cmp::Reverse(file.format));
        Ok(ours)
    }

    fn anew(&self, formats: &[Format]) -> Result<Ours, Error> {
        let workspace = self.wanted.workspace;
        let built = make::build(workspace, self.wanted.installer, (self.build, formats))?;
        let files = formats.iter().zip(&built.files).map(|(format, file)| {
            let fetch::Kept { path, sha256, .. } = fetch::take(workspace, file)?;
            Ok(OurFile { format: *format, path, sha256 })
        });
        Ok(Ours { builder: Some(built.builder), files: files.collect::<Result<_, Error>>()? })
    }

    fn local(&self, formats: &[Format]) -> Result<Ours, Error> {
        let (workspace, build, installer) = (self.wanted.workspace, self.build, self.wanted.installer);
        let files = formats.iter().map(|format| {
            let local = Local { workspace, build, format: *format, installer };
            let (path, sha256) = fetch::deliver(workspace, None, || local.package())?;
            Ok(OurFile { format: *format, path, sha256 })
        });
        Ok(Ours { builder: None, files: files.collect::<Result<_, Error>>()? })
    }

    /// The release as it is on the index now.
    pub fn release(&self) -> Result<Option<Release>, Error> {
        Ok(self.session.release(self.index, self.wanted.project, self.wanted.version)?)
    }

    /// What is on the index now, with a word about files that nobody vouches for.
    pub fn published(&self, mut holding: Holding, ours: &[OurFile]) -> Result<Published, Error> {
        holding.unproven.retain(|file| !ours.iter().any(|our| our.sha256 == file.sha256));
        self.wanted.mention_unproven(&holding);
        let is_ours = holding.chosen().is_some_and(|chosen| ours.iter().any(|our| our.sha256 == chosen.sha256));
        Ok(Published { holding, is_ours })
    }

    /// Builds the release up in our claim and copies it to the index; gives what is on the index then.
    ///
    /// Nobody knows what a request has done whose answer was lost, and a claim that has been overtaken may be gone. So after every
    /// failure the index is asked: what is published counts, whoever did it. Else all is sent anew: an upload into a claim replaces
    /// what was there, with its results.
    fn push_all(&self, ours: &Ours, claim: &IndexName) -> Result<Holding, Error> {
        let mut tries = 1;
        loop {
            let error = match self.push_once(ours, claim) {
                Ok(holding) => return Ok(holding),
                Err(error) => error,
            };
            let Error::Workspace(workspace::Error::Devpi(failure)) = &error else { return Err(error) };
            tracing::debug!(%failure, "publishing failed");
            if let Some(holding) = self.wanted.look_once(self.session, self.index)?
                && holding.has_every_file()
            {
                return Ok(holding);
            }
            if !failure.is_transient() || tries == MOST_TRIES {
                return Err(error);
            }
            tries += 1;
            thread::sleep(PAUSE);
        }
    }

    fn push_once(&self, ours: &Ours, claim: &IndexName) -> Result<Holding, Error> {
        self.build_up(ours, claim)?;
        let request = PushRequest {
            from: claim.clone(),
            project: self.wanted.project.clone(),
            version: self.wanted.version.to_owned(),
            to: self.index.clone(),
        };
        let outcome = self.session.push(&request)?;
        let holding = self.wanted.look(self.session, self.index)?;
        let holding = holding.filter(Holding::has_every_file).map_or_else(|| Err(self.nothing_fits()?), Ok)?;
        if outcome == PushOutcome::Done {
            check_stored(&ours.files, &holding.release)?;
        }
        Ok(holding)
    }

    /// Uploads every file, then its provenance, into our own claim.
    fn build_up(&self, ours: &Ours, claim: &IndexName) -> Result<(), Error> {
        for file in &ours.files {
            self.wanted.workspace.progress.step(&format!("uploading {}", file_name(&file.path)));
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
                builder: ours.builder.map(ToOwned::to_owned),
                ci_url: self.wanted.workspace.ci().and_then(|ci| ci.url.clone()),
            };
            self.session.post_tox_result(file, &provenance_report(&provenance))?;
        }
        Ok(())
    }

    /// There is a release, and no file of it fits.
    pub fn nothing_fits(&self) -> Result<Error, Error> {
        let files = self.release()?.map(|release| release.files).unwrap_or_default();
        Ok(self.wanted.nothing_fits(self.index, &files))
    }
}

/// What the server lists must be what was sent: it does not check that itself.
pub(crate) fn check_stored<'f>(ours: impl IntoIterator<Item = &'f OurFile>, release: &Release) -> Result<(), Error> {
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

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
