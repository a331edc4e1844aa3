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
use crate::release::build_files::file_name;
use crate::release::local_build::LocalBuild;
use crate::release::lookup::{ReleaseMatch, ReleaseQuery};
use crate::release::{Error, build_files, fetch};

/// What is to be on the index.
pub(crate) struct Publication<'a> {
    pub query: &'a ReleaseQuery<'a>,
    pub build: &'a BuildVersion,
    pub session: &'a Session,
    pub index: &'a IndexName,
    pub branch: &'a BranchName,
}

/// What is on the index now.
pub(crate) struct Published {
    pub matched: ReleaseMatch,
    /// Whether the file that is installed was built here.
    pub is_built_here: bool,
}

/// A file that was built here, in the cache.
pub(crate) struct BuiltFile {
    pub format: Format,
    pub path: PathBuf,
    pub sha256: Sha256,
}

/// What was built here.
pub(crate) struct BuiltFiles {
    /// What built it, if it was built just now: `uv build`.
    pub builder: Option<&'static str>,
    /// The source distribution first.
    pub files: Vec<BuiltFile>,
}

impl Publication<'_> {
    /// The files of these formats, built and in the cache. A local version may have been built before.
    pub fn build(&self, formats: &[Format]) -> Result<BuiltFiles, Error> {
        let mut built = if self.build.is_local() { self.build_local(formats)? } else { self.build_anew(formats)? };
        built.files.sort_by_key(|file| std::cmp::Reverse(file.format));
        Ok(built)
    }

    fn build_anew(&self, formats: &[Format]) -> Result<BuiltFiles, Error> {
        let workspace = self.query.workspace;
        let built = build_files::build_files(workspace, self.query.installer, (self.build, formats))?;
        let files = formats.iter().zip(&built.files).map(|(format, file)| {
            let fetch::CachedFile { path, sha256, .. } = fetch::add_to_cache(workspace, file)?;
            Ok(BuiltFile { format: *format, path, sha256 })
        });
        Ok(BuiltFiles { builder: Some(built.builder), files: files.collect::<Result<_, Error>>()? })
    }

    fn build_local(&self, formats: &[Format]) -> Result<BuiltFiles, Error> {
        let (workspace, build, installer) = (self.query.workspace, self.build, self.query.installer);
        let files = formats.iter().map(|format| {
            let local = LocalBuild { workspace, build, format: *format, installer };
            let (path, sha256) = fetch::deliver(workspace, None, || local.package())?;
            Ok(BuiltFile { format: *format, path, sha256 })
        });
        Ok(BuiltFiles { builder: None, files: files.collect::<Result<_, Error>>()? })
    }

    /// The release as it is on the index now.
    pub fn release(&self) -> Result<Option<Release>, Error> {
        Ok(self.session.release(self.index, self.query.project, self.query.version)?)
    }

    /// What is on the index now, with a word about files that nobody vouches for.
    pub fn published(&self, mut matched: ReleaseMatch, built: &[BuiltFile]) -> Result<Published, Error> {
        matched.without_provenance.retain(|file| !built.iter().any(|own| own.sha256 == file.sha256));
        self.query.note_missing_provenance(&matched);
        let is_built_here =
            matched.preferred_file().is_some_and(|preferred| built.iter().any(|own| own.sha256 == preferred.sha256));
        Ok(Published { matched, is_built_here })
    }

    /// A file with its metadata.
    pub fn upload_for(&self, file: &BuiltFile) -> Result<Upload, Error> {
        Ok(Upload { fields: fields(&file.path, &self.build.version)?, file: file.path.clone() })
    }

    /// Posts the provenance of those `files` that are, byte by byte, built.
    pub fn post_provenance(&self, built: &BuiltFiles, files: &[ReleaseFile]) -> Result<(), Error> {
        for file in files.iter().filter(|file| built.files.iter().any(|own| own.sha256 == file.sha256)) {
            let provenance = Provenance {
                commit: self.build.commit.clone(),
                version: self.query.version.to_owned(),
                sha256: file.sha256.clone(),
                builder: built.builder.map(ToOwned::to_owned),
                ci_url: self.query.workspace.ci().and_then(|ci| ci.url.clone()),
            };
            self.session.post_tox_result(file, &provenance_report(&provenance))?;
        }
        Ok(())
    }

    /// There is a release, and no file of it fits.
    pub fn no_compatible_file(&self) -> Result<Error, Error> {
        let files = self.release()?.map(|release| release.files).unwrap_or_default();
        Ok(self.query.no_compatible_file(self.index, &files))
    }
}

/// What the server lists must be what was sent: it does not check that itself.
pub(crate) fn check_stored<'f>(built: impl IntoIterator<Item = &'f BuiltFile>, release: &Release) -> Result<(), Error> {
    for file in built {
        let name = file_name(&file.path);
        let listed = release.files.iter().find(|listed| listed.file_name == name);
        if listed.is_none_or(|listed| listed.sha256 != file.sha256) {
            let stored = listed.map_or("none".to_owned(), |listed| listed.sha256.to_string());
            return Err(Error::DigestMismatch { file: name, sent: file.sha256.to_string(), stored });
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
