//! Downloads: release files and tox results.

use std::io::{Read, Write};
use std::path::Path;

use reqwest::blocking::Response;
use reqwest::header::CONTENT_LENGTH;
use url::Url;

use super::connect_error::body_error;
use super::error::Error;
use super::response::ServerResponse;
use super::retry::{Idempotency, RetryBudget};
use super::server::Server;
use super::transport::Call;
use crate::model::names::{IndexName, Sha256};
use crate::model::release::{ReleaseFile, ToxResultLink};
use crate::system;
use crate::system::files::{sha256_of, stream_and_digest};

/// The number of digits of a file's sha256 in its path, in the folder and in the one below it.
const HASH_DIGITS: [usize; 2] = [3, 13];

/// Returns a file as devpi lists it after its upload to `index`: the sha256 decides its path, so another file never has it.
pub fn stored_file(index: &IndexName, file_name: &str, sha256: &Sha256) -> ReleaseFile {
    let [folder, below] = HASH_DIGITS;
    let (folder, below) = sha256.as_str()[..folder + below].split_at(folder);
    let path = format!("{index}/+f/{folder}/{below}/{file_name}");
    ReleaseFile { file_name: file_name.to_owned(), sha256: sha256.clone(), path, log: Vec::new() }
}

impl Server {
    /// Downloads a file to `dest` atomically and verifies its checksum.
    ///
    /// A replica may respond with 500 for a moment after an upload (the metadata arrive first): the request is sent again. A deleted
    /// or overwritten file is [`Error::Gone`].
    pub fn fetch(&self, file: &ReleaseFile, dest: &Path) -> Result<(), Error> {
        let call = Call::get_file(self.urls().below(&file.path), format!("fetch {}", file.file_name));
        let budget = self.transport.retry_budget();
        budget.retry(Idempotency::Idempotent, || {
            let response = self.open(&call, &budget)?;
            let found = save(response, dest, &call.url, &budget)?;
            let (temporary, digest) = found;
            if digest != file.sha256 {
                let (expected, found) = (file.sha256.clone(), digest);
                return Err(Error::ChecksumMismatch { file: file.file_name.clone(), expected, found });
            }
            temporary.persist(dest).map_err(|error| system::Error::file("write", dest)(error.error))?;
            Ok(())
        })
    }

    /// Reads the size of a file in bytes, without its content; `None` where the server does not tell it.
    ///
    /// A deleted file is [`Error::Gone`] or [`Error::NotFound`].
    pub fn file_size(&self, file: &ReleaseFile) -> Result<Option<u64>, Error> {
        let call = Call::head_of_file(self.urls().below(&file.path), format!("read the size of {}", file.file_name));
        let budget = self.transport.retry_budget();
        let response = budget.retry(Idempotency::Idempotent, || self.open(&call, &budget))?;
        // The length of the body that was received is 0.
        let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        Ok(length.and_then(|length| length.parse().ok()))
    }

    /// Downloads the report of a tox result, at most `limit` bytes of it, and verifies its checksum if the server lists one.
    ///
    /// Reports never change, so they may be cached. [`Error::BodyTooLarge`] for a larger report, [`Error::ChecksumMismatch`] for other
    /// bytes; a deleted report is [`Error::Gone`] or [`Error::NotFound`].
    pub fn tox_report(&self, link: &ToxResultLink, limit: u64) -> Result<Vec<u8>, Error> {
        let name = link.path.rsplit('/').next().unwrap_or_default();
        let call = Call::get_file(self.urls().below(&link.path), format!("fetch the tox result {name}"));
        let budget = self.transport.retry_budget();
        budget.retry(Idempotency::Idempotent, || {
            let response = self.open(&call, &budget)?;
            let bytes = read_at_most(response, limit, (&call, &budget))?;
            let found = sha256_of(&bytes);
            match &link.sha256 {
                Some(expected) if *expected != found => {
                    let (file, expected) = (name.to_owned(), expected.clone());
                    Err(Error::ChecksumMismatch { file, expected, found })
                }
                _ => Ok(bytes),
            }
        })
    }

    /// Requests a file and returns the response with its body unread.
    ///
    /// A web server in front of devpi may send files without devpi's headers, so these are not required.
    fn open(&self, call: &Call, budget: &RetryBudget) -> Result<Response, Error> {
        let response = self.send(call, budget)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let answer = ServerResponse::read(response, self.transport.serial(), budget)?;
        if answer.is_stale {
            return Err(answer.stale());
        }
        Err(self.failure(&answer, &call.what))
    }
}

/// Reads the body; a body that announces or turns out to have more than `limit` bytes is not read to its end.
fn read_at_most(response: Response, limit: u64, (call, budget): (&Call, &RetryBudget)) -> Result<Vec<u8>, Error> {
    let too_large = || Error::BodyTooLarge { what: call.what.clone(), limit };
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let read = response.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| body_error(&error, &call.url, budget.elapsed()))?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Writes the body to a temporary file in the folder of `dest` and returns it with its checksum.
fn save(
    mut response: Response,
    dest: &Path,
    url: &Url,
    budget: &RetryBudget,
) -> Result<(tempfile::NamedTempFile, Sha256), Error> {
    let folder = dest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    system::files::create_folder(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".git-devpi-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(system::Error::file("write", dest))?;
    let digest = stream_and_digest(
        |piece| response.read(piece).map_err(|error| body_error(&error, url, budget.elapsed())),
        |piece| Ok(file.write_all(piece).map_err(system::Error::file("write", dest))?),
    )?;
    Ok((file, digest))
}
