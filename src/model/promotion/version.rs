//! Compares versions that differ in their build number only.

use std::str::FromStr;

use pep440_rs::Version;

/// Whether two versions are builds of the same base: `1.4.57` and `1.4.60` are, `1.4.57` and `1.5.3` are not.
///
/// Compares the versions themselves, because the base version in the repository may have changed since. The build number is the last
/// component (`{base}.{number}`, as releases are by default), or the post part where there is one.
pub fn is_same_base(one: &str, other: &str) -> bool {
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => base_of(&one) == base_of(&other),
        _ => false,
    }
}

/// Whether `version` is a release: PEP 440, and no pre, development or local version.
pub(super) fn is_final(version: &str) -> bool {
    parse(version).is_some_and(|version| !version.any_prerelease() && !version.is_local())
}

/// The highest of `versions` above `version` with the same base. Invalid versions are skipped.
pub fn highest_above<'a>(version: &str, versions: &'a [String]) -> Option<&'a str> {
    let ours = parse(version)?;
    versions
        .iter()
        .filter(|other| is_same_base(version, other))
        .filter_map(|other| Some((parse(other)?, other.as_str())))
        .filter(|(other, _)| *other > ours)
        .max_by(|(one, _), (other, _)| one.cmp(other))
        .map(|(_, text)| text)
}

fn parse(version: &str) -> Option<Version> {
    Version::from_str(version).ok()
}

/// Epoch and base of a version: what the builds of one base have in common.
pub fn base_of(version: &Version) -> (u64, Vec<u64>) {
    let mut components = version.release().to_vec();
    if version.post().is_none() {
        components.pop();
    }
    (version.epoch(), components)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_of_one_base_differ_in_the_number_only() {
        for (one, other, same) in [
            ("1.4.57", "1.4.60", true),
            ("1.4.57", "1.5.3", false),
            ("1.4.57", "1.4.57.1", false),
            ("1.4.2.57", "1.4.2.9", true),
            ("1.4.2.57", "1.4.3.9", false),
            ("1.4.post57", "1.4.post60", true),
            ("1.4.post57", "1.5.post60", false),
            ("1!1.4.57", "1.4.60", false),
            ("57", "60", true),
            ("1.4.57", "no version", false),
        ] {
            assert_eq!(is_same_base(one, other), same, "{one} {other}");
            assert_eq!(is_same_base(other, one), same, "{other} {one}");
        }
    }

    #[test]
    fn pre_development_and_local_versions_are_not_final() {
        for version in ["1.4.57", "1.4", "57", "1!1.4.57", "1.4.post57", "v1.4.57"] {
            assert!(is_final(version), "{version}");
        }
        for version in
            ["1.4.6.dev0", "1.4a1", "1.4.6rc2", "1.4.post1.dev3", "1.4+gabc", "1.4.6+local.1", "no version", ""]
        {
            assert!(!is_final(version), "{version}");
        }
    }

    #[test]
    fn the_highest_is_found_by_number_not_by_text() {
        let versions: Vec<String> = ["1.4.9", "1.4.60", "1.4.100", "1.5.1", "x"].map(str::to_owned).into();
        assert_eq!(highest_above("1.4.57", &versions), Some("1.4.100"));
        assert_eq!(highest_above("1.4.100", &versions), None);
        assert_eq!(highest_above("1.4.0100", &versions), None);
        assert_eq!(highest_above("2.0.1", &versions), None);
        assert_eq!(highest_above("x", &versions), None);
    }
}
