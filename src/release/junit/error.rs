//! The reasons why a JUnit report is no evidence.

/// A JUnit report is no evidence. The text continues a sentence about the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JUnitError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The file is too large.
    #[error("it has {size} bytes, more than the limit of {limit} ({} MB)", limit / (1024 * 1024))]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Its XML declaration names an encoding that is not supported.
    #[error("its XML declaration names the encoding {label:?}, which is not supported")]
    UnknownEncoding {
        /// The name in the declaration.
        label: String,
    },
    /// Its bytes are not text in its encoding.
    #[error("its bytes are not valid {encoding}, {}", if *.declared { "the encoding that it declares" } else { "the encoding of XML that declares no other" })]
    NotInEncoding {
        /// The encoding.
        encoding: &'static str,
        /// Whether a byte order mark or the XML declaration names it.
        declared: bool,
    },
    /// It is not well-formed XML.
    #[error("it is not JUnit XML: {0}")]
    NotXml(String),
    /// Its root element is not one of JUnit.
    #[error("it is not JUnit XML: its root element is <{root}>, not <testsuites> or <testsuite>")]
    NotJUnit {
        /// The root element.
        root: String,
    },
    /// An attribute that decides is not a number.
    #[error("its attribute {attribute}={value:?} is not a number")]
    NotANumber {
        /// The name of the attribute.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// Its elements are nested too deep.
    #[error("its elements are nested more than {0} deep")]
    TooDeep(usize),
    /// More follows its root element.
    #[error("it continues after its root element: it must be one XML document")]
    SeveralDocuments,
    /// It has no `testcase` element.
    #[error("it lists no test{}", unlisted(*.declared))]
    NoTests {
        /// The number of tests that its suites declare.
        declared: u64,
    },
    /// All of its tests were skipped.
    #[error("all of its tests were skipped ({skipped}), so it says nothing about the package")]
    AllSkipped {
        /// Their number.
        skipped: u64,
    },
}

fn unlisted(tests: u64) -> String {
    match tests {
        0 => String::new(),
        tests => format!(": its suites declare {tests}, but it has no <testcase> element"),
    }
}
