//! Evaluates the expressions of Python source that need no code of the project: strings, numbers, sequences, and what joins them.
//!
//! For versions (`".".join(map(str, VERSION))`) and paths of version files (`os.path.join(HERE, NAME, "_version.py")`). Everything
//! else has no value here.

use std::ops::Range;

use super::python_source::{Bound, binding};
use super::python_tokens::{Kind, Token, tokens};
use super::python_value::{Arguments, Value, combine, method, parent, replace_fields};

/// The maximum depth of names and calls.
const MAX_DEPTH: usize = 12;

/// The value of the expression at `range` of `source`.
pub(super) fn evaluate(source: &str, range: Range<usize>) -> Option<Value> {
    let inside = |token: &Token| token.whole.start >= range.start && token.whole.end <= range.end;
    let all: Vec<Token> = tokens(source).into_iter().filter(|t| inside(t) && t.kind != Kind::Newline).collect();
    Evaluator { source, depth: 0 }.value(&all)
}

/// The name of the sequence that the expression at `range` joins with dots: `".".join(map(str, VERSION))` has `VERSION`.
pub(super) fn joined_name(source: &str, range: Range<usize>) -> Option<String> {
    let all: Vec<Token> = tokens(source).into_iter().filter(|t| t.kind != Kind::Newline).collect();
    let inside: Vec<&Token> =
        all.iter().filter(|token| token.whole.start >= range.start && token.whole.end <= range.end).collect();
    let [separator, dot, join, ..] = inside.as_slice() else { return None };
    let word = |token: &Token| &source[token.range.clone()];
    let joins =
        matches!(separator.kind, Kind::Text { .. }) && word(separator) == "." && dot.is(b'.') && word(join) == "join";
    let name = inside.iter().rev().find(|token| token.kind == Kind::Name).map(|token| word(token).to_owned())?;
    let is_sequence = || match binding(source, &name)? {
        Bound::Computed(range) => evaluate(source, range).filter(|value| matches!(value, Value::Sequence(_))),
        _ => None,
    };
    joins.then(is_sequence)?.map(|_| name)
}

/// All strings that expressions of `source` have: those in brackets, and those that names are bound to.
pub(super) fn strings(source: &str) -> Vec<String> {
    let all: Vec<Token> = tokens(source).into_iter().filter(|token| token.kind != Kind::Newline).collect();
    let evaluator = Evaluator { source, depth: 0 };
    let mut found = Vec::new();
    for (at, token) in all.iter().enumerate().filter(|(_, token)| token.is(b'(') || token.is(b'=')) {
        let rest = &all[at + 1..];
        let end = if token.is(b'(') { end_of_brackets(rest) } else { end_of_line(source, rest) };
        for item in split(&rest[..end], b',') {
            found.extend(evaluator.value(item).and_then(Value::text));
        }
    }
    found
}

struct Evaluator<'a> {
    source: &'a str,
    depth: usize,
}

