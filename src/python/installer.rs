//! The environment variables that make pip and uv install from one index only.

use std::path::Path;

use url::Url;

use crate::model::loopback::is_loopback;

/// The variables for an index.
///
/// uv reads neither pip's configuration nor `PIP_*`: with pip's variables alone it installs public packages of the same name.
pub fn installer_variables(
    index_url: &Url,
    ca_bundle: Option<&Path>,
    constraints: Option<&Path>,
) -> Vec<(String, String)> {
    let mut variables = vec![("PIP_INDEX_URL", index_url.to_string()), ("UV_DEFAULT_INDEX", index_url.to_string())];
    if index_url.scheme() == "http" && !is_loopback(index_url) {
        // pip ignores an index that is neither https nor local and only prints a warning.
        variables.push(("PIP_TRUSTED_HOST", host_and_port(index_url)));
    }
    if let Some(bundle) = ca_bundle {
        let bundle = bundle.to_string_lossy();
        let names = ["PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"];
        variables.extend(names.map(|name| (name, bundle.clone().into_owned())));
    }
    if let Some(file) = constraints {
        variables.push(("PIP_CONSTRAINT", pip_value(file)));
        variables.push(("UV_CONSTRAINT", file.to_string_lossy().into_owned()));
    }
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The file as a value of `PIP_CONSTRAINT`: pip splits it at white space, so a path with spaces becomes a file URL.
fn pip_value(file: &Path) -> String {
    let text = file.to_string_lossy().into_owned();
    if !text.contains(char::is_whitespace) {
        return text;
    }
    Url::from_file_path(file).map_or(text, |url| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str, bundle: Option<&str>, constraints: Option<&str>) -> Vec<String> {
        let url = Url::parse(url).unwrap();
        let variables = installer_variables(&url, bundle.map(Path::new), constraints.map(Path::new));
        variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn pip_and_uv_are_both_told() {
        let url = "https://d.example/acme/main/+simple/";
        assert_eq!(shown(url, None, None), [format!("PIP_INDEX_URL={url}"), format!("UV_DEFAULT_INDEX={url}")]);
        assert_eq!(
            shown("http://localhost:3141/a/b/+simple/", Some("/ca.pem"), Some("/c.txt"))[2..],
            [
                "PIP_CERT=/ca.pem",
                "SSL_CERT_FILE=/ca.pem",
                "REQUESTS_CA_BUNDLE=/ca.pem",
                "PIP_CONSTRAINT=/c.txt",
                "UV_CONSTRAINT=/c.txt"
            ]
        );
    }

    #[test]
    fn plain_http_is_trusted_by_name() {
        assert_eq!(shown("http://d.example:3141/a/b/+simple/", None, None)[2], "PIP_TRUSTED_HOST=d.example:3141");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_a_space_reaches_pip_whole() {
        assert_eq!(shown("https://d/x/", None, Some("/a b/c.txt"))[2], "PIP_CONSTRAINT=file:///a%20b/c.txt");
    }
}
