//! Names of branch indexes and claims.
//!
//! A name is a place to look up; the record on the index identifies its branch. Two branches with the same slug therefore get an index
//! each, the second one under the name with a hash.

use deunicode::deunicode_with_tofu;
use sha2::{Digest, Sha256};

use super::names::{BranchName, ProjectName, RepositoryName};

/// The default template of index names.
pub const DEFAULT_INDEX_TEMPLATE: &str = "{branch}";

/// The maximum length of a branch index's name in bytes. devpi accepts names of 255 bytes, but the first upload to a longer one fails;
/// the difference is reserved for the suffix of a claim.
pub const MAX_INDEX_NAME: usize = 120;

/// The separator between a branch index's name and the suffix of a claim. A slug contains no dot.
const CLAIM_INFIX: &str = ".claim-";

/// An invalid template for index names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexTemplateError {
    /// The template lacks `{branch}`, so all branches would share one index.
    #[error("index name template {template:?} does not contain {{branch}}")]
    NoBranch {
        /// The template.
        template: String,
    },
    /// An unknown placeholder.
    #[error(
        "index name template {template:?} has the unknown placeholder {{{placeholder}}}; supported are {{branch}} and {{repository}}"
    )]
    UnknownPlaceholder {
        /// The template.
        template: String,
        /// The text between the braces.
        placeholder: String,
    },
    /// An unmatched brace.
    #[error("index name template {template:?} has an unmatched brace")]
    UnmatchedBrace {
        /// The template.
        template: String,
    },
}

/// Transliterates to ASCII (`ü` to `u`, 🚀 to `rocket`), converts to lower case, replaces each run of other characters than `[a-z0-9]` by
/// one `-`, and trims `-`. May be empty.
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in deunicode_with_tofu(text, "-").to_ascii_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    if slug.ends_with('-') {
        slug.pop();
    }
    slug
}

/// The names to look up and create the index of `branch` under, in this order: `<name>`, `<name>-<hash>`.
///
/// The first one is missing when the slug is empty, transliterated or truncated: many names would have the same. The caller skips the name of
/// the production index.
pub fn index_candidates(
    template: &str,
    repository: &RepositoryName,
    branch: &BranchName,
) -> Result<Vec<String>, IndexTemplateError> {
    let filled = fill(template, repository, branch)?;
    let whole = slug(&filled);
    let hash = hex_prefix(&[repository.as_str(), branch.as_str()], 7);
    let mut stem = whole.as_str();
    if stem.len() > MAX_INDEX_NAME - 1 - hash.len() {
        stem = stem[..MAX_INDEX_NAME - 1 - hash.len()].trim_end_matches('-');
    }
    let hashed = if stem.is_empty() { hash } else { format!("{stem}-{hash}") };
    let is_exact = filled.is_ascii() && !whole.is_empty() && whole.len() <= MAX_INDEX_NAME;
    if is_exact { Ok(vec![whole, hashed]) } else { Ok(vec![hashed]) }
}

fn fill(template: &str, repository: &RepositoryName, branch: &BranchName) -> Result<String, IndexTemplateError> {
    let template_text = || template.to_owned();
    let mut filled = String::new();
    let mut has_branch = false;
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let end = after.find(['{', '}']);
        let Some(end) = end.filter(|&end| rest[at..].starts_with('{') && after[end..].starts_with('}')) else {
            return Err(IndexTemplateError::UnmatchedBrace { template: template_text() });
        };
        match &after[..end] {
            "branch" => {
                has_branch = true;
                filled.push_str(branch.as_str());
            }
            "repository" => filled.push_str(repository.as_str()),
            other => {
                return Err(IndexTemplateError::UnknownPlaceholder {
                    template: template_text(),
                    placeholder: other.to_owned(),
                });
            }
        }
        rest = &after[end + 1..];
    }
    filled.push_str(rest);
    if has_branch { Ok(filled) } else { Err(IndexTemplateError::NoBranch { template: template_text() }) }
}

/// The slot of builds that fit every interpreter.
pub const ANY_SLOT: &str = "any";

/// The subject of a claim: one build of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimSubject<'a> {
    /// The project.
    pub project: &'a ProjectName,
    /// The canonical version.
    pub version: &'a str,
    /// [`ANY_SLOT`], or the compatibility tag of a native wheel.
    pub slot: &'a str,
}

/// The name of claim number `n` (from 1) on `subject` for the branch index `index` (the part after `USER/`).
pub fn claim_name(index: &str, subject: &ClaimSubject<'_>, n: u32) -> String {
    let hash = hex_prefix(&[subject.project.as_str(), subject.version, subject.slot], 12);
    format!("{index}{CLAIM_INFIX}{hash}-{n}")
}

/// The branch index that the claim `name` belongs to; `None` when `name` is not that of a claim.
pub fn index_of_claim(name: &str) -> Option<&str> {
    let (index, suffix) = name.split_once(CLAIM_INFIX)?;
    let (hash, n) = suffix.split_once('-')?;
    let well_formed = hash.len() == 12
        && hash.bytes().all(|b| b.is_ascii_hexdigit())
        && !n.is_empty()
        && n.bytes().all(|b| b.is_ascii_digit());
    well_formed.then_some(index)
}