impl Evaluator<'_> {
    fn value(&self, tokens: &[Token]) -> Option<Value> {
        if self.depth > MAX_DEPTH || tokens.is_empty() {
            return None;
        }
        // From the last operator: all of them are left-associative, and paths have no `+`.
        for operator in [b'+', b'/', b'%'] {
            if let Some(at) = last_at_depth_0(tokens, operator).filter(|at| *at > 0) {
                let left = self.value(&tokens[..at])?;
                let right = self.deeper().value(&tokens[at + 1..])?;
                return combine(operator, left, right);
            }
        }
        self.primary(tokens)
    }

    fn deeper(&self) -> Self {
        Self { source: self.source, depth: self.depth + 1 }
    }

    fn word(&self, token: &Token) -> Option<&str> {
        (token.kind == Kind::Name).then(|| &self.source[token.range.clone()])
    }

    /// A literal, name or bracket, followed by attributes and calls.
    fn primary(&self, tokens: &[Token]) -> Option<Value> {
        let texts = tokens.iter().take_while(|token| matches!(token.kind, Kind::Text { .. })).count();
        let (value, rest) = match tokens {
            _ if texts > 0 => {
                let text = tokens[..texts].iter().map(|token| self.string(token)).collect::<Option<String>>()?;
                (Value::Text(text), &tokens[texts..])
            }
            [number, rest @ ..] if number.kind == Kind::Number => {
                (Value::Number(self.source[number.range.clone()].to_owned()), rest)
            }
            [open, rest @ ..] if open.is(b'(') || open.is(b'[') => {
                let end = end_of_brackets(rest);
                (self.bracket(open, &rest[..end])?, rest.get(end + 1..)?)
            }
            [name, ..] if name.kind == Kind::Name => return self.named(tokens),
            _ => return None,
        };
        self.postfix(value, rest)
    }

    /// A tuple, a list, or one expression in parentheses.
    fn bracket(&self, open: &Token, inside: &[Token]) -> Option<Value> {
        if self.keyword(inside, "for").is_some() {
            return self.comprehension(inside);
        }
        let items = split(inside, b',');
        if open.is(b'(') && items.len() == 1 {
            return self.deeper().value(inside);
        }
        let items = items.into_iter().filter(|item| !item.is_empty());
        Some(Value::Sequence(items.map(|item| self.deeper().value(item)).collect::<Option<_>>()?))
    }

    /// The position of `keyword` outside of brackets.
    fn keyword(&self, tokens: &[Token], keyword: &str) -> Option<usize> {
        let mut depth = 0;
        tokens.iter().position(|token| {
            depth = depth_after(depth, token);
            depth == 0 && self.word(token) == Some(keyword)
        })
    }

    /// `str(x) for x in SEQUENCE`: the sequence itself, because joining converts each part.
    fn comprehension(&self, tokens: &[Token]) -> Option<Value> {
        let (at_for, at_in) = (self.keyword(tokens, "for")?, self.keyword(tokens, "in")?);
        let variable = self.word(tokens.get(at_for + 1)?)?;
        let plain = match &tokens[..at_for] {
            [name] => self.word(name) == Some(variable),
            [str, _, name, _] => self.word(str) == Some("str") && self.word(name) == Some(variable),
            _ => false,
        };
        let value = self.deeper().value(&tokens[at_in + 1..])?;
        (plain && at_in == at_for + 2 && matches!(value, Value::Sequence(_))).then_some(value)
    }

    /// A name that is bound to a value, or a call of a known function: `os.path.join(…)`, `Path(…)`, `map(str, …)`.
    fn named(&self, tokens: &[Token]) -> Option<Value> {
        let first = self.word(&tokens[0])?;
        if first == "__file__" {
            return self.postfix(Value::Text("setup.py".to_owned()), &tokens[1..]);
        }
        if let Some(bound) = self.bound(first) {
            return self.postfix(bound, &tokens[1..]);
        }
        let dotted =
            tokens.chunks(2).take_while(|pair| pair[0].kind == Kind::Name && pair.get(1).is_some_and(|t| t.is(b'.')));
        let at = 2 * dotted.count();
        let function = self.word(tokens.get(at)?)?;
        let rest = tokens.get(at + 1..)?;
        let (_, rest) = rest.split_first().filter(|(open, _)| open.is(b'('))?;
        let end = end_of_brackets(rest);
        let arguments = self.arguments(&rest[..end])?;
        let value = match (function, arguments.positional.as_slice()) {
            _ if !arguments.keywords.is_empty() => return None,
            ("join", parts) => {
                parts.iter().try_fold(Value::Text(String::new()), |all, part| combine(b'/', all, part.clone()))?
            }
            ("dirname", [path]) => parent(path.clone())?,
            ("getcwd" | "cwd" | "Path", []) => Value::Text(String::new()),
            ("abspath" | "realpath" | "normpath" | "Path" | "PurePath" | "str" | "tuple" | "list", [value]) => {
                value.clone()
            }
            ("map", [sequence]) => sequence.clone(),
            _ => return None,
        };
        self.postfix(value, rest.get(end + 1..)?)
    }

    /// The values of arguments; `map(str, X)` has only `X`. `None` if one has no value.
    fn arguments(&self, tokens: &[Token]) -> Option<Arguments> {
        if self.keyword(tokens, "for").is_some() {
            return Some(Arguments { positional: vec![self.comprehension(tokens)?], ..Arguments::default() });
        }
        let mut arguments = Arguments::default();
        for item in split(tokens, b',') {
            match item {
                [] => {}
                [name] if self.word(name) == Some("str") => {}
                [star, sequence @ ..] if star.is(b'*') => match self.deeper().value(sequence)? {
                    Value::Sequence(parts) => arguments.positional.extend(parts),
                    _ => return None,
                },
                [name, equals, value @ ..] if equals.is(b'=') => {
                    arguments.keywords.push((self.word(name)?.to_owned(), self.deeper().value(value)?));
                }
                item => arguments.positional.push(self.deeper().value(item)?),
            }
        }
        Some(arguments)
    }

    fn bound(&self, name: &str) -> Option<Value> {
        match binding(self.source, name)? {
            Bound::Literal(range) => Some(Value::Text(self.source[range].to_owned())),
            Bound::Alias(other) if other != name => self.deeper().limited()?.bound(&other),
            Bound::Computed(range) => {
                let inside = |token: &Token| token.whole.start >= range.start && token.whole.end <= range.end;
                let all = tokens(self.source).into_iter().filter(|t| inside(t) && t.kind != Kind::Newline);
                self.deeper().limited()?.value(&all.collect::<Vec<_>>())
            }
            _ => None,
        }
    }

    fn limited(self) -> Option<Self> {
        (self.depth <= MAX_DEPTH).then_some(self)
    }

    /// Attributes, methods, items and slices of a value.
    fn postfix(&self, value: Value, tokens: &[Token]) -> Option<Value> {
        let (name, rest) = match tokens {
            [] => return Some(value),
            [dot, name, rest @ ..] if dot.is(b'.') => (name, rest),
            [open, rest @ ..] if open.is(b'[') => {
                let end = end_of_brackets(rest);
                return self.postfix(self.subscript(&value, &rest[..end])?, rest.get(end + 1..)?);
            }
            _ => return None,
        };
        let name = self.word(name)?;
        let Some((_, inside)) = rest.split_first().filter(|(open, _)| open.is(b'(')) else {
            let value = if name == "parent" { parent(value)? } else { return None };
            return self.postfix(value, rest);
        };
        let end = end_of_brackets(inside);
        let arguments = self.arguments(&inside[..end])?;
        let value = method(value, name, &arguments)?;
        self.postfix(value, inside.get(end + 1..)?)
    }

    fn subscript(&self, value: &Value, inside: &[Token]) -> Option<Value> {
        match split(inside, b':').as_slice() {
            [index] => value.item(self.integer(index)?),
            [start, end] => {
                let bound = |tokens: &[Token]| match tokens {
                    [] => Some(None),
                    tokens => self.integer(tokens).map(Some),
                };
                value.slice(bound(start)?, bound(end)?)
            }
            _ => None,
        }
    }

    fn integer(&self, tokens: &[Token]) -> Option<isize> {
        let text: String = tokens.iter().map(|token| &self.source[token.whole.clone()]).collect();
        text.parse().ok()
    }

    /// A string; the fields of an f-string must be names with a value.
    fn string(&self, token: &Token) -> Option<String> {
        let text = &self.source[token.range.clone()];
        if token.kind == (Kind::Text { plain: true }) {
            return Some(text.to_owned());
        }
        if !self.source[token.whole.clone()].starts_with(['f', 'F']) || text.contains('\\') {
            return None;
        }
        replace_fields(text, |name| self.bound(name))
    }
}

