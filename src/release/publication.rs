//! The files that one release needs, as this machine builds and describes them.

use std::path::{Path, PathBuf};

use pep440_rs::Version;

use crate::build::version::BuildVersion;
use crate::devpi::{Session, Upload};
use crate::model::names::{BranchName, IndexName, Sha256};
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result::{Provenance, provenance_report};
use crate::python::builder::Format;
use crate::python::metadata;
use crate::release::local_build::Local;
use crate::release::lookup::{Holding, Wanted};
use crate::release::make::file_name;
use crate::release::{Error, fetch, make};

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
