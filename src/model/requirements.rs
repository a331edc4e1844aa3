//! A requirements file that pins the files of a release by their hashes.

use std::collections::BTreeSet;

use url::Url;

use super::names::escape_for_terminal;
use super::release::Release;

/// The requirement of `release` with the hash of each of its files: `PROJECT==VERSION --hash=sha256:…`.
pub fn requirement(release: &Release) -> String {
    let hashes: BTreeSet<&str> = release.files.iter().map(|file| file.sha256.as_str()).collect();
    let mut text = format!("{}=={}", release.project, escape_for_terminal(&release.version));
    for hash in hashes {
        text.push_str(&format!(" \\\n    --hash=sha256:{hash}"));
    }
    text
}

/// A requirements file for `pip install -r` and `uv pip install -r` that installs `release` from `index_url`.
///
/// It contains no dependencies: which ones are installed is not part of a release.
pub fn requirements_file(release: &Release, index_url: &Url) -> String {
    format!(
        "# {project} {version} on {index}.\n\
         # In hash-checking mode installers want the dependencies pinned with hashes too: add a second file with `-r`, or use --no-deps.\n\
         --index-url {index_url}\n\
         {requirement}\n",
        project = release.project,
        version = escape_for_terminal(&release.version),
        index = release.index,
        requirement = requirement(release),
    )
}

#[cfg(test)]
mod tests {
    use super::super::evidence::samples::Sample;
    use super::super::tox_result::samples::sha;
    use super::*;

    #[test]
    fn every_file_is_an_allowed_hash() {
        let sample = Sample::new("acme/prod", "1.4.57").file("demo-1.4.57.tar.gz", sha('c')).file("demo.whl", sha('b'));
        let (b, c) = ("b".repeat(64), "c".repeat(64));
        let expected = format!("demo==1.4.57 \\\n    --hash=sha256:{b} \\\n    --hash=sha256:{c}");
        assert_eq!(requirement(&sample.release), expected);
        let url = Url::parse("https://devpi.example/acme/prod/+simple/").unwrap();
        let file = requirements_file(&sample.release, &url);
        assert!(file.ends_with(&format!("\n--index-url {url}\n{expected}\n")), "{file}");
        assert!(file.starts_with("# demo 1.4.57 on acme/prod."), "{file}");
    }

    #[test]
    fn a_version_of_another_client_stays_on_its_line() {
        let sample = Sample::new("acme/prod", "1.0\n--index-url https://elsewhere.example/").file("demo.whl", sha('b'));
        assert_eq!(requirement(&sample.release).lines().count(), 2);
    }
}
