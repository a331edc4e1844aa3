//! Finds version tags, for projects that take their version from a tag.

use super::error::Error;
use super::repository::Repository;
use crate::model::names::CommitId;
use pep440_rs::Version;

/// A tag that names a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTag {
    /// The tag's name (`v1.4.0`).
    pub name: String,
    /// The version.
    pub version: Version,
}

/// Which tags count, in the terms of git-describe(1).
pub struct TagQuery<'a> {
    /// `--match`; empty: every tag.
    pub matches: &'a [String],
    /// `--exclude`.
    pub excludes: &'a [String],
    /// Whether lightweight tags do not count.
    pub annotated_only: bool,
    /// `--first-parent`.
    pub first_parent: bool,
    /// The version that a tag's name stands for; `None` if the tag does not count.
    pub read: &'a dyn Fn(&str) -> Option<Version>,
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
    pub fn nearest_version_tag(&self, commit: &CommitId, query: &TagQuery<'_>) -> Result<NearestTag, Error> {
        let mut excluded: Vec<String> = Vec::new();
        loop {
            let mut tool = self.git().tool().args(["describe", "--abbrev=0"]);
            tool = tool.args((!query.annotated_only).then_some("--tags"));
            tool = tool.args(query.first_parent.then_some("--first-parent"));
            tool = tool.args(query.matches.iter().map(|glob| format!("--match={glob}")));
            tool = tool.args(query.excludes.iter().map(|glob| format!("--exclude={glob}")));
            tool = tool.args(excluded.iter().map(|name| format!("--exclude={}", escaped(name))));
            let output = tool.arg(commit.as_str()).output()?;
            if !output.success() {
                return self.none_or_too_shallow(commit);
            }
            let name = output.text();
            if (query.read)(&name).is_some() {
                let on_commit = self.version_tags_beside(&name, query)?;
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

    /// The version tags on the commit of the tag `name`.
    fn version_tags_beside(&self, name: &str, query: &TagQuery<'_>) -> Result<Vec<VersionTag>, Error> {
        let points_at = format!("--points-at=refs/tags/{name}^{{commit}}");
        let tool = self.git().tool().args(["for-each-ref", "--format=%(objecttype) %(refname:strip=2)", &points_at]);
        let output = tool.arg("refs/tags/").checked()?;
        let tags = output
            .text()
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(kind, name)| {
                let counts = kind == "tag" || !query.annotated_only;
                let version = (query.read)(name).filter(|_| counts)?;
                Some(VersionTag { name: name.to_owned(), version })
            })
            .collect();
        Ok(tags)
    }
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
    use std::str::FromStr;

    fn found(answer: NearestTag) -> String {
        match answer {
            NearestTag::Found(tag) => tag.name,
            other => format!("{other:?}"),
        }
    }

    fn nearest_in(repository: &Repository, commit: &CommitId, prefixes: &[&str]) -> Result<NearestTag, Error> {
        let read = |name: &str| {
            let rests = prefixes.iter().filter_map(|prefix| name.strip_prefix(prefix));
            rests.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).find_map(|rest| rest.parse().ok())
        };
        let all = TagQuery { matches: &[], excludes: &[], annotated_only: false, first_parent: false, read: &read };
        repository.nearest_version_tag(commit, &all)
    }

    #[test]
    fn the_nearest_reachable_version_counts() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let nearest = |prefixes: &[&str]| {
            let commit = sandbox.tip(&top, "HEAD");
            found(nearest_in(&sandbox.open(&top), &commit, prefixes).unwrap())
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
    }

    #[test]
    fn options_of_describe_select_tags() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        sandbox.git(&top, &["tag", "-m", "x", "v1.0"]);
        sandbox.commit(&top, "a", "1");
        sandbox.git(&top, &["tag", "v1.1"]);
        sandbox.git(&top, &["checkout", "-q", "-b", "side", "HEAD~"]);
        sandbox.commit(&top, "b", "1");
        sandbox.git(&top, &["tag", "-m", "x", "v2.0"]);
        sandbox.git(&top, &["checkout", "-q", "main"]);
        sandbox.git(&top, &["merge", "-q", "--no-ff", "-m", "merge", "side"]);
        let commit = sandbox.tip(&top, "HEAD");
        let read = |name: &str| Version::from_str(name).ok();
        let all = TagQuery { matches: &[], excludes: &[], annotated_only: false, first_parent: false, read: &read };
        let of = |query: TagQuery<'_>| found(sandbox.open(&top).nearest_version_tag(&commit, &query).unwrap());
        assert_eq!(of(TagQuery { first_parent: true, ..all }), "v1.1");
        assert_eq!(of(TagQuery { annotated_only: true, first_parent: true, ..all }), "v1.0");
        assert_eq!(of(TagQuery { matches: &["v2*".to_owned()], ..all }), "v2.0");
        let excludes = ["v2*".to_owned(), "v1.1".to_owned()];
        assert_eq!(of(TagQuery { excludes: &excludes, ..all }), "v1.0");
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
        assert_eq!(nearest_in(&shallow, &tip, &["v"]).unwrap(), NearestTag::TooShallow);
        let unknown = CommitId::parse(&"ab".repeat(20)).unwrap();
        assert!(matches!(nearest_in(&shallow, &unknown, &["v"]), Err(Error::NoSuchCommit { .. })));
    }
}
