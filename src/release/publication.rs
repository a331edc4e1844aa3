//! The files of a release as this machine builds and describes them.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use crate::build::version::BuildVersion;
use crate::devpi::{Session, Storage, Upload};
use crate::model::names::{BranchName, IndexName, Sha256};
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result::Provenance;
use crate::python::builder::Format;
use crate::python::metadata;
use crate::release::build_files::file_name;
use crate::release::local_build::LocalBuild;
use crate::release::lookup::{ReleaseMatch, ReleaseQuery};
use crate::release::preflight::Preflight;
use crate::release::provenance_report::ProvenanceReport;
use crate::release::{Error, build_files, fetch};

/// The release to publish.
pub(crate) struct Publication<'a> {
    pub query: &'a ReleaseQuery<'a>,
    pub build: &'a BuildVersion,
    pub session: &'a Session,
    pub index: &'a IndexName,
    pub branch: &'a BranchName,
    /// What the server is asked beside the claim.
    pub preflight: &'a Preflight,
    /// The random holder of this process's claims, so that it recognizes them.
    pub holder: &'a str,
    /// What this process has built of the release.
    pub kept: &'a KeptBuild,
}

/// The files that this process has built. They are published in the next attempt when the claim or the index was lost.
#[derive(Default)]
pub(crate) struct KeptBuild(RefCell<Option<BuiltFiles>>);

impl KeptBuild {
    /// The files of exactly these formats, if they are still in the cache.
    fn files(&self, formats: &[Format]) -> Option<BuiltFiles> {
        let kept = self.0.borrow();
        let built = kept.as_ref()?;
        let files: Vec<BuiltFile> =
            built.files.iter().filter(|file| formats.contains(&file.format) && file.path.is_file()).cloned().collect();
        (files.len() == formats.len()).then_some(BuiltFiles { builder: built.builder, files })
    }
}

/// A release after its publication.
pub(crate) struct Published {
    pub matched: ReleaseMatch,
    /// Whether this machine built the file to install.
    pub is_built_here: bool,
}

/// A built file in the cache.
#[derive(Clone)]
pub(crate) struct BuiltFile {
    pub format: Format,
    pub path: PathBuf,
    pub sha256: Sha256,
}

/// The files that this machine built.
#[derive(Clone)]
pub(crate) struct BuiltFiles {
    /// The builder, `uv build`; `None` for files from the cache.
    pub builder: Option<&'static str>,
    /// The files, the source distribution first.
    pub files: Vec<BuiltFile>,
}

impl Publication<'_> {
    /// Builds the files of these formats into the cache, once in this process. A local version may come from the cache.
    pub fn build(&self, formats: &[Format]) -> Result<BuiltFiles, Error> {
        if let Some(kept) = self.kept.files(formats) {
            return Ok(kept);
        }
        let mut built = if self.build.is_local() { self.build_local(formats)? } else { self.build_anew(formats)? };
        built.files.sort_by_key(|file| std::cmp::Reverse(file.format));
        self.kept.0.replace(Some(built.clone()));
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

    /// What the server's storage promises.
    pub fn storage(&self) -> Storage {
        self.preflight.storage(self.query.workspace, self.session)
    }

    /// Returns the release as it stays on the index.
    pub fn settled(&self, matched: ReleaseMatch) -> Result<ReleaseMatch, Error> {
        self.query.settled(self.session, self.index, (matched, || self.storage()))
    }

    /// Returns the release as it is on the index now.
    pub fn release(&self) -> Result<Option<Release>, Error> {
        Ok(self.session.release(self.index, self.query.project, self.query.version)?)
    }

    /// Describes the release on the index; reports files without provenance as notes.
    pub fn published(&self, mut matched: ReleaseMatch, built: &[BuiltFile]) -> Result<Published, Error> {
        matched.without_provenance.retain(|file| !built.iter().any(|own| own.sha256 == file.sha256));
        self.query.note_missing_provenance(&matched);
        let is_built_here =
            matched.preferred_file().is_some_and(|preferred| built.iter().any(|own| own.sha256 == preferred.sha256));
        Ok(Published { matched, is_built_here })
    }

    /// Returns a file with its metadata, for an upload.
    pub fn upload_for(&self, file: &BuiltFile) -> Result<Upload, Error> {
        Ok(Upload { fields: fields(&file.path, &self.build.version.to_string())?, file: file.path.clone() })
    }

    /// Posts the provenance of those `files` whose bytes this machine built.
    pub fn post_provenance(&self, built: &BuiltFiles, files: &[ReleaseFile]) -> Result<(), Error> {
        for file in files.iter().filter(|file| built.files.iter().any(|own| own.sha256 == file.sha256)) {
            self.provenance_report(built, file.clone()).post(self.session)?;
        }
        Ok(())
    }

    /// Returns the report with the provenance of a file that this machine built.
    pub fn provenance_report(&self, built: &BuiltFiles, file: ReleaseFile) -> ProvenanceReport<'_> {
        let workspace = self.query.workspace;
        let provenance = Provenance {
            commit: self.build.commit.clone(),
            version: self.query.version.to_owned(),
            sha256: file.sha256.clone(),
            builder: built.builder.map(ToOwned::to_owned),
            ci_url: workspace.ci().and_then(|ci| ci.url.clone()),
        };
        ProvenanceReport::new(workspace, file, &provenance)
    }

    /// Returns the error for a release of which no file fits.
    pub fn no_compatible_file(&self) -> Result<Error, Error> {
        let files = self.release()?.map(|release| release.files).unwrap_or_default();
        Ok(self.query.no_compatible_file(self.index, &files))
    }
}

/// Compares the server's digests with the uploaded files: the server does not check them itself.
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

/// Returns the metadata of a file as form fields, with the canonical version: devpi keeps `1.4`
/// and `1.4.0` apart.
pub(crate) fn fields(file: &Path, version: &str) -> Result<Vec<(String, String)>, Error> {
    let mut fields = metadata::read(file)?.form_fields();
    for (key, value) in &mut fields {
        if key == "version" {
            *value = version.to_owned();
        }
    }
    Ok(fields)
}
