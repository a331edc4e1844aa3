//! The upload API of Python package indexes, as twine uses it, and the simple pages that list the files of an index.
//!
//! For indexes beside the team's devpi server: a public index, Artifactory, pypiserver, another devpi. There is no standard for the
//! address of the simple pages of an upload URL, so the usual ones are tried. Redirects of an upload are not followed, and the login
//! goes to the origin of the upload URL only.

use std::io::Read;
use std::time::Duration;

use fancy_regex::Regex;
use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::connect_error::{body_error, display_url, request_error};
use super::error::Error;
use super::http_client;
use super::options::ServerOptions;
use super::upload_form::{LargeUploads, UploadForm};
use super::uploads::Upload;
use super::urls::ServerUrl;
use crate::model::names::{ProjectName, Sha256, escape_for_terminal};
use crate::system::files::stream_and_digest;

/// The media types of simple pages, the JSON form (PEP 691) first.
const SIMPLE_PAGES: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
/// The maximum size of a simple page, in bytes.
const MAX_PAGE: u64 = 16 * 1024 * 1024;
/// The maximum length of an error message of the server, in characters.
const MAX_MESSAGE: usize = 300;
/// The maximum number of redirects of a read.
const MAX_REDIRECTS: usize = 5;

/// A login at an index: user name and password or token.
#[derive(Debug, Clone)]
pub struct UploadLogin {
    /// The user name; `__token__` with an API token.
    pub user: String,
    /// The password or token; `Debug` redacts it.
    pub password: SecretString,
}

/// A package index that speaks the upload API.
#[derive(Debug)]
pub struct UploadApi {
    url: Url,
    client: Client,
    large_uploads: LargeUploads,
    login: Option<UploadLogin>,
    deadline: Duration,
}

/// A file that an index lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Its name.
    pub file_name: String,
    /// Its sha256; `None` when the index lists none.
    pub sha256: Option<Sha256>,
    url: Url,
}

/// The result of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadResult {
    /// The index accepted the file.
    Accepted,
    /// The index says that it has a file of this name.
    Exists {
        /// Its message.
        message: String,
    },
}

#[derive(Deserialize)]
struct SimplePage {
    files: Vec<SimpleFile>,
}

#[derive(Deserialize)]
struct SimpleFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: std::collections::BTreeMap<String, String>,
}

impl UploadApi {
    /// An index with this upload URL. The URL must be https, unless its host is loopback or allowed, and have no userinfo.
    pub fn new(options: &ServerOptions, login: Option<UploadLogin>) -> Result<Self, Error> {
        let root = ServerUrl::new(&options.url, &options.allow_http)?;
        let client = http_client::build(&root, options)?;
        let large_uploads = LargeUploads::new(&root, options)?;
        Ok(Self { url: options.url.clone(), client, large_uploads, login, deadline: options.deadline })
    }

    /// The upload URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The files of a project; none when no simple page of the project is found. One request for each address that is tried.
    pub fn files(&self, project: &ProjectName) -> Result<Vec<ListedFile>, Error> {
        let what = format!("list {project} on {}", display_url(&self.url));
        for page in simple_pages(&self.url, project) {
            let (response, address) = self.read(page)?;
            match response.status() {
                StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::METHOD_NOT_ALLOWED => {}
                status if status.is_success() => return self.parse(response, &address, what),
                _ => return Err(self.failure(response, what)),
            }
        }
        Ok(Vec::new())
    }

    /// The sha256 of a listed file; downloads the file when the index lists none.
    pub fn sha256(&self, file: &ListedFile) -> Result<Sha256, Error> {
        if let Some(sha256) = &file.sha256 {
            return Ok(sha256.clone());
        }
        let (response, _) = self.read(file.url.clone())?;
        if !response.status().is_success() {
            return Err(self.failure(response, format!("fetch {}", escape_for_terminal(&file.file_name))));
        }
        let mut response = response;
        let digest = stream_and_digest(|buffer| response.read(buffer), |_| Ok::<(), std::io::Error>(()));
        digest.map_err(|error| body_error(&error, &file.url, self.deadline))
    }

