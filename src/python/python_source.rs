//! Literals in Python source: `__version__ = "1.4"`, where it is imported from, and the keywords of `setup(…)`.

use std::ops::Range;

use super::python_tokens::{Kind, Token, tokens, top_level_statements};

/// What a name is bound to at the top level of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// A plain string literal; the range excludes the quotes.
    Literal(Range<usize>),
    /// Another name of the same module.
    Alias(String),
    /// A name of another module: `from ..package.module import name` (`level` is the number of dots).
    Import { level: usize, module: String, name: String },
    /// An expression, at this range.
    Computed(Range<usize>),
}

/// The last top-level binding of `name` in `text`.
pub(super) fn binding(text: &str, name: &str) -> Option<Bound> {
    let all = tokens(text);
    top_level_statements(&all).filter_map(|statement| binding_in(text, statement, name)).last()
}

fn binding_in(text: &str, statement: &[Token], name: &str) -> Option<Bound> {
    if word(text, &statement[0]) == Some("from") {
        return import_in(text, statement, name);
    }
    let parts = split_at_depth_0(statement, b'=');
    let (value, targets) = parts.split_last().filter(|(_, targets)| !targets.is_empty())?;
    let bound = targets.iter().any(|target| {
        let annotated = target.get(1).is_none_or(|token| token.is(b':'));
        annotated && target.first().and_then(|token| word(text, token)) == Some(name)
    });
    bound
        .then(|| value_of(text, value))
        .or_else(|| targets.iter().find_map(|target| unpacked(text, target, value, name)))
}

/// The binding of `name` by `A, B = 1, 2`, without a value if the items of both sides cannot be paired.
fn unpacked(text: &str, target: &[Token], value: &[Token], name: &str) -> Option<Bound> {
    let names = items(target);
    let is_name = |item: &&[Token]| matches!(item, [token] if word(text, token) == Some(name));
    let at = names.iter().position(is_name).filter(|_| target.iter().any(|token| token.is(b',')))?;
    let values = items(value);
    let stars = names.iter().chain(&values).any(|item| item.first().is_some_and(|token| token.is(b'*')));
    let paired = names.len() == values.len() && !stars;
    Some(if paired { value_of(text, values[at]) } else { Bound::Computed(0..0) })
}

/// The items of `A, B`, also in brackets.
fn items(tokens: &[Token]) -> Vec<&[Token]> {
    let inside = match tokens {
        [open, inside @ .., close]
            if open.is(b'(') && close.is(b')') && end_of_call(&tokens[1..]) == inside.len()
                || open.is(b'[') && close.is(b']') && end_of_call(&tokens[1..]) == inside.len() =>
        {
            inside
        }
        tokens => tokens,
    };
    let mut items = split_at_depth_0(inside, b',');
    items.pop_if(|last| last.is_empty());
    items
}

fn value_of(text: &str, tokens: &[Token]) -> Bound {
    match tokens {
        [open, inner @ .., close] if open.is(b'(') && close.is(b')') => match value_of(text, inner) {
            // A tuple, or a call between two other brackets.
            Bound::Computed(_) => Bound::Computed(open.whole.start..close.whole.end),
            bound => bound,
        },
        [Token { kind: Kind::Text { plain: true }, range, .. }] => Bound::Literal(range.clone()),
        [Token { kind: Kind::Name, range, .. }] => Bound::Alias(text[range.clone()].to_owned()),
        [] => Bound::Computed(0..0),
        [first, ..] => Bound::Computed(first.whole.start..tokens[tokens.len() - 1].whole.end),
    }
}

fn import_in(text: &str, statement: &[Token], name: &str) -> Option<Bound> {
    let import = statement.iter().position(|token| word(text, token) == Some("import"))?;
    let source = &statement[1..import];
    let level = source.iter().take_while(|token| token.is(b'.')).count();
    let module = source[level..].iter().map(|token| &text[token.range.clone()]).collect::<String>();
    let names: Vec<&Token> =
        statement[import + 1..].iter().filter(|token| !token.is(b'(') && !token.is(b')')).collect();
    names.split(|token| token.is(b',')).find_map(|item| {
        let words: Vec<&str> = item.iter().filter_map(|token| word(text, token)).collect();
        let (original, bound) = match words.as_slice() {
            [original] => (original, original),
            [original, "as", bound] => (original, bound),
            _ => return None,
        };
        (*bound == name).then(|| Bound::Import { level, module: module.clone(), name: (*original).to_owned() })
    })
}

