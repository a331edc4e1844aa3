//! `requires` in a TOML text: an array of strings.

use std::ops::Range;

use toml_edit::{Array, Document, Item, Table};

use super::requirement::{Edited, PACKAGE, is_ours, unusual};

/// The strings of the array. `table` is the path of tox's table.
pub(super) fn entries(text: &str, table: &str) -> Vec<String> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let array = requires(document.as_item(), table).and_then(Item::as_array);
    array.map(|array| array.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()).unwrap_or_default()
}

/// Adds git-devpi as the last element, in the style of the others.
pub(super) fn add(text: &str, table: &str) -> Edited {
    let document = Document::parse(text).map_err(|error| format!("is not valid: {}", error.message()))?;
    let Some(item) = requires(document.as_item(), table) else {
        let line = format!("requires = [\"{PACKAGE}\"]");
        return if table.is_empty() { Ok(at_root(text, &document, &line)) } else { below_header(text, table, &line) };
    };
    let array = item.as_array().ok_or_else(unusual)?;
    let whole = array.span().ok_or_else(unusual)?;
    let Some(last) = array.iter().last() else {
        return Ok(format!("{}[\"{PACKAGE}\"]{}", &text[..whole.start], &text[whole.end..]));
    };
    let last = last.span().ok_or_else(unusual)?;
    let quote = if text[last.clone()].starts_with('\'') { '\'' } else { '"' };
    let new = format!("{quote}{PACKAGE}{quote}");
    let line_start = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line_start..last.start];
    let is_on_own_line = line_start > whole.start && indent.trim().is_empty();
    let line_end = text[last.end..].find('\n').map(|at| last.end + at).filter(|end| *end < whole.end);
    let (true, Some(line_end)) = (is_on_own_line, line_end) else {
        return Ok(format!("{}, {new}{}", &text[..last.end], &text[last.end..]));
    };
    // The comma and a comment of the last element stay on its line.
    let rest = &text[last.end..line_end];
    let comma = if rest.trim_start().starts_with(',') { "" } else { "," };
    let end_of_line = if rest.ends_with('\r') { "\r\n" } else { "\n" };
    let head = format!("{}{comma}{}", &text[..last.end], rest.trim_end_matches('\r'));
    Ok(format!("{head}{end_of_line}{indent}{new},{}", &text[line_end - rest.matches('\r').count()..]))
}

/// Removes git-devpi, and the key if it was the only element.
pub(super) fn remove(text: &str, table: &str) -> Edited {
    let document = Document::parse(text).map_err(|error| format!("is not valid: {}", error.message()))?;
    let array = requires(document.as_item(), table).and_then(Item::as_array).ok_or_else(unusual)?;
    if array.iter().all(|value| value.as_str().is_some_and(is_ours)) {
        let span = array.span().ok_or_else(unusual)?;
        return Ok(without(text, &lines_of(text, &span)));
    }
    let at = array.iter().position(|value| value.as_str().is_some_and(is_ours)).ok_or_else(unusual)?;
    Ok(without(text, &element(text, array, at).ok_or_else(unusual)?))
}

/// The range of an element with its comma: its line, if it has one of its own.
fn element(text: &str, array: &Array, at: usize) -> Option<Range<usize>> {
    let span = array.get(at)?.span()?;
    let lines = lines_of(text, &span);
    let around = format!("{}{}", &text[lines.start..span.start], &text[span.end..lines.end]);
    if around.trim().trim_matches(',').is_empty() {
        return Some(lines);
    }
    match (at.checked_sub(1), array.get(at + 1)) {
        (Some(before), _) => Some(array.get(before)?.span()?.end..span.end),
        (None, Some(after)) => Some(span.start..after.span()?.start),
        (None, None) => Some(span),
    }
}

/// The complete lines around a range.
fn lines_of(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    start..text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1)
}

fn without(text: &str, range: &Range<usize>) -> String {
    format!("{}{}", &text[..range.start], &text[range.end..])
}

fn requires<'a>(document: &'a Item, table: &str) -> Option<&'a Item> {
    let path = table.split('.').filter(|key| !key.is_empty()).chain(std::iter::once("requires"));
    path.into_iter().try_fold(document, |item, key| item.get(key))
}

/// Adds a line after the keys of the root table, else above the first table and its comment.
fn at_root(text: &str, document: &Document<&str>, line: &str) -> String {
    let end_of_line = end_of_line(text);
    let last_key = document.iter().filter_map(|(_, item)| item.as_value()?.span()).map(|span| span.end).max();
    if let Some(end) = last_key {
        let end = lines_of(text, &(end..end)).end;
        let between = if text[..end].ends_with('\n') { "" } else { end_of_line };
        return format!("{}{between}{line}{end_of_line}{}", &text[..end], &text[end..]);
    }
    let first_table =
        document.iter().filter_map(|(_, item)| item.as_table().and_then(Table::span)).map(|s| s.start).min();
    let mut at = first_table.unwrap_or(text.len());
    for above in text[..at].split_inclusive('\n').rev().take_while(|above| above.starts_with('#')) {
        at -= above.len();
    }
    let gap = if text[at..].trim().is_empty() { "" } else { end_of_line };
    let between = if at == 0 || text[..at].ends_with('\n') { "" } else { end_of_line };
    format!("{}{between}{line}{end_of_line}{gap}{}", &text[..at], &text[at..])
}

/// Adds a line below the header of a table, else the table above its first child table.
fn below_header(text: &str, table: &str, line: &str) -> Edited {
    let end_of_line = end_of_line(text);
    let mut at = 0;
    let mut child = None;
    for existing in text.split_inclusive('\n') {
        let code: String =
            existing.split('#').next().unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
        if code == format!("[{table}]") {
            let end = at + existing.len();
            let between = if existing.ends_with('\n') { "" } else { end_of_line };
            return Ok(format!("{}{between}{line}{end_of_line}{}", &text[..end], &text[end..]));
        }
        if child.is_none() && code.starts_with(&format!("[{table}.")) {
            child = Some(at);
        }
        at += existing.len();
    }
    let at = child.ok_or_else(unusual)?;
    Ok(format!("{}[{table}]{end_of_line}{line}{end_of_line}{end_of_line}{}", &text[..at], &text[at..]))
}

fn end_of_line(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