/// The first `digits` hexadecimal digits of the sha256 of `parts`, joined with NUL.
fn hex_prefix(parts: &[&str], digits: usize) -> String {
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    let mut hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(digits);
    hex
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::names::{IndexName, UserName};
    use super::*;

    fn candidates(template: &str, branch: &str) -> Vec<String> {
        let repository = RepositoryName::parse("acme/shiny").unwrap();
        index_candidates(template, &repository, &BranchName::parse(branch).unwrap()).unwrap()
    }

    #[test]
    fn slugs_are_made_of_lower_case_letters_digits_and_single_dashes() {
        for (text, expected) in [
            ("main", "main"),
            ("feature/Foo-Bar", "feature-foo-bar"),
            ("release/1.4.x", "release-1-4-x"),
            ("--a__b//", "a-b"),
            ("!?", ""),
            ("größe", "grosse"),
            ("feature/Ünïcode 🚀", "feature-unicode-rocket"),
            ("u\u{308}ber", "uber"),
            ("фикс/北京", "fiks-bei-jing"),
            ("a\u{200b}b\u{202e}c\u{e000}d", "a-bc-d"),
            ("Ω≈½", "o-1-2"),
        ] {
            assert_eq!(slug(text), expected, "{text}");
        }
    }

    #[test]
    fn a_branch_is_looked_for_by_its_slug_and_then_with_the_hash() {
        // printf 'acme/shiny\0feature/x' | sha256sum
        assert_eq!(candidates("{branch}", "feature/x"), ["feature-x", "feature-x-fce8727"]);
        assert_eq!(candidates("{repository}-{branch}", "x")[0], "acme-shiny-x");
    }

    #[test]
    fn branches_whose_slugs_meet_differ_in_the_second_name() {
        let (one, other) = (candidates("{branch}", "feature/x"), candidates("{branch}", "feature-x"));
        assert_eq!(one[0], other[0]);
        assert_ne!(one[1], other[1]);
    }

    #[test]
    fn an_empty_or_cut_slug_has_only_the_name_with_the_hash() {
        let empty = candidates("{branch}", "!!");
        assert_eq!(empty.len(), 1);
        assert_eq!(empty[0].len(), 7);
        let rocket = candidates("{branch}", "feature/Ünï-🚀");
        assert_eq!((rocket.len(), &rocket[0][..19]), (1, "feature-uni-rocket-"));
        let long = candidates("{branch}", &"a".repeat(250));
        assert_eq!(long.len(), 1);
        assert_eq!(long[0].len(), MAX_INDEX_NAME);
        let just_fits = candidates("{branch}", &"a".repeat(MAX_INDEX_NAME));
        assert_eq!(just_fits[0].len(), MAX_INDEX_NAME);
        assert_eq!(just_fits[1].len(), MAX_INDEX_NAME);
        assert_eq!(candidates("{branch}", &"a".repeat(MAX_INDEX_NAME + 1)).len(), 1);
    }

    #[test]
    fn templates_are_checked() {
        let repository = RepositoryName::parse("r").unwrap();
        let branch = BranchName::parse("b").unwrap();
        let error = |template: &str| index_candidates(template, &repository, &branch).unwrap_err();
        assert!(matches!(error("x"), IndexTemplateError::NoBranch { .. }));
        assert!(matches!(error("{repository}"), IndexTemplateError::NoBranch { .. }));
        for lone in ["{branch", "branch}", "{bra{branch}", "{branch}}"] {
            assert!(matches!(error(lone), IndexTemplateError::UnmatchedBrace { .. }), "{lone}");
        }
        assert_eq!(
            error("{user}-{branch}").to_string(),
            "index name template \"{user}-{branch}\" has the unknown placeholder {user}; supported are {branch} and {repository}"
        );
    }

    #[test]
    fn a_claim_names_the_index_it_belongs_to() {
        let project = ProjectName::parse("demo-pkg").unwrap();
        let subject = ClaimSubject { project: &project, version: "1.4.57", slot: "any" };
        let name = claim_name("feature-x", &subject, 2);
        assert!(name.starts_with("feature-x.claim-") && name.ends_with("-2"), "{name}");
        assert_eq!(name.len(), "feature-x.claim-".len() + 12 + 2);
        assert_eq!(index_of_claim(&name), Some("feature-x"));
        assert_ne!(name, claim_name("feature-x", &ClaimSubject { slot: "cp311-linux", ..subject }, 2));
        for other in ["feature-x", "a.claim-", "a.claim-0123-1", "a.claim-0123456789ab-x", "a.claim-0123456789ab"] {
            assert_eq!(index_of_claim(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_is_clean_and_its_own_slug(text in ".*") {
            let once = slug(&text);
            prop_assert!(once.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
            prop_assert_eq!(slug(&once), once);
        }

        #[test]
        fn every_branch_has_a_name_that_devpi_takes(branch in "[^\\p{Cc}]{1,300}", prefix in "[a-z.@/-]{0,130}") {
            let user = UserName::parse("acme").unwrap();
            let Ok(branch) = BranchName::parse(&branch) else { return Ok(()) };
            let repository = RepositoryName::parse("acme/shiny").unwrap();
            let names = index_candidates(&format!("{prefix}{{branch}}"), &repository, &branch).unwrap();
            prop_assert!(!names.is_empty() && names.len() <= 2);
            for name in &names {
                prop_assert!(name.len() <= MAX_INDEX_NAME);
                prop_assert!(IndexName::new(&user, name).is_ok());
                prop_assert_eq!(slug(name), name.clone());
                prop_assert_eq!(index_of_claim(name), None);
            }
        }

        #[test]
        fn templates_never_panic(template in "[{}a-z🎉]{0,20}") {
            let _ = index_candidates(&template, &RepositoryName::parse("r").unwrap(), &BranchName::parse("b").unwrap());
        }
    }
}
