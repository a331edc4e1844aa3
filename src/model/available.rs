//! The version that an installer chooses from those that an index offers.

use std::str::FromStr;

use pep440_rs::Version;

use super::names::IndexName;

/// A version that installers find on an index or on one of its bases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableVersion {
    /// The version in the server's spelling.
    pub version: String,
    /// The index that holds its files, `USER/NAME`; unvalidated, because it may be a mirror of any name.
    pub index: String,
}

/// The version that an installer gets without a constraint: the highest final version, else the highest pre-release. Versions that are
/// no PEP 440 are skipped, as installers do.
///
/// Constraints such as `requires-python` are not considered.
pub fn preferred(available: &[AvailableVersion]) -> Option<&AvailableVersion> {
    let parsed = available.iter().filter_map(|one| Some((Version::from_str(&one.version).ok()?, one)));
    // Of the indexes with the same version the first one counts.
    parsed.rev().max_by_key(|(version, _)| (!version.any_prerelease(), version.clone())).map(|(_, one)| one)
}

/// The highest version, development versions included. Of the indexes with the same version the first one counts.
pub fn highest(available: &[AvailableVersion]) -> Option<&AvailableVersion> {
    let parsed = available.iter().filter_map(|one| Some((Version::from_str(&one.version).ok()?, one)));
    parsed.rev().max_by_key(|(version, _)| version.clone()).map(|(_, one)| one)
}

/// What is left when `version` is deleted from `index`.
pub fn without(available: Vec<AvailableVersion>, index: &IndexName, version: &str) -> Vec<AvailableVersion> {
    let index = index.to_string();
    available.into_iter().filter(|one| one.index != index || one.version != version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available(versions: &[(&str, &str)]) -> Vec<AvailableVersion> {
        let of = |(version, index): &(&str, &str)| AvailableVersion {
            version: (*version).to_owned(),
            index: (*index).to_owned(),
        };
        versions.iter().map(of).collect()
    }

    fn chosen(versions: &[(&str, &str)]) -> Option<String> {
        preferred(&available(versions)).map(|one| format!("{} {}", one.version, one.index))
    }

    #[test]
    fn the_highest_final_version_is_preferred() {
        assert_eq!(chosen(&[("1.9", "a/p"), ("1.10", "a/p"), ("2.0rc1", "a/p")]).as_deref(), Some("1.10 a/p"));
        assert_eq!(chosen(&[("1.0.dev3", "a/p"), ("1.0rc1", "a/b")]).as_deref(), Some("1.0rc1 a/b"));
        assert_eq!(chosen(&[("1.0.post1", "a/p"), ("1.0", "a/p")]).as_deref(), Some("1.0.post1 a/p"));
        assert_eq!(chosen(&[("not a version", "a/p"), ("0.1", "root/pypi")]).as_deref(), Some("0.1 root/pypi"));
        assert_eq!(chosen(&[("1.0", "a/p"), ("1.0", "a/b")]).as_deref(), Some("1.0 a/p"));
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn the_highest_version_may_be_a_development_version() {
        let all = available(&[("1.9", "a/p"), ("1.10.dev0", "a/x"), ("1.10.dev0", "a/y"), ("x", "a/p")]);
        assert_eq!(highest(&all).map(|one| one.index.as_str()), Some("a/x"));
        assert_eq!(highest(&available(&[("1.10.dev0", "a/x"), ("1.10", "a/p")])).unwrap().version, "1.10");
    }

    #[test]
    fn a_base_with_the_same_version_keeps_offering_it() {
        let index = IndexName::parse("a/p").unwrap();
        let left = without(available(&[("1.0", "a/p"), ("1.0", "a/b"), ("0.9", "a/p")]), &index, "1.0");
        assert_eq!(left, available(&[("1.0", "a/b"), ("0.9", "a/p")]));
    }
}
