//! The server's root URL, the URLs below it, and the paths in the URLs that the server sends.

use url::Url;

use super::error::Error;
use crate::model::loopback::is_loopback;
use crate::model::names::{IndexName, escape_for_terminal};

/// The root URL of a server: scheme, host, port, and a path that ends with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUrl(Url);

impl ServerUrl {
    /// Validates `url`: no userinfo, and https unless the host is loopback or in `allow_http`. Removes the query.
    pub(super) fn new(url: &Url, allow_http: &[String]) -> Result<Self, Error> {
        let mut root = url.clone();
        root.set_query(None);
        root.set_fragment(None);
        let has_userinfo = !root.username().is_empty() || root.password().is_some();
        // Both succeed for a URL with a host; one without is rejected below.
        let _ = root.set_username("");
        let _ = root.set_password(None);
        let shown = escape_for_terminal(root.as_str());
        if has_userinfo {
            return Err(Error::UserInfoInUrl { url: shown });
        }
        let Some(host) = root.host_str().map(str::to_owned) else {
            return Err(Error::BadUrl { url: shown, why: "it has no host".to_owned() });
        };
        match root.scheme() {
            "https" => {}
            "http" if is_loopback(&root) || allow_http.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host)) => {}
            "http" => return Err(Error::HttpNotAllowed { url: shown, host }),
            other => {
                let why = format!("its scheme is {other}, not http or https");
                return Err(Error::BadUrl { url: shown, why });
            }
        }
        if !root.path().ends_with('/') {
            let path = format!("{}/", root.path());
            root.set_path(&path);
        }
        Ok(Self(root))
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// The URL of `segments` below the root; escapes each segment.
    pub(super) fn at(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The URL of an index, with further segments.
    pub(super) fn index(&self, index: &IndexName, segments: &[&str]) -> Url {
        let mut all = vec![index.user().as_str(), index.name()];
        all.extend(segments);
        self.at(&all)
    }

    /// The URL of a path that [`path_on`] returned.
    pub(super) fn below(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{}", self.0.path(), path.trim_start_matches('/')));
        url
    }

    /// Whether `url` has the scheme, host and port of this server.
    pub(super) fn is_origin_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }

    /// Whether `url` is the page on which people log in with a browser; devpi-lockdown sends every request without a login there.
    pub(super) fn is_login_page(&self, url: &Url) -> bool {
        self.is_origin_of(url) && url.path() == self.at(&["+login"]).path()
    }

    /// Whether the host is a loopback address.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// The path of a link below the root, if its file is on `index` itself: `acme/prod/+f/…/NAME`.
///
/// The server sends links with the host and prefix of `--outside-url` or `X-outside-url`, so only the part from the index on
/// counts. Links to files of bases and mirrors return `None`.
pub(super) fn path_on(index: &IndexName, href: &str) -> Option<String> {
    let path = match Url::parse(href) {
        Ok(url) => url.path().to_owned(),
        Err(_) => format!("/{}", href.split(['#', '?']).next()?.trim_start_matches('/')),
    };
    let start = path.find(&format!("/{index}/+f/"))?;
    Some(path[start + 1..].to_owned())
}

/// The index that a file's link belongs to, as `USER/NAME`; `None` if the link has another form.
///
/// Stages link to `/+f/`, mirrors also to `/+e/` (files whose checksum they do not know yet).
pub(super) fn index_of(href: &str) -> Option<String> {
    let path = href.split(['#', '?']).next()?;
    let end = path.find("/+f/").or_else(|| path.find("/+e/"))?;
    let mut segments = path[..end].rsplit('/');
    let (name, user) = (segments.next()?, segments.next()?);
    let is_name = |text: &str| !text.is_empty() && !text.contains(':');
    (is_name(name) && is_name(user)).then(|| format!("{user}/{name}"))
}

