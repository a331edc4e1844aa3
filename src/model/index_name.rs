//! What a branch's index may be called, and what a claim on it is called.
//!
//! A name is only where one looks: whose index it is, its record says. So two branches whose slugs meet each get an index of their
//! own, the second one under the name with the hash.

use sha2::{Digest, Sha256};

use super::names::{BranchName, ProjectName, RepositoryName};

/// The template of index names where nothing is configured.
pub const DEFAULT_INDEX_TEMPLATE: &str = "{branch}";

/// The most bytes of a branch index's name. devpi takes names up to 255 bytes and then fails at the first upload; the rest is room
/// for the claim's suffix.
pub const MAX_INDEX_NAME: usize = 120;

/// What stands between a branch index's name and the rest of a claim's name. A dot never occurs in a slug.
const CLAIM_INFIX: &str = ".claim-";

/// A template for index names that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexTemplateError {
    /// All branches would have the same index.
    #[error("index name template {template:?} does not contain {{branch}}")]
    NoBranch {
        /// The template.
        template: String,
    },
    /// Something in braces that we do not know.
    #[error(
        "index name template {template:?} has the unknown placeholder {{{placeholder}}}; known are {{branch}} and {{repository}}"
    )]
    UnknownPlaceholder {
        /// The template.
        template: String,
        /// What stands between the braces.
        placeholder: String,
    },
    /// A brace without its partner.
    #[error("index name template {template:?} has a brace without its partner")]
    UnmatchedBrace {
        /// The template.
        template: String,
    },
}

/// Lower case, every run of other than `[a-z0-9]` one `-`, none at the ends. Empty where nothing is left.
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.to_lowercase().chars() {
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

/// The names under which the index of `branch` is looked for, and created, in this order: `<name>`, then `<name>-<hash>`.
///
/// The first is missing where the slug is empty or had to be cut. The caller passes over the production index's name, which a branch
/// never gets.
pub fn index_candidates(
    template: &str,
    repository: &RepositoryName,
    branch: &BranchName,
) -> Result<Vec<String>, IndexTemplateError> {
    let whole = slug(&fill(template, repository, branch)?);
    let hash = hex_prefix(&[repository.as_str(), branch.as_str()], 7);
    let mut stem = whole.as_str();
    if stem.len() > MAX_INDEX_NAME - 1 - hash.len() {
        stem = stem[..MAX_INDEX_NAME - 1 - hash.len()].trim_end_matches('-');
    }
    let hashed = if stem.is_empty() { hash } else { format!("{stem}-{hash}") };
    if whole.is_empty() || whole.len() > MAX_INDEX_NAME { Ok(vec![hashed]) } else { Ok(vec![whole, hashed]) }
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

/// What a claim is about: one build of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimSubject<'a> {
    /// The project that is being built.
    pub project: &'a ProjectName,
    /// Its version, canonical.
    pub version: &'a str,
    /// `any`, or interpreter and platform of a native wheel.
    pub slot: &'a str,
}

/// The name of the `n`th claim (from 1) on `subject` at the branch index `index` (the part after `USER/`).
pub fn claim_name(index: &str, subject: &ClaimSubject<'_>, n: u32) -> String {
    let hash = hex_prefix(&[subject.project.as_str(), subject.version, subject.slot], 12);
    format!("{index}{CLAIM_INFIX}{hash}-{n}")
}

/// The branch index that the claim `name` belongs to; `None` where `name` is not a claim's.
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
            ("🎉", ""),
            ("größe", "gr-e"),
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
        let emoji = candidates("{branch}", "🎉");
        assert_eq!(emoji.len(), 1);
        assert_eq!(emoji[0].len(), 7);
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
            "index name template \"{user}-{branch}\" has the unknown placeholder {user}; known are {branch} and {repository}"
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
