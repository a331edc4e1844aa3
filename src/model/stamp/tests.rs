use proptest::prelude::*;

use super::super::base_version::parse_base;
use super::*;

fn number(text: &str) -> BuildNumber {
    BuildNumber::parse(text).unwrap()
}

fn release(n: &str) -> BuildKind {
    BuildKind::Release { number: number(n) }
}

fn branch(n: &str) -> BuildKind {
    BuildKind::Branch { number: number(n) }
}

fn local(dirty: bool) -> BuildKind {
    BuildKind::Local { commit: CommitId::parse("0123456789abcdef0123456789abcdef01234567").unwrap(), dirty }
}

/// Stamps with `template` for every kind.
fn with(template: &str, base: &str, kind: &BuildKind) -> Result<String, StampError> {
    let templates = Templates { release: template.to_owned(), branch: template.to_owned(), local: template.to_owned() };
    stamp(&parse_base(base).unwrap(), kind, &templates).map(|version| version.to_string())
}

fn by_default(base: &str, kind: &BuildKind) -> Result<String, StampError> {
    stamp(&parse_base(base).unwrap(), kind, &Templates::default()).map(|version| version.to_string())
}

#[test]
fn the_default_templates_give_the_versions_of_the_specification() {
    assert_eq!(by_default("1.4", &release("057")).unwrap(), "1.4.57");
    assert_eq!(by_default("1.4.2", &release("57")).unwrap(), "1.4.2.57");
    assert_eq!(by_default("1.4", &branch("57")).unwrap(), "1.4.57.dev0");
    assert_eq!(by_default("8.5.0.dev", &branch("1")).unwrap(), "8.5.0.1.dev0");
    assert_eq!(by_default("1.4", &local(false)).unwrap(), "1.4.dev0+g01234567");
    assert_eq!(by_default("1.4", &local(true)).unwrap(), "1.4.dev0+g01234567.dirty");
    assert_eq!(by_default("1!1.04", &release("0")).unwrap(), "1!1.4.0");
}

#[test]
fn placeholders_may_be_used_freely() {
    assert_eq!(with("{base:2}.{number}", "1.4.2", &release("57")).unwrap(), "1.4.57");
    assert_eq!(with("{base}.post{number}", "1.4", &release("57")).unwrap(), "1.4.post57");
    assert_eq!(with("v{base:3}-{number}", "1.4", &release("57")).unwrap(), "1.4.0.post57");
    assert_eq!(with("{base}", "1.4", &local(true)).unwrap(), "1.4+dirty");
}

#[test]
fn a_release_branch_refuses_bases_that_are_not_final() {
    for (base, part) in [("1.4rc1", ExtraPart::Pre), ("1.4.post1", ExtraPart::Post), ("1.4+x", ExtraPart::Local)] {
        assert_eq!(
            by_default(base, &release("1")).unwrap_err(),
            StampError::BaseNotFinal { base: base.to_owned(), part }
        );
        assert_eq!(by_default(base, &branch("1")).unwrap(), "1.4.1.dev0");
        assert_eq!(by_default(base, &local(false)).unwrap(), "1.4.dev0+g01234567");
    }
}

#[test]
fn a_release_version_that_is_not_final_is_refused() {
    for template in ["{base}.{number}.dev0", "{base}rc{number}", "{base}+b{number}", "{base}.dev{number}+x"] {
        let error = with(template, "1.4", &release("1")).unwrap_err();
        assert!(matches!(error, StampError::ReleaseNotFinal { setting: "release-version", .. }), "{template}: {error}");
        assert!(with(template, "1.4", &branch("1")).is_ok(), "{template}");
    }
}

