//! Literals in Python source: `__version__ = "1.4"`, where it is imported from, and the keywords of `setup(…)`.

use std::ops::Range;
use std::path::Path;

use super::error::Error;
use super::python_tokens::{Kind, Token, tokens, top_level_statements};
use super::source_tree::SourceTree;

/// The maximum number of imports and aliases to follow.
const MAX_STEPS: usize = 6;

/// What a name is bound to at the top level of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// A plain string literal; the range excludes the quotes.
    Literal(Range<usize>),
    /// Another name of the same module.
    Alias(String),
    /// A name of another module: `from ..package.module import name` (`level` is the number of dots).
    Import { level: usize, module: String, name: String },
    /// An expression that Python would have to evaluate.
    Computed,
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
    bound.then(|| value_of(text, value))
}

fn value_of(text: &str, tokens: &[Token]) -> Bound {
    match tokens {
        [open, inner @ .., close] if open.is(b'(') && close.is(b')') => value_of(text, inner),
        [Token { kind: Kind::Text { plain: true }, range, .. }] => Bound::Literal(range.clone()),
        [Token { kind: Kind::Name, range, .. }] => Bound::Alias(text[range.clone()].to_owned()),
        _ => Bound::Computed,
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

/// The location of a literal: the file, and the name that it is bound to there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiteralLocation {
    pub path: String,
    pub name: String,
}

/// The end of a search for a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Followed {
    /// The literal.
    Literal(LiteralLocation),
    /// The file that ends the search, and why.
    DeadEnd { path: String, reason: String },
}

/// Follows a name through aliases and imports to its literal.
///
/// `roots` are the folders for absolute imports.
pub(super) fn follow(tree: SourceTree<'_>, start: LiteralLocation, roots: &[String]) -> Result<Followed, Error> {
    let mut location = start;
    let dead_end = |path: String, reason: String| Ok(Followed::DeadEnd { path, reason });
    for _ in 0..MAX_STEPS {
        let Some(file) = tree.text(&location.path)? else {
            return dead_end(location.path, "the file does not exist".to_owned());
        };
        match binding(file.text(), &location.name) {
            Some(Bound::Literal(_)) => return Ok(Followed::Literal(location)),
            Some(Bound::Alias(name)) => location.name = name,
            Some(Bound::Import { level, module, name }) => {
                let roots = if level == 0 { roots.to_vec() } else { relative_root(&location.path, level) };
                let Some(path) = find_module(tree, &roots, &module) else {
                    let path = untracked_module(tree, &roots, &module).unwrap_or(location.path);
                    return dead_end(path, format!("the module {module} does not exist"));
                };
                location = LiteralLocation { path, name };
            }
            Some(Bound::Computed) => return dead_end(location.path, format!("its {} is not a literal", location.name)),
            None => return dead_end(location.path, format!("it has no {}", location.name)),
        }
    }
    dead_end(location.path, format!("too many imports lead to {}", location.name))
}

/// The folder that a relative import of `level` dots starts from.
fn relative_root(path: &str, level: usize) -> Vec<String> {
    let mut folder = Path::new(path);
    for _ in 0..level {
        let Some(parent) = folder.parent() else { return Vec::new() };
        folder = parent;
    }
    vec![folder.to_string_lossy().replace('\\', "/")]
}

/// Finds the file of the dotted `module` in the first of `roots` that has it: `a/b.py` or `a/b/__init__.py`, relative to the project.
pub(super) fn find_module(tree: SourceTree<'_>, roots: &[String], module: &str) -> Option<String> {
    module_paths(roots, module).find(|path| tree.has(path))
}

/// The untracked file that [`find_module`] passes over.
pub(super) fn untracked_module(tree: SourceTree<'_>, roots: &[String], module: &str) -> Option<String> {
    module_paths(roots, module).find(|path| tree.is_untracked(path))
}

fn module_paths(roots: &[String], module: &str) -> impl Iterator<Item = String> {
    let parts = module.replace('.', "/");
    roots.iter().flat_map(move |root| {
        let prefix = match root.trim_end_matches('/') {
            "" | "." => String::new(),
            root => format!("{root}/"),
        };
        if parts.is_empty() {
            vec![format!("{prefix}__init__.py")]
        } else {
            vec![format!("{prefix}{parts}/__init__.py"), format!("{prefix}{parts}.py")]
        }
    })
}

/// The value of a keyword of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyword {
    /// A literal or a name, else [`Bound::Computed`].
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
    fn a_name_is_followed_to_its_literal() {
        let dir = tempfile::tempdir().unwrap();
        let package = dir.path().join("src/pkg");
        std::fs::create_dir_all(package.join("sub")).unwrap();
        std::fs::write(package.join("__init__.py"), "from .sub import (\n  other,\n  ver as __version__,\n)\n")
            .unwrap();
        std::fs::write(package.join("sub/__init__.py"), "from ..data import V as ver\n").unwrap();
        std::fs::write(package.join("data.py"), "from pkg._v import _x\nV = _x\n").unwrap();
        std::fs::write(package.join("_v.py"), "_x = '1.4'\n").unwrap();
        let start = LiteralLocation { path: "src/pkg/__init__.py".into(), name: "__version__".into() };
        let found = follow(SourceTree::all(dir.path()), start, &["src".into()]).unwrap();
        assert_eq!(found, Followed::Literal(LiteralLocation { path: "src/pkg/_v.py".into(), name: "_x".into() }));
    }

    #[test]
    fn a_circle_of_imports_ends() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.py"), "from b import v\n").unwrap();
        std::fs::write(dir.path().join("b.py"), "from a import v\n").unwrap();
        let start = LiteralLocation { path: "a.py".into(), name: "v".into() };
        let found = follow(SourceTree::all(dir.path()), start, &[".".into()]).unwrap();
        assert!(matches!(found, Followed::DeadEnd { .. }), "{found:?}");
    }

    #[test]
    fn keywords_of_setup_are_found() {
        let text = "import setuptools\nif 1:\n  setuptools.setup(\n    name = 'x',  # n\n    extras={'version': ['a=1']},\n    version=read('VERSION')[0],\n  )\n";
        assert_eq!(setup_keyword(text, "version").unwrap().texts, ["VERSION"]);
        assert_eq!(setup_keyword(text, "version").unwrap().bound, Bound::Computed);
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
