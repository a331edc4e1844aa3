//! Finds version tags, for projects that take their version from a tag.

use std::str::FromStr;

use super::error::Error;
use super::repository::Repository;
use crate::model::names::CommitId;
use pep440_rs::Version;

/// A tag that names a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTag {
    /// The tag's name (`v1.4.0`).
    pub name: String,
    /// The part of the name before the version (`v`).
    pub prefix: String,
    /// The version.
    pub version: Version,
    /// The tagged commit.
    pub commit: CommitId,
}

/// The nearest version tag in the history of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NearestTag {
    /// The tag; if several are on the same commit, the one with the highest version.
    Found(VersionTag),
    /// The complete history has no version tag.
    None,
    /// The part of the history that this shallow clone has contains no version tag.
    TooShallow,
}

impl Repository {
    /// Returns the nearest version tag reachable from `commit`, as `git describe` measures distance.
    ///
    /// `prefixes` are the texts allowed before the version: `v`, the empty text, `project-`.
    pub fn nearest_version_tag(&self, commit: &CommitId, prefixes: &[&str]) -> Result<NearestTag, Error> {
        let mut excluded: Vec<String> = Vec::new();
        loop {
            let mut tool = self.git().tool().args(["describe", "--tags", "--abbrev=0"]);
            tool = tool.args(prefixes.iter().map(|prefix| format!("--match={}[0-9]*", escaped(prefix))));
            tool = tool.args(excluded.iter().map(|name| format!("--exclude={}", escaped(name))));
            let output = tool.arg(commit.as_str()).output()?;
            if !output.success() {
                return self.none_or_too_shallow(commit);
            }
            let name = output.text();
            if version_of(&name, prefixes).is_some() {
                let on_commit =
                    self.version_tags(&["--points-at", &format!("refs/tags/{name}^{{commit}}")], prefixes)?;
                let highest = on_commit.into_iter().max_by(|a, b| a.version.cmp(&b.version));
                return Ok(highest.map_or(NearestTag::None, NearestTag::Found));
            }
            // `v1-old` matches the pattern but is not a version.
            excluded.push(name);
        }
    }

    fn none_or_too_shallow(&self, commit: &CommitId) -> Result<NearestTag, Error> {
        if !self.commit_exists(commit)? {
            return Err(Error::NoSuchCommit { commit: commit.clone() });
        }
        Ok(if self.is_shallow() { NearestTag::TooShallow } else { NearestTag::None })
    }

    /// Returns the version tags on `commit`.
    pub fn version_tags_at(&self, commit: &CommitId, prefixes: &[&str]) -> Result<Vec<VersionTag>, Error> {
        self.version_tags(&["--points-at", commit.as_str()], prefixes)
    }

    /// Returns all version tags of this clone.
    pub fn all_version_tags(&self, prefixes: &[&str]) -> Result<Vec<VersionTag>, Error> {
        self.version_tags(&[], prefixes)
    }

    fn version_tags(&self, which: &[&str], prefixes: &[&str]) -> Result<Vec<VersionTag>, Error> {
        let format = "--format=%(refname:strip=2)%09%(objectname)%09%(*objectname)";
        let tool = self.git().tool().args(["for-each-ref", format]).args(which).arg("refs/tags/");
        let output = tool.checked()?;
        let text = output.text();
        let tags = text.lines().filter_map(|line| {
            let mut fields = line.split('\t');
            let (name, object, peeled) = (fields.next()?, fields.next()?, fields.next()?);
            let commit = CommitId::parse(if peeled.is_empty() { object } else { peeled }).ok()?;
            let (prefix, version) = version_of(name, prefixes)?;
            Some(VersionTag { name: name.to_owned(), prefix: prefix.to_owned(), version, commit })
        });
        Ok(tags.collect())
    }
}

/// Splits a tag's name into prefix and version.
fn version_of<'a>(name: &str, prefixes: &[&'a str]) -> Option<(&'a str, Version)> {
    prefixes.iter().find_map(|prefix| {
        let rest = name.strip_prefix(prefix).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))?;
        Some((*prefix, Version::from_str(rest).ok()?))
    })
}

/// Escapes `name` as a glob that matches only itself.
fn escaped(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn found(answer: NearestTag) -> String {
        match answer {
            NearestTag::Found(tag) => tag.name,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_nearest_reachable_version_counts() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let nearest = |prefixes: &[&str]| {
            let commit = sandbox.tip(&top, "HEAD");
            found(sandbox.open(&top).nearest_version_tag(&commit, prefixes).unwrap())
        };
        assert_eq!(nearest(&["v", ""]), "None");
        sandbox.git(&top, &["tag", "-m", "x", "v1.4.0"]);
        sandbox.git(&top, &["tag", "v1.10.0"]);
        sandbox.commit(&top, "a", "1");
        assert_eq!(nearest(&["v", ""]), "v1.10.0", "the highest on one commit, lightweight or not");
        for other in ["v2-old", "v3.x", "release", "shiny-9.0", "vx"] {
            sandbox.git(&top, &["tag", other]);
        }
        sandbox.commit(&top, "a", "2");
        assert_eq!(nearest(&["v"]), "v1.10.0");
        assert_eq!(nearest(&["shiny-"]), "shiny-9.0");
        assert_eq!(nearest(&[""]), "None");
        sandbox.git(&top, &["checkout", "-q", "-b", "next"]);
        sandbox.commit(&top, "b", "1");
        sandbox.git(&top, &["tag", "v2.0"]);
        sandbox.git(&top, &["checkout", "-q", "main"]);
        assert_eq!(nearest(&["v"]), "v1.10.0", "not reachable from here");
        let repository = sandbox.open(&top);
        assert_eq!(repository.all_version_tags(&["v"]).unwrap().len(), 3);
        let first = sandbox.tip(&top, "HEAD~2");
        assert_eq!(repository.version_tags_at(&first, &["v"]).unwrap().len(), 2);
    }

    #[test]
    fn too_shallow_is_not_none() {
        let sandbox = Sandbox::new();
        let source = sandbox.repository("r");
        sandbox.git(&source, &["tag", "v1.0"]);
        let tip = sandbox.commit(&source, "a", "1");
        let url = format!("file://{}", source.display());
        sandbox.git(sandbox.path(), &["clone", "-q", "--depth=1", &url, "shallow"]);
        let shallow = sandbox.open(&sandbox.path().join("shallow"));
        assert_eq!(shallow.nearest_version_tag(&tip, &["v"]).unwrap(), NearestTag::TooShallow);
        let unknown = CommitId::parse(&"ab".repeat(20)).unwrap();
        assert!(matches!(shallow.nearest_version_tag(&unknown, &["v"]), Err(Error::NoSuchCommit { .. })));
    }
}
