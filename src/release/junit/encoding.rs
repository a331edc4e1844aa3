//! The text of an XML document: from its byte order mark or its declaration, else UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::error::JUnitError;

/// The length in which an XML declaration is looked for.
const DECLARATION: usize = 512;

/// Decodes an XML document (XML 1.0, appendix F).
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, JUnitError> {
    let (encoding, bytes, declared) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default(), true),
        None => match without_mark(bytes)? {
            Some(encoding) => (encoding, bytes, true),
            None => (UTF_8, bytes, false),
        },
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.ok_or(JUnitError::NotInEncoding { encoding: encoding.name(), declared })
}

fn without_mark(bytes: &[u8]) -> Result<Option<&'static Encoding>, JUnitError> {
    match bytes {
        [b'<', 0, ..] => return Ok(Some(UTF_16LE)),
        [0, b'<', ..] => return Ok(Some(UTF_16BE)),
        _ => {}
    }
    let Some(label) = declared_label(bytes) else { return Ok(None) };
    let encoding = Encoding::for_label(label.as_bytes()).ok_or(JUnitError::UnknownEncoding { label })?;
    // A declaration that can be read as ASCII is not in UTF-16, whatever it says.
    Ok(Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding }))
}

fn declared_label(bytes: &[u8]) -> Option<String> {
    let start = bytes.get(..DECLARATION).unwrap_or(bytes);
    let end = start.windows(2).position(|pair| pair == b"?>")?;
    let mut reader = Reader::from_str(std::str::from_utf8(&start[..end + 2]).ok()?);
    match reader.read_event() {
        Ok(Event::Decl(declaration)) => Some(declaration.encoding()?.ok()?.into_owned()),
        _ => None,
    }
}
