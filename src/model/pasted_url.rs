//! URLs below a devpi server's root, as people paste them: the server's root, and the index that they belong to.

use url::Url;

/// The root of a server, and the index that a URL below it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexUrl {
    /// The root, with a trailing slash.
    pub root: Url,
    /// The user who owns the index; unvalidated.
    pub user: String,
    /// The short name of the index; unvalidated.
    pub index: String,
}

/// Returns root and index of a URL with a folder of devpi, such as `…/acme/dev/+simple/`; `None` for any other URL.
///
/// No other folder of devpi begins with `+`, so what stands before it is the index.
pub fn below_index(url: &Url) -> Option<IndexUrl> {
    let segments: Vec<&str> = segments(url);
    let end = segments.iter().position(|segment| segment.starts_with('+'))?;
    split(url, &segments[..end])
}

/// Returns the root if the URL is that of an index, such as `…/acme/dev`, which only the server knows.
pub fn as_index(url: &Url) -> Option<IndexUrl> {
    split(url, &segments(url))
}

/// The URL of a server's own folder, such as `…/+api`, without it; `None` for any other URL.
pub fn below_root(url: &Url) -> Option<Url> {
    let segments: Vec<&str> = segments(url);
    let end = segments.iter().position(|segment| segment.starts_with('+'))?;
    Some(with_path(url, &segments[..end]))
}

fn segments(url: &Url) -> Vec<&str> {
    url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect()
}

fn split(url: &Url, segments: &[&str]) -> Option<IndexUrl> {
    let [prefix @ .., user, index] = segments else { return None };
    Some(IndexUrl { root: with_path(url, prefix), user: (*user).to_owned(), index: (*index).to_owned() })
}

fn with_path(url: &Url, segments: &[&str]) -> Url {
    let mut root = url.clone();
    root.set_path(&segments.iter().map(|segment| format!("/{segment}")).chain(["/".to_owned()]).collect::<String>());
    root.set_query(None);
    root.set_fragment(None);
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: Option<IndexUrl>) -> Option<String> {
        found.map(|found| format!("{} {} {}", found.root, found.user, found.index))
    }

    #[test]
    fn what_stands_before_a_folder_of_devpi_is_the_index() {
        let below = |text: &str| shown(below_index(&Url::parse(text).unwrap()));
        let expected = Some("https://h/ acme dev".to_owned());
        for text in
            ["https://h/acme/dev/+simple/", "https://h/acme/dev/+simple", "https://h//acme/dev/+f/a1/b2/x.whl#sha256=0"]
        {
            assert_eq!(below(text), expected, "{text}");
        }
        assert_eq!(below("http://h:8/devpi/a/b/+simple/pkg/?x=1").as_deref(), Some("http://h:8/devpi/ a b"));
        for text in ["https://h/", "https://h/acme/dev/", "https://h/+api", "https://h/acme/+api"] {
            assert_eq!(below(text), None, "{text}");
        }
        assert_eq!(below_root(&Url::parse("https://h/pre/+api").unwrap()).unwrap().as_str(), "https://h/pre/");
        assert_eq!(below_root(&Url::parse("https://h/pre/").unwrap()), None);
        let index = |text: &str| shown(as_index(&Url::parse(text).unwrap()));
        assert_eq!(index("https://h/devpi/acme/dev").as_deref(), Some("https://h/devpi/ acme dev"));
        assert_eq!((index("https://h/acme/"), index("https://h")), (None, None));
    }
}
