//! `requires` in an INI text: entries on one line with commas, or one on each line.

use super::requirement::{Edited, PACKAGE, is_ours, unusual};
use crate::python::ini::Ini;

const KEY: &[&str] = &["requires"];

/// The entries, without comments.
pub(super) fn entries(text: &str, core: &str) -> Vec<String> {
    let ini = Ini::parse(text);
    let value = ini.get(core, KEY).unwrap_or_default();
    let separator = if is_multiline(&ini, core) { '\n' } else { ',' };
    let lines: Vec<&str> = value.lines().map(without_comment).collect();
    let joined = lines.join("\n");
    joined.split(separator).map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// Adds git-devpi as the last entry, in the style of the others.
pub(super) fn add(text: &str, core: &str) -> Edited {
    let ini = Ini::parse(text);
    let Some(span) = ini.span(core, KEY) else { return Ok(ini.with(core, KEY, PACKAGE).text().to_owned()) };
    let value = &text[span.clone()];
    if is_multiline(&ini, core) {
        let line_start = text[..span.end].rfind('\n').map_or(0, |at| at + 1);
        let line = &text[line_start..span.end];
        let indent = &line[..line.len() - line.trim_start().len()];
        let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
        return Ok(format!("{}{end_of_line}{indent}{PACKAGE}{}", &text[..span.end], &text[span.end..]));
    }
    // tox splits the line at each comma.
    if entries(text, core).iter().any(|entry| !entry.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '{')) {
        return Err(unusual());
    }
    let code = without_comment(value).trim_end();
    let at = span.start + code.len();
    let separator = match code.is_empty() {
        true if text[..at].ends_with([' ', '\t']) => "",
        true => " ",
        false if code.ends_with(',') => " ",
        false => ", ",
    };
    let comment = if value.len() > code.len() && code.is_empty() { " " } else { "" };
    Ok(format!("{}{separator}{PACKAGE}{comment}{}", &text[..at], &text[at..]))
}

/// Removes git-devpi, and the key if it was the only entry.
pub(super) fn remove(text: &str, core: &str) -> Edited {
    let ini = Ini::parse(text);
    let Some(span) = ini.span(core, KEY) else { return Ok(text.to_owned()) };
    if entries(text, core).iter().all(|entry| is_ours(entry)) {
        return Ok(ini.without(core, KEY).text().to_owned());
    }
    let value = &text[span.clone()];
    let code = if is_multiline(&ini, core) { value } else { without_comment(value).trim_end() };
    let separator = if is_multiline(&ini, core) { '\n' } else { ',' };
    let kept: Vec<&str> = code.split(separator).filter(|entry| !is_ours(without_comment(entry))).collect();
    let kept = kept.join(&separator.to_string());
    let new = kept.trim_start_matches([' ', '\t']).trim_end();
    Ok(format!("{}{new}{}{}", &text[..span.start], &value[code.len()..], &text[span.end..]))
}

/// Whether the value goes on after the line of its key: tox then splits it into lines.
fn is_multiline(ini: &Ini, core: &str) -> bool {
    let Some(span) = ini.span(core, KEY) else { return false };
    let text = ini.text();
    let before = text[..span.start].rsplit('\n').next().unwrap_or_default();
    text[span].contains('\n') || before.trim().is_empty()
}

fn without_comment(line: &str) -> &str {
    line.find('#').map_or(line, |at| &line[..at])
}
