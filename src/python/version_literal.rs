//! Literals that hold a version in Python source: a string, a number, a sequence, or an expression of them.

use std::ops::Range;
use std::str::FromStr;

use pep440_rs::Version;

use super::python_source::{Bound, binding};
use super::python_value::Value;
use super::static_value::{evaluate, joined_name};

/// A literal in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionLiteral {
    /// The name that it is bound to: for `".".join(map(str, VERSION))` that is `VERSION`.
    pub name: String,
    /// The version, unparsed.
    pub text: String,
    /// The range that a stamp replaces.
    pub range: Range<usize>,
    /// How a version is written there.
    pub form: LiteralForm,
}

/// How a version is written at the range of a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LiteralForm {
    /// As it is: the range is inside quotes.
    #[default]
    Plain,
    /// As a string with quotes, in place of an expression.
    Quoted,
    /// As a tuple or list, whose parts setuptools and the module itself join with dots.
    Sequence {
        /// The bracket before it.
        open: char,
        /// Whether numbers are strings too.
        strings: bool,
    },
}

impl LiteralForm {
    /// The text of a version in this form.
    pub fn write(self, version: &str) -> String {
        match self {
            Self::Plain => version.to_owned(),
            Self::Quoted => format!("\"{version}\""),
            Self::Sequence { open, strings } => {
                let is_number = |part: &str| !strings && part.chars().all(|c| c.is_ascii_digit());
                let written = version
                    .split('.')
                    .map(|part| if is_number(part) { part.to_owned() } else { format!("\"{part}\"") });
                let parts = written.collect::<Vec<_>>().join(", ");
                if open == '[' { format!("[{parts}]") } else { format!("({parts},)") }
            }
        }
    }
}

/// The literal that `name` is bound to at the top level of `source`.
pub(super) fn version_literal(source: &str, name: &str) -> Option<VersionLiteral> {
    match binding(source, name)? {
        Bound::Literal(range) => {
            let text = source[range.clone()].to_owned();
            Some(VersionLiteral { name: name.to_owned(), text, range, form: LiteralForm::Plain })
        }
        Bound::Computed(range) => of_expression(source, name, range),
        Bound::Alias(_) | Bound::Import { .. } => None,
    }
}

/// The literal in an expression that is a version without any code of the project.
pub(super) fn of_expression(source: &str, name: &str, range: Range<usize>) -> Option<VersionLiteral> {
    if let Some(sequence) = joined_name(source, range.clone()) {
        return version_literal(source, &sequence);
    }
    let value = evaluate(source, range.clone())?;
    let text = value.version();
    Version::from_str(&text).ok()?;
    let form = match &value {
        Value::Sequence(parts) => {
            let open = source[range.clone()].chars().next().filter(|open| matches!(open, '(' | '['))?;
            LiteralForm::Sequence { open, strings: parts.iter().all(|part| matches!(part, Value::Text(_))) }
        }
        Value::Text(_) | Value::Number(_) => LiteralForm::Quoted,
    };
    Some(VersionLiteral { name: name.to_owned(), text, range, form })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The source with `1.4.57.dev0` for the version of `V`.
    fn stamped(source: &str) -> Option<String> {
        let literal = version_literal(source, "V")?;
        assert_eq!(literal.text, "1.4", "{source}");
        let new = literal.form.write("1.4.57.dev0");
        Some(format!("{}{new}{}", &source[..literal.range.start], &source[literal.range.end..]))
    }

    #[test]
    fn every_form_keeps_its_form() {
        for (source, expected) in [
            ("V = '1.4'  # c\n", "V = '1.4.57.dev0'  # c\n"),
            ("V = 1.4\n", "V = \"1.4.57.dev0\"\n"),
            ("V = '1' '.4'\n", "V = \"1.4.57.dev0\"\n"),
            ("V = (1, 4)\n", "V = (1, 4, 57, \"dev0\",)\n"),
            ("V = ('1', '4')\n", "V = (\"1\", \"4\", \"57\", \"dev0\",)\n"),
            ("V = [1, 4]\n", "V = [1, 4, 57, \"dev0\"]\n"),
            ("A = 4\nV = f'1.{A}'\n", "A = 4\nV = \"1.4.57.dev0\"\n"),
            ("I = (1, 4)\nV = '.'.join(map(str, I))\n", "I = (1, 4, 57, \"dev0\",)\nV = '.'.join(map(str, I))\n"),
        ] {
            assert_eq!(stamped(source).as_deref(), Some(expected));
        }
        for none in ["V = f()\n", "V = (1, 4, 0, 'final', 0, 'x')\n", "V = W\n"] {
            assert_eq!(stamped(none), None, "{none}");
        }
    }
}