    /// Uploads a file. Does not retry: after a lost response, [`UploadApi::files`] tells whether the index has it.
    pub fn upload(&self, upload: &Upload, sha256: &Sha256) -> Result<UploadResult, Error> {
        let name = upload.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let form = form(upload, sha256, &name)?;
        let timeout = self.deadline + form.extra_time();
        let request = self.with_login(self.client.post(self.url.clone()), &self.url);
        let failed = |error| request_error(&error, &self.url, timeout);
        let response = self.large_uploads.send(&request.build().map_err(failed)?, &form, timeout)?.map_err(failed)?;
        let status = response.status();
        if status.is_success() {
            return Ok(UploadResult::Accepted);
        }
        if let (true, Some(target)) = (status.is_redirection(), target(&response, &self.url)) {
            return Err(Error::Redirected { url: display_url(&self.url), to: display_url(&target) });
        }
        let message = self.message(response);
        if status == StatusCode::CONFLICT || (status.is_client_error() && message.to_lowercase().contains("exist")) {
            return Ok(UploadResult::Exists { message });
        }
        Err(failure(status, message, format!("upload {name} to {}", display_url(&self.url))))
    }

    /// Sends a read; follows redirects. The login goes to the origin of the upload URL only.
    fn read(&self, mut url: Url) -> Result<(Response, Url), Error> {
        for _ in 0..=MAX_REDIRECTS {
            let request = self.client.get(url.clone()).header(ACCEPT, SIMPLE_PAGES);
            let sent = self.with_login(request, &url).send();
            let response = sent.map_err(|error| request_error(&error, &url, self.deadline))?;
            match target(&response, &url) {
                Some(target) if response.status().is_redirection() => {
                    let is_downgrade = url.scheme() == "https" && target.scheme() != "https";
                    if is_downgrade {
                        return Err(Error::Redirected { url: display_url(&url), to: display_url(&target) });
                    }
                    url = target;
                }
                _ => return Ok((response, url)),
            }
        }
        Err(Error::BadUrl { url: display_url(&self.url), why: "it redirects too often".to_owned() })
    }

    fn with_login(&self, request: RequestBuilder, url: &Url) -> RequestBuilder {
        match &self.login {
            Some(login) if url.origin() == self.url.origin() => {
                request.basic_auth(&login.user, Some(login.password.expose_secret()))
            }
            _ => request,
        }
    }

    fn parse(&self, response: Response, address: &Url, what: String) -> Result<Vec<ListedFile>, Error> {
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = media_type.is_some_and(|media_type| media_type.contains("json"));
        let mut page = Vec::new();
        let read = response.take(MAX_PAGE + 1).read_to_end(&mut page);
        read.map_err(|error| body_error(&error, address, self.deadline))?;
        if page.len() as u64 > MAX_PAGE {
            return Err(Error::BodyTooLarge { what, limit: MAX_PAGE });
        }
        if !is_json {
            return Ok(parse_html(&String::from_utf8_lossy(&page), address));
        }
        let page: SimplePage = serde_json::from_slice(&page).map_err(|error| Error::BadRequest {
            what,
            message: format!("its list of files is not readable: {error}"),
        })?;
        let listed = page.files.into_iter().filter_map(|file| {
            let sha256 = file.hashes.get("sha256").and_then(|digest| Sha256::parse(digest).ok());
            Some(ListedFile { file_name: file.filename, sha256, url: address.join(&file.url).ok()? })
        });
        Ok(listed.collect())
    }

    fn failure(&self, response: Response, what: String) -> Error {
        let status = response.status();
        failure(status, self.message(response), what)
    }

    /// The message of an error response: its reason phrase is not available, so the text of its body.
    fn message(&self, response: Response) -> String {
        let status = response.status();
        let mut body = Vec::new();
        let _ = response.take(64 * 1024).read_to_end(&mut body);
        let mut text = strip_tags(&String::from_utf8_lossy(&body));
        if let Some(login) = &self.login {
            text = text.replace(login.password.expose_secret(), "…");
        }
        if text.is_empty() {
            return status.to_string();
        }
        escape_for_terminal(&text.chars().take(MAX_MESSAGE).collect::<String>())
    }
}

fn failure(status: StatusCode, message: String, what: String) -> Error {
    match status.as_u16() {
        401 | 403 => Error::NotAllowed { what, message },
        404 | 405 => Error::NotFound { what, message },
        413 => Error::TooLarge { what, size: None },
        status @ 500.. => Error::ServerError { what, status, message },
        _ => Error::BadRequest { what, message },
    }
}

fn target(response: &Response, from: &Url) -> Option<Url> {
    from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

/// The form of an upload: the core metadata, and what describes the file.
fn form<'a>(upload: &'a Upload, sha256: &Sha256, name: &str) -> Result<UploadForm<'a>, Error> {
    let (file_type, python) = if name.ends_with(".whl") {
        // {name}-{version}(-{build})-{python}-{abi}-{platform}.whl
        ("bdist_wheel", name.rsplit('-').nth(2).unwrap_or("py3"))
    } else {
        ("sdist", "source")
    };
    let mut form = UploadForm::default()
        .text(":action", "file_upload")
        .text("protocol_version", "1")
        .text("filetype", file_type)
        .text("pyversion", python)
        .text("sha256_digest", sha256.to_string());
    for (field, value) in &upload.fields {
        form = form.text(field, value);
        // devpi reads the plural, every other index the name of the metadata field.
        if field == "provides_extras" {
            form = form.text("provides_extra", value);
        }
    }
    form.file(&upload.file)
}