fn depth_after(depth: usize, token: &Token) -> usize {
    match token.kind {
        Kind::Operator(b'(' | b'[' | b'{') => depth + 1,
        Kind::Operator(b')' | b']' | b'}') => depth.saturating_sub(1),
        _ => depth,
    }
}

fn last_at_depth_0(tokens: &[Token], operator: u8) -> Option<usize> {
    let mut depth = 0;
    let mut found = None;
    for (at, token) in tokens.iter().enumerate() {
        if depth == 0 && token.is(operator) {
            found = Some(at);
        }
        depth = depth_after(depth, token);
    }
    found
}

fn split(tokens: &[Token], operator: u8) -> Vec<&[Token]> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        if depth == 0 && token.is(operator) {
            parts.push(&tokens[start..at]);
            start = at + 1;
        }
        depth = depth_after(depth, token);
    }
    parts.push(&tokens[start..]);
    parts
}

/// The position of the bracket that closes the one before `tokens`.
fn end_of_brackets(tokens: &[Token]) -> usize {
    let mut depth = 1;
    let closes = |token: &Token| {
        depth = depth_after(depth, token);
        depth == 0
    };
    tokens.iter().position(closes).unwrap_or(tokens.len())
}

fn end_of_line(source: &str, rest: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in rest.iter().enumerate() {
        let new_line = at > 0 && source[rest[at - 1].whole.end..token.whole.start].contains('\n');
        if depth == 0 && (new_line || token.is(b')') || token.is(b']') || token.is(b'}')) {
            return at;
        }
        depth = depth_after(depth, token);
    }
    rest.len()
}

#[cfg(test)]
mod tests;
