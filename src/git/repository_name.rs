//! Derives the repository's name from the URL of a remote.

/// Returns the repository's name in lower case: `acme/shiny` for `https://host/scm/Acme/Shiny.git`.
///
/// The name is the URL's path without `.git`, the prefixes of forges (`scm/`, `a/`, `r/`, `v3/`) and Azure's `/_git`. For a folder or a
/// `file://` URL it is the folder's name. Returns `None` if the result is empty, as for `/` or `..`.
pub fn remote_repository_name(url: &str) -> Option<String> {
    let url = url.trim();
    let name = match location(url) {
        Location::Folder(path) => name_of_folder(path),
        Location::Host(path) => name_of_path(path),
    };
    let name = percent_decoded(&name).to_lowercase();
    let usable = !name.is_empty() && !name.chars().any(char::is_control);
    usable.then_some(name)
}

enum Location<'a> {
    Folder(&'a str),
    Host(&'a str),
}

/// Distinguishes folders from hosts as git does.
///
/// Handles URLs, scp-like `host:path` and transport helpers (`helper::address`).
fn location(url: &str) -> Location<'_> {
    if let Some((scheme, rest)) = url.split_once("://") {
        if scheme.eq_ignore_ascii_case("file") {
            return Location::Folder(rest);
        }
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        return Location::Host(path.split(['?', '#']).next().unwrap_or_default());
    }
    if let Some((_, address)) = url.split_once("::").filter(|(helper, _)| !helper.contains(['/', '['])) {
        return location(address);
    }
    let host_end = if url.starts_with('[') { url.find("]:").map(|end| end + 1) } else { url.find(':') };
    match host_end {
        Some(colon) if !url[..colon].contains(['/', '\\']) && !is_drive(url) => Location::Host(&url[colon + 1..]),
        _ => Location::Folder(url),
    }
}

/// Whether `url` begins with a Windows drive: `C:\repos\x`, `c:/repos/x`.
fn is_drive(url: &str) -> bool {
    let bytes = url.as_bytes();
    bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\')
}

fn name_of_folder(path: &str) -> String {
    let mut parts = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".git"));
    let last = parts.next_back().filter(|part| *part != "..").unwrap_or_default();
    last.strip_suffix(".git").unwrap_or(last).to_owned()
}

fn name_of_path(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 && parts[0].starts_with('~') {
        parts.remove(0);
    }
    if parts.len() > 1 && ["scm", "a", "r", "v3"].contains(&parts[0].to_ascii_lowercase().as_str()) {
        parts.remove(0);
    }
    if parts.len() > 1 {
        parts.retain(|part| *part != "_git");
    }
    let joined = parts.join("/");
    joined.strip_suffix(".git").unwrap_or(&joined).trim_end_matches('/').to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_every_forge_give_the_repository_name() {
        for (url, name) in [
            ("https://github.com/Acme/Shiny.git", "acme/shiny"),
            ("https://github.com/acme/shiny/", "acme/shiny"),
            ("https://bob:secret@gitlab.example:8443/group/sub/shiny.git", "group/sub/shiny"),
            ("git@github.com:acme/shiny.git", "acme/shiny"),
            ("github.com:/acme/shiny", "acme/shiny"),
            ("[git@host.example:2222]:acme/shiny", "acme/shiny"),
            ("[::1]:acme/shiny.git", "acme/shiny"),
            ("ssh://git@bitbucket.example:7999/proj/shiny.git", "proj/shiny"),
            ("https://bitbucket.example/scm/PROJ/shiny.git", "proj/shiny"),
            ("https://gerrit.example/a/tools/shiny", "tools/shiny"),
            ("https://gerrit.example/r/shiny", "shiny"),
            ("git@ssh.dev.azure.com:v3/org/project/repo", "org/project/repo"),
            ("https://org@dev.azure.com/org/My%20Project/_git/repo", "org/my project/repo"),
            ("https://dev.azure.com/org/_git/repo", "org/repo"),
            ("ssh://host/~bob/shiny.git", "shiny"),
            ("https://host/shiny.git", "shiny"),
            ("https://host/scm", "scm"),
            ("codecommit::eu-west-1://shiny", ""),
            ("ext::ssh://host/acme/shiny", "acme/shiny"),
            ("/srv/git/Shiny.git", "shiny"),
            ("/srv/git/Shiny.git/", "shiny"),
            ("/home/bob/shiny/.git", "shiny"),
            ("../remote.git", "remote"),
            ("./odd:name.git", "odd:name"),
            ("file:///srv/git/shiny.git", "shiny"),
            (r"C:\repos\shiny.git", "shiny"),
            ("c:/repos/shiny", "shiny"),
            ("https://host/100%25/x%zz", "100%/x%zz"),
            ("..", ""),
            ("/", ""),
            ("https://host/", ""),
            ("", ""),
        ] {
            assert_eq!(remote_repository_name(url).as_deref().unwrap_or_default(), name, "{url}");
        }
    }
}