#[test]
fn errors_name_the_setting_and_the_placeholder() {
    assert_eq!(
        with("{base}.{build}", "1.4", &branch("1")).unwrap_err().to_string(),
        "branch-version \"{base}.{build}\" has the unknown placeholder {build}; supported are {base}, {base:2}, {number} and {commit}"
    );
    for unknown in ["{base:0}", "{base:x}", "{base:99999999999}", "{}", "{Base}"] {
        let error = with(unknown, "1.4", &branch("1")).unwrap_err();
        assert!(matches!(error, StampError::UnknownPlaceholder { .. }), "{unknown}: {error}");
    }
    for lone in ["{base", "base}", "{ba{se}}", "{base}}"] {
        assert!(matches!(with(lone, "1.4", &branch("1")), Err(StampError::UnmatchedBrace { .. })), "{lone}");
    }
    assert!(matches!(
        with("{base}.{number}", "1.4", &local(false)),
        Err(StampError::UnavailablePlaceholder { setting: "local-version", placeholder: "number", .. })
    ));
    assert!(matches!(
        with("{base}+{commit}", "1.4", &branch("1")),
        Err(StampError::UnavailablePlaceholder { setting: "branch-version", placeholder: "commit", .. })
    ));
    assert_eq!(
        with("{base}-{number}-SNAPSHOT", "1.4", &branch("7")).unwrap_err().to_string(),
        "branch-version \"{base}-{number}-SNAPSHOT\" gives \"1.4-7-SNAPSHOT\", which is not a PEP 440 version"
    );
}

#[test]
fn build_numbers_are_digits_only() {
    assert_eq!(number("007").get(), 7);
    assert_eq!(number("0").to_string(), "0");
    assert_eq!(number("999999999999999999").get(), 999_999_999_999_999_999);
    assert_eq!(BuildNumber::parse(""), Err(BuildNumberError::Empty));
    for bad in ["abc", " 7", "7\n", "-1", "+1", "1.2", "٣", "１"] {
        assert_eq!(BuildNumber::parse(bad), Err(BuildNumberError::NotDigits { value: bad.to_owned() }));
    }
    let long = "1".repeat(19);
    assert_eq!(
        BuildNumber::parse(&long).unwrap_err().to_string(),
        format!("build number {long:?} has 19 digits, more than 18")
    );
}

prop_compose! {
    fn bases()(numbers in proptest::collection::vec(0u64..100_000, 1..5), dev in any::<bool>()) -> String {
        let text = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
        if dev { format!("{text}.dev") } else { text }
    }
}

proptest! {
    #[test]
    fn a_build_number_is_its_digits_without_leading_zeros(digits in "[0-9]{1,18}") {
        let trimmed = digits.trim_start_matches('0');
        let expected = if trimmed.is_empty() { "0" } else { trimmed };
        prop_assert_eq!(number(&digits).to_string(), expected);
    }

    #[test]
    fn build_numbers_never_panic(text in ".{0,30}") {
        let is_number = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
        prop_assert_eq!(BuildNumber::parse(&text).is_ok(), is_number);
    }

    #[test]
    fn stamps_are_canonical(base in bases(), n in 0u64..1_000_000_000_000_000_000, dirty in any::<bool>()) {
        let n = n.to_string();
        for kind in [release(&n), branch(&n), local(dirty)] {
            let text = by_default(&base, &kind).unwrap();
            prop_assert_eq!(text.parse::<Version>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_branch_build_sorts_between_the_last_release_and_the_next(base in bases(), n in 1u64..1_000_000_000) {
        let version = |kind: &BuildKind| by_default(&base, kind).unwrap().parse::<Version>().unwrap();
        let (before, this, same) = (release(&(n - 1).to_string()), branch(&n.to_string()), release(&n.to_string()));
        prop_assert!(version(&before) < version(&this));
        prop_assert!(version(&this) < version(&same));
        prop_assert!(version(&local(true)) < version(&this));
    }

    #[test]
    fn a_release_is_final_or_refused(template in "(\\{base\\}|\\{base:2\\}|\\{number\\}|[.+]|dev|rc|post|[{}a-z]){1,6}") {
        if let Ok(text) = with(&template, "1.4", &release("57")) {
            let version: Version = text.parse().unwrap();
            prop_assert!(!version.any_prerelease() && !version.is_local());
        }
    }
}

#[test]
fn several_counters_are_joined_to_one_number() {
    let joined = |text: &str| BuildNumber::parse(text).unwrap_err().joined();
    assert_eq!(joined("57.2").as_deref(), Some("57002"));
    assert_eq!(joined("20261122.3.14").as_deref(), Some("20261122003014"));
    assert_eq!(joined("57-12").as_deref(), Some("57012"));
    for text in ["57.1000", "57.", "v57", "57.x", "1.2.3.4.5.6.7", "-5", ""] {
        assert_eq!(joined(text), None, "{text}");
    }
}
