//! Local builds: each commit is built once on this machine, and the result is kept in the cache.
//!
//! tox before 4.42 requests the package once per environment, and all environments must test the same bytes. A record in the
//! cache names the files that were built from a commit. It can name several platform-specific wheels; the one that fits the
//! interpreter is used.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::build::version::BuildVersion;
use crate::model::distribution::Distribution;
use crate::model::names::Sha256;
use crate::python::builder::Format;
use crate::release::Error;
use crate::release::build_files;
use crate::release::compatible::Installer;
use crate::release::fetch::{self, CachedFile};
use crate::system::files::{self, Access, FileLock};
use crate::workspace::{Workspace, cache};

/// The input of a local build.
pub(crate) struct LocalBuild<'a> {
    pub workspace: &'a Workspace<'a>,
    pub build: &'a BuildVersion,
    pub format: Format,
    pub installer: &'a Installer<'a>,
}

/// The files that were built from one commit.
#[derive(Debug, Default, Serialize, Deserialize)]
struct BuildRecord {
    files: Vec<RecordedFile>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordedFile {
    name: String,
    sha256: String,
}

impl LocalBuild<'_> {
    /// Returns the package from the cache, or builds it.
    ///
    /// A build with uncommitted changes is never reused.
    pub fn package(&self) -> Result<CachedFile, Error> {
        if self.build.is_dirty() {
            return self.build().map(|(cached, _)| cached);
        }
        let key = self.key()?;
        let path = self.workspace.directories.cache.join(cache::LOCAL).join(format!("{key}.json"));
        let _lock = self.lock(&key)?;
        let mut record = read_record(&path);
        if let Some(cached) = self.recorded(&record)? {
            cache::mark_used(&path);
            self.workspace
                .progress
                .note(&format!("using {}, which was built on this machine before", self.build.version));
            return Ok(cached);
        }
        let (cached, is_reproducible) = self.build()?;
        if is_reproducible {
            record.add(&cached);
            let text = serde_json::to_vec(&record).unwrap_or_default();
            files::write_atomic(&path, &text, Access::Shared)?;
        }
        Ok(cached)
    }

    /// Builds the package; returns also whether the result depends on the commit alone.
    fn build(&self) -> Result<(CachedFile, bool), Error> {
        let built = build_files::build_files(self.workspace, self.installer, (self.build, &[self.format]))?;
        Ok((fetch::add_to_cache(self.workspace, &built.files[0])?, built.is_complete))
    }

    fn recorded(&self, record: &BuildRecord) -> Result<Option<CachedFile>, Error> {
        let (project, version) = (self.build.project.name(), self.build.version.to_string());
        let is_this_build = |file: &&RecordedFile| {
            Distribution::parse(&file.name).is_ok_and(|found| found.name == *project && found.version == version)
        };
        let valid = record.files.iter().filter(is_this_build);
        let known = valid.filter_map(|file| Some((file.name.as_str(), Sha256::parse(&file.sha256).ok()?)));
        let cached = known.filter_map(|(name, sha256)| Some((name, CachedFile::find(self.workspace, &sha256, name)?)));
        let cached: Vec<(&str, CachedFile)> = cached.collect();
        let names: Vec<&str> = cached.iter().map(|(name, _)| *name).collect();
        let best = self.installer.best_of_names(&names, self.format)?;
        Ok(best.map(|position| cached[position].1.clone()))
    }

    /// Returns the key of the record: a digest of everything that decides the result, except the
    /// interpreter.
    ///
    /// Several wheels of one record are told apart by their tags.
    fn key(&self) -> Result<Sha256, Error> {
        let mut digest = sha2::Sha256::new();
        let (project, version) = (self.build.project.name().as_str(), self.build.version.to_string());
        let builder = format!("{:?}", self.workspace.settings.builder()?);
        for part in [project, &version, self.build.commit.as_str(), self.format.as_str(), &builder] {
            digest.update(part);
            digest.update([0]);
        }
        Ok(files::finish_sha256(digest))
    }

    /// Returns one of 256 locks, so that the number of lock files is limited.
    ///
    /// Two commits with the same lock are built one after the other.
    fn lock(&self, key: &Sha256) -> Result<FileLock, Error> {
        let path = self.workspace.directories.state.join("locks").join(format!("build-{}.lock", &key.as_str()[..2]));
        if let Some(lock) = FileLock::try_acquire(&path)? {
            return Ok(lock);
        }
        let (project, version) = (self.build.project.name(), &self.build.version);
        self.workspace.progress.step(&format!("waiting for {project} {version}: another process is building it"));
        Ok(FileLock::acquire(&path)?)
    }
}

impl BuildRecord {
    fn add(&mut self, cached: &CachedFile) {
        let name = cached.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.files.retain(|file| file.name != name);
        self.files.push(RecordedFile { name, sha256: cached.sha256.to_string() });
    }
}

/// Reads a record. An unreadable or malformed one is empty.
fn read_record(path: &Path) -> BuildRecord {
    let bytes = files::read_optional(path).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
