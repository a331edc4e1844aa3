//! The options of setuptools-scm about tags, which hatch-vcs, flit_scm and scikit-build-core share with it.

use toml_edit::Item;

use super::tag_rule::{Parents, SCM_PATTERN, TagKinds, TagPattern, TagRule};
use crate::python::python_options::{option, options};

/// What the project configures about tags.
#[derive(Debug, Default)]
struct ScmOptions {
    describe: Option<Vec<String>>,
    regex: Option<String>,
    prefix: Option<String>,
    strict: bool,
}

/// The rule in a table: `[tool.setuptools_scm]`, `[tool.hatch.version.raw-options]`; `tag_regex` overrides the table's.
pub(super) fn of_table(table: Option<&Item>, tag_regex: Option<&str>) -> TagRule {
    let at = |path: &[&str]| path.iter().try_fold(table?, |item, key| item.get(key));
    let text = |path: &[&str]| at(path).and_then(Item::as_str).map(str::to_owned);
    let command = at(&["git_describe_command"]).or_else(|| at(&["scm", "git", "describe_command"]));
    let describe = command.and_then(|command| match command.as_array() {
        Some(words) => Some(words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()),
        None => shlex::split(command.as_str()?),
    });
    let regex = tag_regex.filter(|regex| !regex.is_empty()).map(str::to_owned);
    rule(ScmOptions {
        describe,
        regex: regex.or_else(|| text(&["tag_regex"])).or_else(|| text(&["tag", "regex"])),
        prefix: text(&["tag", "prefix"]),
        strict: at(&["tag", "strict"]).and_then(Item::as_bool) == Some(true),
    })
}

/// The rule in `setup.py`: literals in the dictionary of `use_scm_version`; `None` if it has none.
pub(super) fn of_setup_py(text: &str) -> Option<TagRule> {
    let describe = match options(text, "git_describe_command") {
        words if words.len() == 1 => shlex::split(&words[0]),
        words if words.is_empty() => None,
        words => Some(words),
    };
    let regex = option(text, "tag_regex");
    let has_options = describe.is_some() || regex.is_some();
    has_options.then(|| rule(ScmOptions { describe, regex, ..ScmOptions::default() }))
}

fn rule(options: ScmOptions) -> TagRule {
    let prefix = options.prefix.unwrap_or_default();
    let pattern = TagPattern::Scm(options.regex.unwrap_or_else(|| SCM_PATTERN.to_owned()));
    match options.describe.as_deref().and_then(described) {
        Some(rule) => TagRule { prefix, pattern, ..rule },
        None => {
            let version = if options.strict { "*[0-9]*.*[0-9]*" } else { "*[0-9]*" };
            TagRule { matches: vec![format!("{prefix}{version}")], prefix, pattern, ..TagRule::default() }
        }
    }
}

/// The selection of tags in a command line of `git describe`; `None` for another command.
fn described(command: &[String]) -> Option<TagRule> {
    let start = command.iter().position(|word| word == "describe")?;
    let mut rule = TagRule { kinds: TagKinds::Annotated, ..TagRule::default() };
    let mut words = command[start + 1..].iter().map(String::as_str);
    while let Some(word) = words.next() {
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        match name {
            "--tags" => rule.kinds = TagKinds::All,
            "--first-parent" => rule.parents = Parents::First,
            "--match" => rule.matches.extend(value.take().or_else(|| words.next()).map(str::to_owned)),
            "--exclude" => rule.excludes.extend(value.take().or_else(|| words.next()).map(str::to_owned)),
            _ => {}
        }
    }
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> TagRule {
        let document = toml_edit::Document::parse(text.to_owned()).unwrap();
        of_table(document.as_item().get("t"), None)
    }

    #[test]
    fn a_describe_command_selects_tags_as_string_and_as_list() {
        for text in [
            "t.git_describe_command = 'git describe --dirty --tags --long --match \"py-v*\" --exclude=\"*rc*\"'",
            "t.git_describe_command = ['git', 'describe', '--tags', '--match=py-v*', '--exclude', '*rc*']",
            "[t.scm.git]\ndescribe_command = 'git describe --tags --long --match py-v* --exclude *rc*'",
        ] {
            let rule = of(text);
            assert_eq!((rule.matches, rule.excludes), (vec!["py-v*".to_owned()], vec!["*rc*".to_owned()]), "{text}");
            assert_eq!((rule.kinds, rule.parents), (TagKinds::All, Parents::All));
        }
        let rule = of("t.git_describe_command = 'git -C . describe --first-parent --match a* --match b*'");
        assert_eq!((rule.kinds, rule.parents, rule.matches.len()), (TagKinds::Annotated, Parents::First, 2));
        assert_eq!(of("t.git_describe_command = 'my-script'").matches, ["*[0-9]*"]);
    }

    #[test]
    fn the_table_of_tags_has_prefix_regex_and_strictness() {
        let rule = of("[t.tag]\nprefix = 'demo-v'\nstrict = true\n");
        assert_eq!(
            (rule.prefix.as_str(), rule.matches.as_slice()),
            ("demo-v", &["demo-v*[0-9]*.*[0-9]*".to_owned()][..])
        );
        assert_eq!(of("[t]\ntag_regex = 'a(.*)'").pattern, TagPattern::Scm("a(.*)".to_owned()));
        assert_eq!(of("[t.tag]\nregex = 'a(.*)'").pattern, TagPattern::Scm("a(.*)".to_owned()));
    }

    #[test]
    fn setup_py_may_hold_them_as_a_dictionary_or_as_keywords() {
        for text in [
            "setup(use_scm_version={'git_describe_command': 'git describe --tags --match \"py-*\"', \"tag_regex\": r'^py-(.*)$'})",
            "setup(use_scm_version=dict(git_describe_command=['git', 'describe', '--tags', '--match', 'py-*'], tag_regex=r'^py-(.*)$'))",
        ] {
            let rule = of_setup_py(text).unwrap();
            assert_eq!(rule.matches, ["py-*"], "{text}");
            assert_eq!(rule.pattern, TagPattern::Scm("^py-(.*)$".to_owned()), "{text}");
        }
        assert_eq!(of_setup_py("setup(use_scm_version=True)"), None);
    }
}
