//! A tokenizer for Python source that recognises strings, comments and brackets.
//!
//! It does not parse Python: unsupported syntax (nested quotes in an f-string) can make a version unknown. A build with a wrong
//! version fails, because the builder checks the metadata of the built files.

use std::ops::Range;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Name,
    /// A string literal.
    Text {
        /// Whether the value equals the source between the quotes: no escapes, no prefix other than `r` and `u`.
        plain: bool,
    },
    /// A number.
    Number,
    /// One character of an operator or bracket.
    Operator(u8),
    /// The end of a logical line.
    Newline,
}

/// A token and its range. The range of a [`Kind::Text`] excludes the quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
    /// The range with prefix and quotes.
    pub whole: Range<usize>,
    /// Whether it starts in the first column of its physical line.
    pub first_column: bool,
}

impl Token {
    /// Whether this is the operator character `operator`.
    pub fn is(&self, operator: u8) -> bool {
        self.kind == Kind::Operator(operator)
    }
}

/// All tokens of `text`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0, depth: 0, found: Vec::new() };
    if text.starts_with('\u{feff}') {
        scanner.at = 3;
    }
    while scanner.at < scanner.bytes.len() {
        scanner.step();
    }
    scanner.push(Kind::Newline, scanner.at..scanner.at);
    scanner.found
}

/// The logical lines that start in the first column.
pub(super) fn top_level_statements(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    tokens
        .split(|token| token.kind == Kind::Newline || token.is(b';'))
        .filter(|statement| statement.first().is_some_and(|token| token.first_column))
}

/// Whether a backslash starts an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// It does.
    Escaping,
    /// It stays in the value (`r"…"`), also before a quote.
    Raw,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    found: Vec<Token>,
}

impl Scanner<'_> {
    fn push(&mut self, kind: Kind, range: Range<usize>) {
        self.push_at(kind, range.clone(), range);
    }

    fn push_at(&mut self, kind: Kind, range: Range<usize>, whole: Range<usize>) {
        let begin = whole.start;
        let first_column =
            begin == 0 || self.bytes[begin - 1] == b'\n' || (begin == 3 && self.bytes.starts_with(b"\xef\xbb\xbf"));
        self.found.push(Token { kind, range, whole, first_column });
    }

    fn step(&mut self) {
        let (start, byte) = (self.at, self.bytes[self.at]);
        match byte {
            b'\n' => {
                self.at += 1;
                if self.depth == 0 {
                    self.push(Kind::Newline, start..start + 1);
                }
            }
            b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
            b'\\' => self.skip_continuation(),
            b'#' => self.skip_while(|b| b != b'\n'),
            b'"' | b'\'' => self.string(start, true, Quotes::Escaping),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => self.word(start),
            b'0'..=b'9' => {
                self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_');
                self.push(Kind::Number, start..self.at);
            }
            other => {
                self.at += 1;
                match other {
                    b'(' | b'[' | b'{' => self.depth += 1,
                    b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                self.push(Kind::Operator(other), start..start + 1);
            }
        }
    }

    fn skip_while(&mut self, inside: impl Fn(u8) -> bool) {
        while self.at < self.bytes.len() && inside(self.bytes[self.at]) {
            self.at += 1;
        }
    }

    fn skip_continuation(&mut self) {
        self.at += 1;
        if self.bytes.get(self.at) == Some(&b'\r') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'\n') {
            self.at += 1;
        }
    }

    fn word(&mut self, start: usize) {
        self.skip_while(|b| b == b'_' || b.is_ascii_alphanumeric() || b >= 0x80);
        let word = &self.bytes[start..self.at];
        let is_prefix = word.len() <= 2 && word.iter().all(|b| b"rRbBuUfFtT".contains(b));
        if is_prefix && matches!(self.bytes.get(self.at), Some(b'"' | b'\'')) {
            let quotes = if word.iter().any(|b| b"rR".contains(b)) { Quotes::Raw } else { Quotes::Escaping };
            self.string(start, word.iter().all(|b| b"rRuU".contains(b)), quotes);
        } else {
            self.push(Kind::Name, start..self.at);
        }
    }

    fn string(&mut self, begin: usize, plain: bool, quotes: Quotes) {
        let quote = self.bytes[self.at];
        let triple = self.bytes[self.at..].starts_with(&[quote; 3]);
        let width = if triple { 3 } else { 1 };
        self.at += width;
        let (start, mut escaped) = (self.at, false);
        loop {
            match self.bytes.get(self.at) {
                None => break,
                Some(b'\n') if !triple => break,
                Some(b'\\') => {
                    escaped |= quotes == Quotes::Escaping;
                    self.at += 2;
                }
                Some(&byte) if byte == quote && (!triple || self.bytes[self.at..].starts_with(&[quote; 3])) => break,
                Some(_) => self.at += 1,
            }
        }
        let end = self.at.min(self.bytes.len());
        self.at = (end + width).min(self.bytes.len());
        self.push_at(Kind::Text { plain: plain && !escaped }, start..end, begin..self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<&str> {
        tokens(text).into_iter().map(|t| &text[t.range]).collect()
    }

    #[test]
    fn docstrings_comments_and_brackets_are_seen_through() {
        let text = "\"\"\"doc\nv = '1'\n\"\"\"\n# v = '2'\nx = (\n'3')\n";
        assert_eq!(shown(text), ["doc\nv = '1'\n", "\n", "\n", "x", "=", "(", "3", ")", "\n", ""]);
        assert_eq!(top_level_statements(&tokens(text)).count(), 2);
    }

    #[test]
    fn what_is_not_what_it_looks_like_is_not_plain() {
        let plain = |text: &str| tokens(text)[0].kind == Kind::Text { plain: true };
        assert!(plain(r"r'\d'") && plain("'1.4'") && plain("u'1.4'") && plain("r\"1.4\""));
        assert!(!plain("f'1.4'") && !plain("b'1.4'") && !plain("'1\\x2e4'"));
    }

    #[test]
    fn broken_source_ends() {
        for text in ["'", "\"\"\"", "'\\", "f'{", "\\", "x = (\n", "\u{feff}x", "é = 'ü"] {
            assert!(!tokens(text).is_empty(), "{text}");
        }
    }
}
