//! Reads the URLs that git takes for a remote.

/// Where a remote is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Location {
    /// The path of a folder.
    Folder(String),
    /// A host, and the path as written.
    Host { host: String, path: String },
    /// What a transport helper gets: only the helper knows which machine it connects to.
    Helper(Box<Location>),
}

/// Distinguishes folders from hosts as git does.
///
/// Handles URLs, scp-like `host:path` and transport helpers (`helper::address`).
pub(super) fn location(url: &str) -> Location {
    if let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| !scheme.contains("::")) {
        if scheme.eq_ignore_ascii_case("file") {
            return Location::Folder(rest.to_owned());
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.split(['?', '#']).next().unwrap_or_default();
        return on_host(authority, path);
    }
    if let Some((_, address)) = url.split_once("::").filter(|(helper, _)| !helper.contains(['/', '['])) {
        return Location::Helper(Box::new(location(address)));
    }
    let host_end = if url.starts_with('[') { url.find("]:").map(|end| end + 1) } else { url.find(':') };
    match host_end {
        Some(colon) if !url[..colon].contains(['/', '\\']) && !is_drive(url) => {
            on_host(bracketed(&url[..colon]), &url[colon + 1..])
        }
        _ => Location::Folder(url.to_owned()),
    }
}

/// What stands in the brackets of `[git@host:2222]:path`; an IPv6 address keeps them.
fn bracketed(authority: &str) -> &str {
    let inner = authority.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| inner.matches(':').count() < 2 || inner.contains('[')).unwrap_or(authority)
}

/// `user:password@host:port` and a path.
fn on_host(authority: &str, path: &str) -> Location {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let end = if host.starts_with('[') { host.find(']').map(|end| end + 1) } else { host.find(':') };
    let host = &host[..end.unwrap_or(host.len())];
    Location::Host { host: host.to_lowercase(), path: path.to_owned() }
}

/// Whether `url` begins with a Windows drive: `C:\repos\x`, `c:/repos/x`.
fn is_drive(url: &str) -> bool {
    let bytes = url.as_bytes();
    bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\')
}

/// The parts of a folder's path in lower case, the last without `.git`; none where the path ends in `..`.
pub(super) fn folder_parts(path: &str) -> Vec<String> {
    let decoded = percent_decoded(path);
    let parts = decoded.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".git"));
    let mut parts: Vec<String> = parts.map(str::to_lowercase).collect();
    match parts.pop().as_deref() {
        None | Some("..") => return Vec::new(),
        Some(last) => parts.push(last.strip_suffix(".git").unwrap_or(last).to_owned()),
    }
    parts
}

/// The parts of a path on a host in lower case, without `.git` and what forges put before or into the path.
pub(super) fn path_parts(path: &str) -> Vec<String> {
    let decoded = percent_decoded(path).to_lowercase();
    let mut parts: Vec<String> = decoded.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if parts.len() > 1 && ["scm", "a", "r", "v3"].contains(&parts[0].as_str()) {
        parts.remove(0);
    }
    if parts.len() > 1 {
        parts.retain(|part| part != "_git");
    }
    if let Some(last) = parts.last_mut() {
        *last = last.strip_suffix(".git").unwrap_or(last).to_owned();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Decodes `%20` and the like.
///
/// Invalid escapes stay, and so does the whole text if the result is not UTF-8.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}
