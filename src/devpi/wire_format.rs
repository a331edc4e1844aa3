//! The JSON of devpi's responses, for this room only.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Every successful response: `{"result": …, "type": …}`.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) result: T,
}

/// `GET /+api`, type `apiconfig`.
#[derive(Debug, Deserialize)]
pub(super) struct ApiConfig {
    /// `["ok", "bob", [groups]]` or `["noauth", "", []]`.
    pub(super) authstatus: (String, String, Value),
    /// The URL of the index, if this is the folder of one.
    pub(super) index: Option<String>,
}

/// `GET /+status`.
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    /// The versions of devpi-server and its plugins, by package.
    #[serde(default)]
    pub(super) versioninfo: BTreeMap<String, Value>,
    /// `MASTER` or `REPLICA`.
    #[serde(default)]
    pub(super) role: String,
    #[serde(default)]
    pub(super) serial: i64,
    /// The serial of the primary, as a replica knows it.
    #[serde(default, rename = "primary-serial")]
    pub(super) primary_serial: Option<i64>,
    /// When a replica last heard from the primary, in seconds of the epoch.
    #[serde(default, rename = "primary-contacted-at")]
    pub(super) primary_contacted_at: Option<f64>,
    /// The replicas that ask this primary for changes, by UUID.
    #[serde(default)]
    pub(super) polling_replicas: BTreeMap<String, Value>,
}

/// `POST /+login`, type `proxyauth`.
#[derive(Deserialize)]
pub(super) struct ProxyAuth {
    /// The token.
    pub(super) password: String,
}

/// `GET /U`, type `userconfig`.
#[derive(Debug, Deserialize)]
pub(super) struct UserConfig {
    #[serde(default)]
    pub(super) indexes: BTreeMap<String, Value>,
}

/// An index's configuration, type `indexconfig`.
#[derive(Debug, Deserialize)]
pub(super) struct IndexConfig {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) bases: Vec<String>,
    /// Some versions omit it for mirrors.
    #[serde(default)]
    pub(super) volatile: bool,
    #[serde(default)]
    pub(super) acl_upload: Vec<String>,
    #[serde(default)]
    pub(super) acl_toxresult_upload: Vec<String>,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) custom_data: Value,
}

/// What `GET /U/I` adds to the configuration: the projects of the index itself.
#[derive(Debug, Deserialize)]
pub(super) struct IndexWithProjects {
    #[serde(default)]
    pub(super) projects: Vec<String>,
}

/// `GET /U/I/P/V`, type `versiondata`; `GET /U/I/P?ignore_bases=` gives a map of them.
#[derive(Debug, Deserialize)]
pub(super) struct VersionData {
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default, rename = "+links")]
    pub(super) links: Vec<Link>,
    /// The same version on the bases, when another index before them in the resolution order has it too.
    #[serde(default, rename = "+shadowing")]
    pub(super) shadowing: Vec<VersionData>,
}

/// A file or a result of a version.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    /// `releasefile`, `toxresult`, `doczip`.
    pub(super) rel: String,
    pub(super) href: String,
    #[serde(default)]
    pub(super) hashes: BTreeMap<String, String>,
    /// `sha256=…`; older servers send only this.
    #[serde(default)]
    pub(super) hash_spec: Option<String>,
    #[serde(default)]
    pub(super) for_href: Option<String>,
    #[serde(default)]
    pub(super) log: Vec<LogLine>,
}

/// A line of a link's log.
#[derive(Debug, Deserialize)]
pub(super) struct LogLine {
    #[serde(default)]
    pub(super) what: String,
    /// null for anonymous users.
    #[serde(default)]
    pub(super) who: Option<String>,
    /// Year, month, day, hour, minute, second, in UTC.
    pub(super) when: (i16, i8, i8, i8, i8, i8),
    #[serde(default)]
    pub(super) src: Option<String>,
    #[serde(default)]
    pub(super) dst: Option<String>,
}

/// The body of an error response. Some have the message in `title` and only line ends in `message`.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
}

/// A project's simple page (PEP 691).
#[derive(Debug, Deserialize)]
pub(super) struct SimplePage {
    pub files: Vec<SimpleFile>,
}

/// A file on a simple page.
#[derive(Debug, Deserialize)]
pub(super) struct SimpleFile {
    pub filename: String,
    /// Relative to the page.
    pub url: String,
}
