//! Packages that are nowhere but here: built once per commit on this machine, whoever asks for them and however often.
//!
//! tox before 4.42 asks once per environment, and all environments are to test the same bytes. A record in the cache says which files were
//! built of a commit; of those that do not fit everywhere it may name several, and the one that fits the interpreter is taken.

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

/// What is to be built.
pub(crate) struct LocalBuild<'a> {
    pub workspace: &'a Workspace<'a>,
    pub build: &'a BuildVersion,
    pub format: Format,
    pub installer: &'a Installer<'a>,
}

/// What was built of one commit.
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
    /// The package, in the cache. Uncommitted changes have no name to be found by: they are built each time.
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
            self.workspace.progress.note(&format!("{} was built here already: it is used again", self.build.version));
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

    /// Builds it. Also says whether the commit alone decided what is in it.
    fn build(&self) -> Result<(CachedFile, bool), Error> {
        let built = build_files::build_files(self.workspace, self.installer, (self.build, &[self.format]))?;
        Ok((fetch::add_to_cache(self.workspace, &built.files[0])?, built.is_complete))
    }

    fn recorded(&self, record: &BuildRecord) -> Result<Option<CachedFile>, Error> {
        let valid = record.files.iter().filter(|file| Distribution::parse(&file.name).is_ok());
        let known = valid.filter_map(|file| Some((file.name.as_str(), Sha256::parse(&file.sha256).ok()?)));
        let cached = known.filter_map(|(name, sha256)| Some((name, CachedFile::find(self.workspace, &sha256, name)?)));
        let cached: Vec<(&str, CachedFile)> = cached.collect();
        let names: Vec<&str> = cached.iter().map(|(name, _)| *name).collect();
        let best = self.installer.best_of_names(&names, self.format)?;
        Ok(best.map(|position| cached[position].1.clone()))
    }

    /// Whatever decides over the bytes, but the interpreter: which of several wheels fits it is seen by their tags.
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

    /// One of 256 locks, so that they do not become more with every commit. Two commits that share one build one after the other.
    fn lock(&self, key: &Sha256) -> Result<FileLock, Error> {
        let path = self.workspace.directories.state.join("locks").join(format!("build-{}.lock", &key.as_str()[..2]));
        if let Some(lock) = FileLock::try_acquire(&path)? {
            return Ok(lock);
        }
        let (project, version) = (self.build.project.name(), &self.build.version);
        self.workspace.progress.step(&format!("waiting for {project} {version}: it is being built here already"));
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

/// A record that cannot be read or understood says nothing.
fn read_record(path: &Path) -> BuildRecord {
    let bytes = files::read_optional(path).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