/// `MODULE.NAME` at `range`, where an import of `text` binds MODULE: as if NAME was imported from that module.
pub(super) fn attribute_of_module(text: &str, range: Range<usize>) -> Option<Bound> {
    let dotted: String = text.get(range)?.split_whitespace().collect();
    let dotted = dotted.trim_matches(['(', ')']);
    let (module, name) = dotted.rsplit_once('.')?;
    if !dotted.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
        return None;
    }
    let all = tokens(text);
    let imported = top_level_statements(&all).filter_map(|statement| match word(text, &statement[0])? {
        "import" => Some((0, imported_module(text, &statement[1..], module)?)),
        "from" => match import_in(text, statement, module)? {
            Bound::Import { level, module, name } if module.is_empty() => Some((level, name)),
            Bound::Import { level, module, name } => Some((level, format!("{module}.{name}"))),
            _ => None,
        },
        _ => None,
    });
    let (level, module) = imported.last()?;
    Some(Bound::Import { level, module, name: name.to_owned() })
}

/// The module that `import a, b.c as d` binds to `name`. `import b` binds the names of its submodules too, once something imports them.
fn imported_module(text: &str, names: &[Token], name: &str) -> Option<String> {
    names.split(|token| token.is(b',')).find_map(|item| {
        let words: Vec<&str> = item.iter().filter_map(|token| word(text, token)).collect();
        match words.as_slice() {
            [path @ .., "as", bound] => (*bound == name).then(|| path.join(".")),
            path => {
                let imported = path.join(".");
                (name == imported || name.starts_with(&format!("{imported}."))).then(|| name.to_owned())
            }
        }
    })
}

fn word<'a>(text: &'a str, token: &Token) -> Option<&'a str> {
    (token.kind == Kind::Name).then(|| &text[token.range.clone()])
}

/// Splits at each `operator` outside brackets that is not part of another operator.
fn split_at_depth_0(tokens: &[Token], operator: u8) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Operator(b'(' | b'[' | b'{') => depth += 1,
            Kind::Operator(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Kind::Operator(found) if found == operator && depth == 0 && !is_double(tokens, at) => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts
}

/// Whether the `=` at `at` is part of `==`, `+=`, `<=` …
fn is_double(tokens: &[Token], at: usize) -> bool {
    let touches = |other: Option<&Token>, edge: fn(&Token, &Token) -> bool| {
        other.is_some_and(|o| {
            matches!(o.kind, Kind::Operator(b'=' | b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'|' | b'&'))
                && edge(o, &tokens[at])
        })
    };
    touches(at.checked_sub(1).and_then(|i| tokens.get(i)), |o, t| o.range.end == t.range.start)
        || touches(tokens.get(at + 1).filter(|o| o.is(b'=')), |o, t| o.range.start == t.range.end)
}

/// The value of a keyword of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyword {
    /// A literal, a name or an expression.
    pub bound: Bound,
    /// All plain strings in the expression: `read("VERSION")` contains `VERSION`.
    pub texts: Vec<String>,
}

/// Finds `keyword` in the call of `setup` in a `setup.py`.
pub(super) fn setup_keyword(text: &str, keyword: &str) -> Option<Keyword> {
    call_keyword(text, ("setup", b'='), keyword)
}

/// Finds `keyword` in the call of `project` in a `meson.build`, which has the token syntax of Python.
pub(super) fn meson_project_keyword(text: &str, keyword: &str) -> Option<Keyword> {
    call_keyword(text, ("project", b':'), keyword)
}

fn call_keyword(text: &str, (function, delimiter): (&str, u8), keyword: &str) -> Option<Keyword> {
    let all: Vec<Token> = tokens(text).into_iter().filter(|token| token.kind != Kind::Newline).collect();
    let call = all.windows(2).position(|pair| word(text, &pair[0]) == Some(function) && pair[1].is(b'('))?;
    let inside = &all[call + 2..];
    let arguments = split_at_depth_0(&inside[..end_of_call(inside)], b',');
    let value = arguments.into_iter().find_map(|argument| match argument {
        [name, colon, value @ ..] if colon.is(delimiter) && word(text, name) == Some(keyword) => Some(value),
        _ => None,
    })?;
    let plain = |token: &&Token| token.kind == Kind::Text { plain: true };
    let texts = value.iter().filter(plain).map(|token| text[token.range.clone()].to_owned()).collect();
    Some(Keyword { bound: value_of(text, value), texts })
}

