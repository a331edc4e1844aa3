//! Checks, compares and uploads the files.

use std::path::{Path, PathBuf};

use url::Url;

use crate::devpi::{Creation, NewIndex, Session, Upload, UploadOutcome};
use crate::model::distribution::Distribution;
use crate::model::names::{IndexName, ProjectName, Sha256};
use crate::model::release::Release;
use crate::ops;
use crate::ops::self_publish::error::Error;
use crate::python::metadata;
use crate::python::pip::{DownloadRequest, download_wheel};
use crate::system::files::sha256_of_file;
use crate::workspace::Workspace;

/// The name of our own distribution.
const OWN_NAME: &str = "git-devpi";
/// The version of this program, which is that of its wheel.
const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What to publish, and where.
#[derive(Debug, Clone)]
pub struct SelfPublishRequest {
    /// The index, as NAME or USER/NAME.
    pub index: String,
    /// Wheels and source distributions of git-devpi. Without one, pip downloads the wheel of this version.
    pub files: Vec<PathBuf>,
    /// The platforms of the downloaded wheels; this platform when empty.
    pub platforms: Vec<String>,
}

/// The files on the index.
#[derive(Debug, Clone)]
pub struct SelfPublication {
    /// The index.
    pub index: IndexName,
    /// Whether it did not exist before.
    pub created: bool,
    /// Its URL for installers.
    pub simple_url: Url,
    /// The files.
    pub files: Vec<PublishedFile>,
}

/// A file on the index.
#[derive(Debug, Clone)]
pub struct PublishedFile {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub sha256: Sha256,
    /// Whether this run uploaded it. Otherwise the index had the same bytes.
    pub uploaded: bool,
}

/// A file that was checked.
struct OwnFile {
    path: PathBuf,
    name: String,
    version: String,
    sha256: Sha256,
    fields: Vec<(String, String)>,
}

/// Uploads the files that the index does not have. Checks all of them before the first upload.
///
/// Creates the index when it does not exist: non-volatile, so that the server rejects another file of the same name.
pub fn publish(workspace: &Workspace<'_>, request: &SelfPublishRequest) -> Result<SelfPublication, ops::Error> {
    let index = if request.index.contains('/') {
        IndexName::parse(&request.index)?
    } else {
        IndexName::parse_for(&workspace.owner()?, &request.index)?
    };
    let folder = tempfile::tempdir().map_err(crate::system::Error::file("create", Path::new("a temporary folder")))?;
    let paths = if request.files.is_empty() {
        download(workspace, &request.platforms, folder.path())?
    } else {
        request.files.clone()
    };
    let files = paths.into_iter().map(own_file).collect::<Result<Vec<_>, _>>()?;
    let project = ProjectName::parse(OWN_NAME)?;
    let session = workspace.session()?;
    let created = create(session, &index)?;
    let mut published = Vec::new();
    for file in &files {
        let release = session.release(&index, &project, &file.version)?;
        let uploaded = stored(release.as_ref(), file, &index)?.is_none();
        published.push(PublishedFile { name: file.name.clone(), sha256: file.sha256.clone(), uploaded });
    }
    for (file, _) in files.iter().zip(&published).filter(|(_, published)| published.uploaded) {
        workspace.progress.step(&format!("uploading {} to {index}", file.name));
        upload(session, &index, file)?;
        let release = session.release(&index, &project, &file.version)?;
        stored(release.as_ref(), file, &index)?.ok_or_else(|| Error::NotStored {
            index: index.clone(),
            file: file.name.clone(),
            given: file.sha256.clone(),
        })?;
    }
    Ok(SelfPublication { simple_url: session.simple_url(&index), index, created, files: published })
}

/// Downloads the wheels of this version; an installed wheel cannot be packed again with the same bytes.
fn download(workspace: &Workspace<'_>, platforms: &[String], folder: &Path) -> Result<Vec<PathBuf>, ops::Error> {
    let requirement = format!("{OWN_NAME}=={OWN_VERSION}");
    workspace.progress.step(&format!("downloading {requirement} with pip"));
    let mut requested: Vec<Option<&str>> = platforms.iter().map(|platform| Some(platform.as_str())).collect();
    if requested.is_empty() {
        requested.push(None);
    }
    for platform in requested {
        download_wheel(&workspace.environment, DownloadRequest { requirement: &requirement, platform, folder })?;
    }
    let entries = std::fs::read_dir(folder).map_err(crate::system::Error::file("read", folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn own_file(path: PathBuf) -> Result<OwnFile, ops::Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sha256 = sha256_of_file(&path)?;
    let not = |reason: String| Error::NotADistribution { file: path.clone(), reason };
    let distribution = Distribution::parse(&name).map_err(|error| not(error.reason.to_owned()))?;
    if distribution.name.as_str() != OWN_NAME {
        return Err(Error::NotOurs { file: path, project: distribution.name }.into());
    }
    let metadata = metadata::read(&path).map_err(|error| not(error.to_string()))?;
    let version = distribution.version;
    if metadata.version != version {
        let reason = format!("its name says version {version}, its metadata {}", metadata.version);
        return Err(not(reason).into());
    }
    Ok(OwnFile { name, version, sha256, fields: metadata.form_fields(), path })
}

/// Whether the index exists only since this call.
fn create(session: &Session, index: &IndexName) -> Result<bool, ops::Error> {
    if session.index(index)?.is_some() {
        return Ok(false);
    }
    let new = NewIndex {
        bases: Vec::new(),
        volatile: false,
        acl_upload: Vec::new(),
        acl_toxresult_upload: vec![session.login_user().to_string()],
        title: "Tools of the team".to_owned(),
        record: None,
    };
    Ok(matches!(session.create_index(index, &new)?, Creation::Created(_)))
}

/// The stored file, if the release has it; an error if its bytes differ.
fn stored<'r>(release: Option<&'r Release>, file: &OwnFile, index: &IndexName) -> Result<Option<&'r Sha256>, Error> {
    let listed = release.and_then(|release| release.files.iter().find(|listed| listed.file_name == file.name));
    match listed {
        Some(listed) if listed.sha256 != file.sha256 => Err(Error::Different {
            index: index.clone(),
            file: file.name.clone(),
            stored: listed.sha256.clone(),
            given: file.sha256.clone(),
        }),
        other => Ok(other.map(|listed| &listed.sha256)),
    }
}

fn upload(session: &Session, index: &IndexName, file: &OwnFile) -> Result<(), ops::Error> {
    let upload = Upload { file: file.path.clone(), fields: file.fields.clone() };
    match session.upload(index, &upload)? {
        // What the index holds after a conflict is compared by the caller.
        UploadOutcome::Stored | UploadOutcome::Identical | UploadOutcome::Conflict => Ok(()),
    }
}