/// The addresses where an index with this upload URL may have the simple page of a project.
fn simple_pages(upload: &Url, project: &ProjectName) -> Vec<Url> {
    let mut base = upload.clone();
    base.set_query(None);
    base.set_fragment(None);
    let path = base.path().trim_end_matches('/').to_owned();
    if let Some(root) = path.strip_suffix("/legacy") {
        // The public indexes upload to `upload.HOST/legacy/` and list on `HOST/simple/`.
        let host = base.host_str().map(|host| host.trim_start_matches("upload.").to_owned());
        if let Some(host) = host {
            let _ = base.set_host(Some(&host));
        }
        base.set_path(&format!("{root}/simple/{project}/"));
        return vec![base];
    }
    ["+simple", "simple"]
        .map(|folder| {
            let mut page = base.clone();
            page.set_path(&format!("{path}/{folder}/{project}/"));
            page
        })
        .into()
}

/// The links of a simple page in HTML (PEP 503).
pub(super) fn parse_html(page: &str, address: &Url) -> Vec<ListedFile> {
    let Ok(link) = Regex::new(r#"(?is)<a\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')"#) else { return Vec::new() };
    let mut files = Vec::new();
    for found in link.captures_iter(page).flatten() {
        let Some(href) = found.get(1).or_else(|| found.get(2)) else { continue };
        let Ok(mut url) = address.join(&href.as_str().replace("&amp;", "&")) else { continue };
        let digest = url.fragment().and_then(|fragment| fragment.strip_prefix("sha256="));
        let sha256 = digest.and_then(|digest| Sha256::parse(digest).ok());
        url.set_fragment(None);
        let name = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        let file_name = percent_decoded(name);
        if !file_name.is_empty() {
            files.push(ListedFile { file_name, sha256, url });
        }
    }
    files
}

fn percent_decoded(segment: &str) -> String {
    let query = format!("name={}", segment.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, name)| name.into_owned()).unwrap_or_default()
}

/// The text of an HTML page, on one line.
pub(super) fn strip_tags(page: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in page.chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                text.push(' ');
            }
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(upload: &str) -> Vec<String> {
        let project = ProjectName::parse("Demo_Pkg").unwrap();
        simple_pages(&Url::parse(upload).unwrap(), &project).into_iter().map(String::from).collect()
    }

    #[test]
    fn the_simple_pages_follow_from_the_upload_url() {
        assert_eq!(pages("https://upload.example.org/legacy/"), ["https://example.org/simple/demo-pkg/"]);
        assert_eq!(pages("https://test.example.org/legacy"), ["https://test.example.org/simple/demo-pkg/"]);
        let art = "https://art.example/api/pypi/team-local";
        let expected = [format!("{art}/+simple/demo-pkg/"), format!("{art}/simple/demo-pkg/")];
        assert_eq!(pages(art), expected);
        assert_eq!(pages(&format!("{art}/?x=1")), expected);
    }

    #[test]
    fn links_of_html_pages_are_read_with_their_digests() {
        let digest = "a".repeat(64);
        let page = format!(
            "<!DOCTYPE html><a\n class=x href=\"../../f/demo_pkg-1.0%2Blocal-py3-none-any.whl#sha256={digest}\">w</a>\
             <A HREF='/f/demo_pkg-1.0.tar.gz?a=1&amp;b=2#md5=0'>s</A><a name=\"x\">none</a>"
        );
        let address = Url::parse("https://index.example/root/simple/demo-pkg/").unwrap();
        let files = parse_html(&page, &address);
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].file_name, "demo_pkg-1.0+local-py3-none-any.whl");
        assert_eq!(files[0].sha256, Some(Sha256::parse(&digest).unwrap()));
        assert_eq!(files[0].url.as_str(), "https://index.example/root/f/demo_pkg-1.0%2Blocal-py3-none-any.whl");
        assert_eq!((files[1].file_name.as_str(), &files[1].sha256), ("demo_pkg-1.0.tar.gz", &None));
        assert_eq!(files[1].url.query(), Some("a=1&b=2"));
    }

    #[test]
    fn error_pages_are_reduced_to_their_text() {
        assert_eq!(strip_tags("<html><b>400</b>\n File  already <i>exists</i></html>"), "400 File already exists");
        assert_eq!(strip_tags("1 > 0"), "1 > 0");
    }
}