/// The decoded file name of a path; `None` if it is empty, hidden, or contains separators or control characters.
pub(super) fn file_name_of(path: &str) -> Option<String> {
    let name = percent_decode(path.rsplit('/').next()?)?;
    let is_forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    (!name.is_empty() && !name.starts_with('.') && !name.contains(is_forbidden)).then_some(name)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Result<ServerUrl, Error> {
        ServerUrl::new(&Url::parse(text).unwrap(), &["intranet".to_owned()])
    }

    #[test]
    fn http_needs_loopback_or_leave() {
        for fine in
            ["http://localhost:3141", "http://127.8.0.1/", "http://[::1]:1/x", "http://Intranet/", "https://a.b"]
        {
            assert!(root(fine).unwrap().url().path().ends_with('/'), "{fine}");
        }
        assert!(
            matches!(root("http://example.org/"), Err(Error::HttpNotAllowed { host, .. }) if host == "example.org")
        );
        assert!(matches!(root("ftp://example.org/"), Err(Error::BadUrl { .. })));
        assert!(matches!(root("file:///x"), Err(Error::BadUrl { .. })));
    }

    #[test]
    fn userinfo_is_refused_and_never_shown() {
        let error = root("https://bob:secret@example.org/").unwrap_err();
        assert!(matches!(error, Error::UserInfoInUrl { .. }));
        assert!(!error.to_string().contains("secret") && !error.to_string().contains("bob"));
    }

    #[test]
    fn urls_are_built_below_the_root() {
        let root = root("https://example.org/devpi?x#y").unwrap();
        let index = IndexName::parse("acme/prod").unwrap();
        assert_eq!(
            root.index(&index, &["demo", "1.0+a b"]).as_str(),
            "https://example.org/devpi/acme/prod/demo/1.0+a%20b"
        );
        assert_eq!(
            root.below("acme/prod/+f/a/b/x-1%2Ba.whl").as_str(),
            "https://example.org/devpi/acme/prod/+f/a/b/x-1%2Ba.whl"
        );
        assert_eq!(root.index(&index, &[""]).as_str(), "https://example.org/devpi/acme/prod/");
        assert!(!root.is_origin_of(&Url::parse("http://example.org/devpi/").unwrap()));
        assert!(root.is_origin_of(&Url::parse("https://example.org:443/").unwrap()));
    }

    #[test]
    fn links_are_rebased_and_foreign_ones_dropped() {
        let index = IndexName::parse("acme/prod").unwrap();
        let path = "acme/prod/+f/abc/def/x-1.whl";
        for href in [
            "https://outside.example/pfx/acme/prod/+f/abc/def/x-1.whl#sha256=00",
            "http://localhost:3141/acme/prod/+f/abc/def/x-1.whl",
            "acme/prod/+f/abc/def/x-1.whl#sha256=00",
        ] {
            assert_eq!(path_on(&index, href).as_deref(), Some(path), "{href}");
        }
        for href in
            ["http://h/root/pypi/+f/a/b/x-1.whl", "http://h/acme/prod2/+f/a/b/x", "http://h/bacme/prod/+f/a/b/x"]
        {
            assert_eq!(path_on(&index, href), None, "{href}");
        }
    }

    #[test]
    fn a_link_names_its_index() {
        for href in [
            "https://outside.example/pfx/acme/prod/+f/abc/def/x-1.whl#sha256=00",
            "acme/prod/+f/abc/def/x-1.whl",
            "http://localhost:3141/acme/prod/+e/https_files.example/x-1.whl",
        ] {
            assert_eq!(index_of(href).as_deref(), Some("acme/prod"), "{href}");
        }
        for href in ["https://files.example/x-1.whl", "http://prod/+f/a/x", "/+f/a/x", ""] {
            assert_eq!(index_of(href), None, "{href}");
        }
    }

    #[test]
    fn a_file_name_stays_in_its_folder() {
        assert_eq!(file_name_of("a/b/x-1%2Bl.whl").as_deref(), Some("x-1+l.whl"));
        for bad in ["a/..", "a/%2e%2e%2fx", "a/", "a/x%00", "a/c:x", "a/%zz", "a/%"] {
            assert_eq!(file_name_of(bad), None, "{bad}");
        }
    }
}
