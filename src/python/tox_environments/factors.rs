//! tox's factor expressions in INI files: `py3{9-12}-{unit,lint}`, and lines for some environments only (`lint: flake8`).
//!
//! An expression that depends on tox's version or on this machine is an error, since its result would be a guess.

use std::collections::BTreeSet;

/// Expands a list, separated by commas or line ends, into names. The error is the expression that cannot be expanded.
pub(super) fn names(list: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for line in lines(list) {
        for pattern in patterns(line) {
            let expanded = expand(pattern)?;
            if !expanded.iter().all(|name| is_name(name)) {
                return Err(pattern.to_owned());
            }
            names.extend(expanded);
        }
    }
    let mut known = BTreeSet::new();
    names.retain(|name| known.insert(name.clone()));
    Ok(names)
}

/// The lines of a value that apply to the environment `name`, without comments. The error is the line that is not understood.
pub(super) fn lines_for<'a>(value: &'a str, name: &str) -> Result<Vec<&'a str>, String> {
    let mut found = Vec::new();
    for line in lines(value) {
        let condition = line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, "")));
        match condition.filter(|(condition, _)| is_condition(condition)) {
            None => found.push(line),
            Some((condition, text)) if applies(condition, name)? => found.push(text.trim()),
            Some(_) => {}
        }
    }
    found.retain(|line| !line.is_empty());
    Ok(found)
}

/// The lines of a value without comments and empty lines.
fn lines(value: &str) -> impl Iterator<Item = &str> {
    value.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty())
}

/// Whether tox takes the text before a colon for a condition. It keeps other lines whole (`python -c "a: b"`).
fn is_condition(text: &str) -> bool {
    text.replace(", ", ",").chars().all(|c| c.is_alphanumeric() || "_.-!{},*?[]".contains(c))
}

fn applies(condition: &str, name: &str) -> Result<bool, String> {
    let factors: Vec<&str> = name.split('-').collect();
    let mut one_applies = false;
    let groups = patterns(condition).map(expand).collect::<Result<Vec<_>, _>>()?.concat();
    for group in groups {
        let all = |factor: &str| factors.contains(&factor.trim_start_matches('!')) != factor.starts_with('!');
        if group.split('-').any(|factor| !is_name(factor.trim_start_matches('!')) || is_of_the_machine(factor)) {
            return Err(condition.to_owned());
        }
        one_applies |= group.split('-').all(all);
    }
    Ok(one_applies)
}

/// tox adds the platform and the processor of the machine to the factors.
fn is_of_the_machine(factor: &str) -> bool {
    let factor = factor.trim_start_matches('!');
    ["linux", "win32", "darwin", "cygwin", "x86_64", "amd64", "arm64", "aarch64"].contains(&factor)
}

fn is_name(text: &str) -> bool {
    text.split('-').all(|factor| !factor.is_empty() && factor.chars().all(|c| c.is_alphanumeric() || "_.".contains(c)))
        && range(text).is_none()
}

/// Splits at the commas outside braces.
fn patterns(line: &str) -> impl Iterator<Item = &str> {
    let mut in_braces = false;
    let parts = line.split(move |c: char| {
        in_braces = (in_braces || c == '{') && c != '}';
        c == ',' && !in_braces
    });
    parts.map(str::trim).filter(|pattern| !pattern.is_empty())
}

/// Expands the braces of an expression.
fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let Some((before, rest)) = pattern.split_once('{') else { return Ok(vec![pattern.to_owned()]) };
    let (choices, after) = rest.split_once('}').ok_or_else(|| pattern.to_owned())?;
    let mut texts = Vec::new();
    for choice in choices.split(',').map(str::trim) {
        match range(choice) {
            None => texts.push(choice.to_owned()),
            Some((Ok(first), Ok(last))) if first <= last => texts.extend((first..=last).map(|n| n.to_string())),
            Some((Ok(first), Ok(last))) => texts.extend((last..=first).rev().map(|n| n.to_string())),
            // tox's version decides where an open range ends.
            Some(_) => return Err(pattern.to_owned()),
        }
    }
    let ends = expand(after)?;
    Ok(texts.iter().flat_map(|text| ends.iter().map(move |end| format!("{before}{text}{end}"))).collect())
}

type Bound = Result<u32, std::num::ParseIntError>;

/// The ends of `9-12`, `9-` or `-12`.
fn range(text: &str) -> Option<(Bound, Bound)> {
    let (first, last) = text.split_once('-')?;
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    (is_number(first) && is_number(last)).then(|| (first.parse(), last.parse()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_expand_as_tox_expands_them() {
        let expanded = |list: &str| names(list).unwrap().join(" ");
        assert_eq!(expanded("a, b\nc # d\n# e"), "a b c");
        assert_eq!(expanded("py3{9-11}, py3{12-11}-x"), "py39 py310 py311 py312-x py311-x");
        assert_eq!(expanded("py{39,310}-{unit, lint},docs"), "py39-unit py39-lint py310-unit py310-lint docs");
        assert_eq!(expanded("{a,b}, py-django-4-2"), "a b py-django-4-2");
        assert_eq!(expanded("py{,3}"), "py py3");
        for unclear in ["{[base]envs}", "py3{9-}", "py3{-12}", "a, {env:X}", "py{39", "a b", "unit: a", "3-5", "!a"] {
            names(unclear).unwrap_err();
        }
    }

    #[test]
    fn conditional_lines_apply_to_their_environments() {
        let of = |value: &str, name: &str| lines_for(value, name).unwrap().join("|");
        assert_eq!(of("a\nlint: b\nunit,lint: c\n!lint: d", "lint"), "a|b|c");
        assert_eq!(of("lint: true", "py39-lint"), "true");
        assert_eq!(of("py39-lint: x\npy{39,310}: y\nlint:", "py310-lint"), "y");
        assert_eq!(of("python -c \"a: b\"", "lint"), "python -c \"a: b\"");
        for unclear in ["linux: a", "py*: a", "!win32: true", "py3{9-}: a"] {
            lines_for(unclear, "py39").unwrap_err();
        }
    }
}
