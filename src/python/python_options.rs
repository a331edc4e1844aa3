//! Options in Python source: `{"key": "value"}` and `dict(key="value")`, for tools that `setup.py` configures.

use super::python_source::{Bound, binding};
use super::python_tokens::{Kind, Token, tokens};

/// The string that `key` has somewhere in the source.
pub(super) fn option(text: &str, key: &str) -> Option<String> {
    options(text, key).into_iter().next()
}

/// The strings of the list, tuple or string that `key` has somewhere in the source.
pub(super) fn options(text: &str, key: &str) -> Vec<String> {
    let all: Vec<Token> = tokens(text).into_iter().filter(|token| token.kind != Kind::Newline).collect();
    let is_key = |pair: &[Token]| {
        let delimiter = match pair[0].kind {
            Kind::Text { .. } => b':',
            Kind::Name => b'=',
            _ => return false,
        };
        &text[pair[0].range.clone()] == key && pair[1].is(delimiter)
    };
    let Some(at) = all.windows(2).position(is_key) else { return Vec::new() };
    match &all[at + 2..] {
        [first, rest @ ..] if first.is(b'[') || first.is(b'(') => {
            let inside = rest.iter().take_while(|token| !token.is(b']') && !token.is(b')'));
            inside.filter_map(|token| value(text, token)).collect()
        }
        [first, ..] => value(text, first).into_iter().collect(),
        [] => Vec::new(),
    }
}

/// The value of a string, or of a name that is bound to one.
fn value(text: &str, token: &Token) -> Option<String> {
    match token.kind {
        Kind::Text { plain: true } => Some(text[token.range.clone()].to_owned()),
        Kind::Text { plain: false } => with_unknown_escapes(text, token),
        Kind::Name => match binding(text, &text[token.range.clone()])? {
            Bound::Literal(range) => Some(text[range].to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// The value of a string whose escapes Python does not know, and keeps: `'\d'`, as in a pattern without `r`.
fn with_unknown_escapes(text: &str, token: &Token) -> Option<String> {
    let before = text[..token.range.start].trim_end_matches(['"', '\'']);
    let is_text = !before.ends_with(['f', 'F', 'b', 'B', 't', 'T']);
    let found = &text[token.range.clone()];
    let mut escapes = found.split('\\').skip(1);
    let unknown = |rest: &str| rest.starts_with(|c: char| "dDwWsSBAZ.-+*?()[]{}|^$/".contains(c));
    (is_text && escapes.all(unknown)).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_lists_and_names_are_values() {
        let text = "P = 'p-'\nopts = {'a': 'x', \"b\": ['y', P, 1], 'c': r'\\d', 'd': '^\\d+\\.', 'e': '\\n', 'f': f'{x}'}\nf(g=('z',), h=P)\n";
        let found = |key: &str| options(text, key);
        assert_eq!(found("a"), ["x"]);
        assert_eq!(found("b"), ["y", "p-"]);
        assert_eq!((found("c"), found("d")), (vec!["\\d".to_owned()], vec!["^\\d+\\.".to_owned()]));
        assert_eq!((found("g"), found("h")), (vec!["z".to_owned()], vec!["p-".to_owned()]));
        for none in ["e", "f", "x", "opts"] {
            assert_eq!(option(text, none), None, "{none}");
        }
    }
}