fn end_of_call(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Operator(b'(' | b'[' | b'{') => depth += 1,
            Kind::Operator(b')' | b']' | b'}') if depth == 0 => return at,
            Kind::Operator(b')' | b']' | b'}') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The file paths that the source may refer to: its plain strings, and strings joined by `,` or `/`.
///
/// Covers `open("VERSION")`, `os.path.join(here, "pkg", "_version.py")` and `Path("pkg") / "_version.py"`.
pub(super) fn possible_paths(text: &str) -> Vec<String> {
    let (mut found, mut joined) = (Vec::new(), String::new());
    for token in tokens(text) {
        match token.kind {
            Kind::Text { plain: true } => {
                let part = &text[token.range];
                found.push(part.to_owned());
                if !joined.is_empty() {
                    found.push(format!("{joined}/{part}"));
                    joined.push('/');
                }
                joined.push_str(part);
            }
            Kind::Operator(b',' | b'/') => {}
            // `Path("pkg") / "_version.py"`
            Kind::Operator(b')') if text[token.range.end..].trim_start().starts_with('/') => {}
            _ => joined.clear(),
        }
    }
    found
}

/// Whether `name` occurs as an identifier in the source, outside strings and comments.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    tokens(text).iter().any(|token| word(text, token) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Option<&str> {
        match binding(text, "__version__")? {
            Bound::Literal(range) => Some(&text[range]),
            _ => None,
        }
    }

    #[test]
    fn every_way_of_writing_it_down_is_read() {
        for text in [
            "__version__ = '1.4'",
            "__version__=\"1.4\"  # the version",
            "\u{feff}__version__ = '1.4'\r\n",
            "__version__: str = '1.4'",
            "__version__: Final[str] = u'1.4'",
            "version = __version__ = '1.4'",
            "__version__ = version = '1.4'",
            "__version__ = (\n    '1.4'  # here\n)",
            "__version__ = \\\n    '1.4'",
            "'''doc\n__version__ = '0'\n'''\n__version__ = '1.4'",
            "x = {'__version__': '0'}; y = [\n__version__ == '9']\n__version__ = \"\"\"1.4\"\"\"",
        ] {
            assert_eq!(literal(text), Some("1.4"), "{text:?}");
        }
    }

    #[test]
    fn what_would_have_to_be_run_is_not_guessed() {
        for text in [
            "def f():\n    __version__ = '1.4'",
            "__version__ = version('x')",
            "__version__ = '1' '.4'",
            "__version__ = f'{x}'",
            "__version__ == '1.4'",
            "__version__ += '1.4'",
            "# __version__ = '1.4'",
            "x.__version__ = '1.4'",
        ] {
            assert_eq!(literal(text), None, "{text:?}");
        }
    }

    #[test]
    fn keywords_of_setup_are_found() {
        let text = "import setuptools\nif 1:\n  setuptools.setup(\n    name = 'x',  # n\n    extras={'version': ['a=1']},\n    version=read('VERSION')[0],\n  )\n";
        assert_eq!(setup_keyword(text, "version").unwrap().texts, ["VERSION"]);
        assert!(matches!(setup_keyword(text, "version").unwrap().bound, Bound::Computed(_)));
        assert!(matches!(setup_keyword(text, "name").unwrap().bound, Bound::Literal(_)));
        assert_eq!(setup_keyword(text, "extras_require"), None);
        assert_eq!(setup_keyword("setup(", "name"), None);
    }

    #[test]
    fn paths_are_put_together_as_they_are_written() {
        let text = "open(os.path.join(here, 'a', 'b.py'), 'r')\nx = Path('c') / \"d\" / 'e.py'\nf('g'); h('i')\n";
        let found = possible_paths(text);
        for path in ["a", "b.py", "a/b.py", "c/d/e.py", "g", "i"] {
            assert!(found.iter().any(|text| text == path), "{path} in {found:?}");
        }
        assert!(!found.iter().any(|text| text == "g/i" || text.starts_with("a/b.py/")), "{found:?}");
    }
}
