//! The test cases of a JUnit XML document, and what its suites declare.
//!
//! Reads the elements that decide, and the durations where they are numbers. There is no schema that all programs follow, so
//! anything else is ignored.

use std::borrow::Cow;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::error::JUnitError;

/// The number of nested elements that a report may have.
const MAX_DEPTH: usize = 100;
/// The root elements: JUnit's, and that of programs that follow its oldest form.
const ROOTS: [&str; 3] = ["testsuites", "testsuite", "testrun"];

/// The outcome of a test, by increasing weight: a failed test may also be marked as skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    #[default]
    Passed,
    Skipped,
    Failed,
    Error,
}

/// A test case.
#[derive(Debug, Clone, Default)]
pub(super) struct Case {
    pub name: String,
    pub outcome: Outcome,
}

/// What the suites of one depth declare, added up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Declared {
    pub tests: u64,
    pub failures: u64,
    pub errors: u64,
    pub seconds: f64,
}

/// A document that was read to its end.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub cases: Vec<Case>,
    /// The declarations by depth, the outermost first.
    pub declared: Vec<Declared>,
    /// The names of the open elements.
    open: Vec<String>,
    is_complete: bool,
}

impl Document {
    /// Reads a document; an error if it is not one well-formed document.
    pub fn read(text: &str) -> Result<Self, JUnitError> {
        let mut document = Self::default();
        let mut reader = Reader::from_str(text);
        loop {
            let event = reader.read_event().map_err(|error| JUnitError::NotXml(error.to_string()))?;
            match event {
                Event::Start(element) => document.start(&element)?,
                Event::Empty(element) => {
                    document.start(&element)?;
                    document.end();
                }
                Event::End(_) => document.end(),
                Event::Eof => return document.finish(),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) if !document.is_complete => {}
                Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if text.trim_ascii().is_empty() => {}
                _ if document.is_complete => return Err(JUnitError::SeveralDocuments),
                _ if document.open.is_empty() => {
                    return Err(JUnitError::NotXml("text before the root element".to_owned()));
                }
                _ => {}
            }
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), JUnitError> {
        let name = element.local_name().into_inner().to_owned();
        match self.open.last().map(String::as_str) {
            None if self.is_complete => return Err(JUnitError::SeveralDocuments),
            None if !ROOTS.contains(&&*name) => return Err(JUnitError::NotJUnit { root: name }),
            Some("testcase") => self.outcome(&name),
            _ => match &*name {
                "testcase" => self.case(element)?,
                "testsuite" | "testsuites" | "testrun" => self.suite(element)?,
                _ => {}
            },
        }
        self.open.push(name);
        if self.open.len() > MAX_DEPTH { Err(JUnitError::TooDeep(MAX_DEPTH)) } else { Ok(()) }
    }

    fn end(&mut self) {
        self.open.pop();
        self.is_complete = self.open.is_empty();
    }

    fn finish(self) -> Result<Self, JUnitError> {
        match self.open.last() {
            Some(open) => Err(JUnitError::NotXml(format!("it ends before the end of <{open}>"))),
            None if !self.is_complete => Err(JUnitError::NotXml("it has no element".to_owned())),
            None => Ok(self),
        }
    }

    fn case(&mut self, element: &BytesStart<'_>) -> Result<(), JUnitError> {
        let (mut name, mut class) = (String::new(), None);
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| JUnitError::NotXml(error.to_string()))?;
            match attribute.key.into_inner() {
                "name" => name = text_of(&attribute),
                "classname" => class = Some(text_of(&attribute)),
                _ => {}
            }
        }
        let name = class.map_or(name.clone(), |class| format!("{class}::{name}"));
        self.cases.push(Case { name, outcome: Outcome::Passed });
        Ok(())
    }

    fn outcome(&mut self, element: &str) {
        let outcome = match element {
            "skipped" => Outcome::Skipped,
            "failure" => Outcome::Failed,
            "error" => Outcome::Error,
            _ => return,
        };
        if let Some(case) = self.cases.last_mut() {
            case.outcome = case.outcome.max(outcome);
        }
    }

    fn suite(&mut self, element: &BytesStart<'_>) -> Result<(), JUnitError> {
        let depth = self.open.len();
        self.declared.resize(self.declared.len().max(depth + 1), Declared::default());
        let level = &mut self.declared[depth];
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| JUnitError::NotXml(error.to_string()))?;
            let text = text_of(&attribute);
            match attribute.key.into_inner() {
                "tests" => level.tests += count(&text).unwrap_or_default(),
                name @ ("failures" | "errors") => {
                    let (attribute, value) = (name.to_owned(), text.clone());
                    let number = count(&text).ok_or(JUnitError::NotANumber { attribute, value })?;
                    *(if name == "errors" { &mut level.errors } else { &mut level.failures }) += number;
                }
                "time" => level.seconds += seconds(&text),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The value of an attribute; as it is written if it has references that XML does not define.
fn text_of(attribute: &Attribute<'_>) -> String {
    let value = attribute.normalized_value(XmlVersion::Implicit1_0);
    value.map_or_else(|_| attribute.value.to_string(), Cow::into_owned)
}

/// A number of tests, in which thousands may be separated. Empty is 0.
fn count(text: &str) -> Option<u64> {
    let digits: String = text.trim().chars().filter(|c| !is_separator(*c) && *c != '.').collect();
    if digits.is_empty() { Some(0) } else { digits.parse().ok() }
}

/// A duration in the notation of any locale: the last `.` or `,` is the decimal mark if it is the only one of its kind.
/// Anything else is 0, because a duration decides nothing.
fn seconds(text: &str) -> f64 {
    let plain: String = text.trim().chars().filter(|c| !is_separator(*c) || *c == ',').collect();
    let mark = plain.rfind(['.', ',']).filter(|at| plain.matches(&plain[*at..=*at]).count() == 1);
    let (whole, fraction) = mark.map_or((&*plain, "0"), |at| (&plain[..at], &plain[at + 1..]));
    let number = format!("{}.{fraction}", whole.replace(['.', ','], ""));
    number.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0).unwrap_or(0.0)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '_' | '\'' | '’')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_every_locale() {
        for (text, expected) in [
            ("1234.5", 1234.5),
            ("1,234.5", 1234.5),
            ("1.234,5", 1234.5),
            ("1 234,5", 1234.5),
            ("1\u{a0}234,5", 1234.5),
            ("1’234.5", 1234.5),
            ("1,234,567", 1_234_567.0),
            ("1,234,567.25", 1_234_567.25),
            ("0,532", 0.532),
            (".5", 0.5),
            ("12", 12.0),
            ("1.5e-3", 0.0015),
            ("0.5s", 0.0),
            ("", 0.0),
            ("NaN", 0.0),
            ("inf", 0.0),
            ("1e999", 0.0),
            ("-3", 0.0),
        ] {
            assert!((seconds(text) - expected).abs() < 1e-9, "{text}: {}", seconds(text));
        }
    }

    #[test]
    fn numbers_of_tests() {
        for (text, expected) in
            [("5", Some(5)), ("1,234", Some(1234)), (" 7 ", Some(7)), ("", Some(0)), ("many", None), ("-1", None)]
        {
            assert_eq!(count(text), expected, "{text}");
        }
    }
}
