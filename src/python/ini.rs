//! INI files as Python's configparser reads them, with the range of each value.
//!
//! An edit replaces one value and keeps comments, layout and line ends.

use std::ops::Range;

/// A parsed INI file.
#[derive(Debug, Clone)]
pub(super) struct Ini {
    text: String,
    sections: Vec<Section>,
}

#[derive(Debug, Clone)]
struct Section {
    name: String,
    /// The offset of the line after the header.
    body: usize,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    key: String,
    value: Range<usize>,
    lines: Range<usize>,
}

impl Ini {
    /// Parses `text` and skips lines that configparser rejects.
    pub fn parse(text: &str) -> Self {
        let mut ini = Self { text: text.to_owned(), sections: Vec::new() };
        let mut at = 0;
        let mut indent = None;
        for line in text.split_inclusive('\n') {
            ini.line(line, at, &mut indent);
            at += line.len();
        }
        ini
    }

    /// Parses a line. `indent` is the indentation of the key whose value may continue.
    fn line(&mut self, line: &str, at: usize, indent: &mut Option<usize>) {
        let content = line.trim_start_matches('\u{feff}').trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            return;
        }
        let begin = at + line.find(content).unwrap_or(0);
        let end = begin + content.len();
        let own_indent = line.len() - line.trim_start().len();
        if indent.is_some_and(|of_key| own_indent > of_key)
            && let Some(entry) = self.sections.last_mut().and_then(|section| section.entries.last_mut())
        {
            entry.value = if entry.value.is_empty() { begin..end } else { entry.value.start..end };
            entry.lines.end = at + line.len();
            return;
        }
        *indent = None;
        if let Some(name) =
            content.strip_prefix('[').and_then(|rest| rest.split(']').next()).filter(|_| content.contains(']'))
        {
            self.sections.push(Section { name: name.to_owned(), body: at + line.len(), entries: Vec::new() });
        } else if let (Some(section), Some(delimiter)) = (self.sections.last_mut(), content.find(['=', ':'])) {
            let value = content[delimiter + 1..].trim_start();
            section.entries.push(Entry {
                key: normalise(&content[..delimiter]),
                value: end - value.len()..end,
                lines: at..at + line.len(),
            });
            *indent = Some(own_indent);
        }
    }

    /// The text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the section exists.
    pub fn has_section(&self, section: &str) -> bool {
        self.sections.iter().any(|s| s.name == section)
    }

    /// The sections in the order of the file.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// The keys of a section, in lower case with `_` for `-`.
    pub fn keys<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a str> {
        self.sections.iter().filter(move |s| s.name == section).flat_map(|s| s.entries.iter()).map(|e| e.key.as_str())
    }

    /// The value of the first existing key of `keys`, which are in lower case with `_` for `-`.
    pub fn get(&self, section: &str, keys: &[&str]) -> Option<&str> {
        self.entry(section, keys).map(|entry| &self.text[entry.value.clone()])
    }

    /// The range of that value; it is empty for an empty value.
    pub fn span(&self, section: &str, keys: &[&str]) -> Option<Range<usize>> {
        self.entry(section, keys).map(|entry| entry.value.clone())
    }

    fn entry(&self, section: &str, keys: &[&str]) -> Option<&Entry> {
        let entries = || self.sections.iter().filter(|s| s.name == section).flat_map(|s| s.entries.iter());
        keys.iter().find_map(|key| entries().find(|entry| entry.key == *key))
    }

    /// Sets the first of `keys` to `value`.
    ///
    /// Replaces the first existing key of `keys`, else adds a line at the top of the section, else a section at the end.
    #[must_use]
    pub fn with(&self, section: &str, keys: &[&str], value: &str) -> Self {
        let end_of_line = self.end_of_line();
        let indent = self.indent(section, keys);
        let value = value.replace('\n', &format!("\n{indent}"));
        let line = format!("{indent}{} = {value}{end_of_line}", keys[0]);
        if let Some(entry) = self.entry(section, keys) {
            let had_end = self.text[entry.lines.clone()].ends_with('\n');
            let line = if had_end { line.as_str() } else { line.trim_end() };
            return self.spliced(entry.lines.clone(), line);
        }
        match self.sections.iter().find(|s| s.name == section) {
            Some(found) if self.text[..found.body].ends_with('\n') => self.spliced(found.body..found.body, &line),
            Some(found) => self.spliced(found.body..found.body, &format!("{end_of_line}{line}")),
            None => self.with_block(&format!("[{section}]{end_of_line}{line}")),
        }
    }

    /// The indentation of an entry: a line that is indented more than the one above continues it.
    fn indent(&self, section: &str, keys: &[&str]) -> String {
        let found = self.sections.iter().find(|found| found.name == section);
        let line = match (self.entry(section, keys), found) {
            (Some(entry), _) => entry.lines.start,
            (None, Some(found)) => match found.entries.first() {
                Some(entry) => entry.lines.start,
                None => self.text[..found.body].trim_end().rfind('\n').map_or(0, |at| at + 1),
            },
            (None, None) => return String::new(),
        };
        self.text[line..].chars().take_while(|c| *c == ' ' || *c == '\t').collect()
    }

    /// Removes an entry.
    #[must_use]
    pub fn without(&self, section: &str, keys: &[&str]) -> Self {
        match self.entry(section, keys) {
            Some(entry) => self.spliced(entry.lines.clone(), ""),
            None => self.clone(),
        }
    }

    /// Removes the header of a section without entries, and the empty line above it. Comments stay.
    #[must_use]
    pub fn without_empty_section(&self, section: &str) -> Self {
        let Some(found) = self.sections.iter().find(|s| s.name == section && s.entries.is_empty()) else {
            return self.clone();
        };
        let before = self.text[..found.body].trim_end_matches(['\r', '\n']);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let above = &self.text[..start];
        let empty_line = ["\r\n\r\n", "\n\n"].iter().find(|gap| above.ends_with(*gap));
        let start = empty_line.map_or(start, |gap| start - gap.len() / 2);
        self.spliced(start..found.body, "")
    }

    /// Appends `block` after an empty line.
    #[must_use]
    pub fn with_block(&self, block: &str) -> Self {
        let end_of_line = self.end_of_line();
        let body = self.text.trim_end();
        let between = if body.is_empty() { String::new() } else { end_of_line.repeat(2) };
        let block = block.replace("\r\n", "\n").replace('\n', end_of_line);
        Self::parse(&format!("{body}{between}{block}"))
    }

    fn spliced(&self, range: Range<usize>, new: &str) -> Self {
        Self::parse(&format!("{}{new}{}", &self.text[..range.start], &self.text[range.end..]))
    }

    fn end_of_line(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }
}

/// Returns the first line that configparser rejects, with the reason: "line 7 is …".
pub(super) fn defect(text: &str) -> Option<String> {
    let mut seen: Vec<(String, Vec<String>)> = Vec::new();
    let mut indent = None;
    for (line, number) in text.lines().zip(1..) {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let own_indent = line.len() - line.trim_start().len();
        if indent.is_some_and(|of_key| own_indent > of_key) {
            continue;
        }
        indent = None;
        let rejected = |what: &str| Some(format!("line {number} {what}: {content}"));
        let header = content.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        if let Some((name, _)) = header.filter(|(name, _)| !name.is_empty()) {
            if seen.iter().any(|(section, _)| section == name) {
                return rejected("is the header of a section that exists already");
            }
            seen.push((name.to_owned(), Vec::new()));
            continue;
        }
        let Some((_, keys)) = seen.last_mut() else { return rejected("stands before the first section") };
        let key = content.split(['=', ':']).next().unwrap_or_default().trim_end().to_lowercase();
        if !content.contains(['=', ':']) || key.is_empty() {
            return rejected("is neither a setting nor the header of a section");
        }
        if keys.contains(&key) {
            return rejected("sets what is set in this section already");
        }
        keys.push(key);
        indent = Some(own_indent);
    }
    None
}

fn normalise(key: &str) -> String {
    key.trim().to_ascii_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# top\r\n[metadata]\r\nname = x ; no comment\r\nVersion : 1.4\r\nlong =\r\n    a\r\n\r\n    # in between\r\n    b = c\r\n[testenv]\r\n[other]\r\nversion = 2";

    #[test]
    fn a_new_entry_has_the_indentation_of_its_section() {
        let indented =
            "    [tox]\n    env_list = unit\n\n    [testenv]\n    deps = pytest\n    commands =\n        pytest\n";
        let ini = Ini::parse(indented);
        let added = ini.with("tox", &["requires"], "git-devpi").with("testenv", &["package"], "external");
        let expected = indented
            .replace("    [tox]\n", "    [tox]\n    requires = git-devpi\n")
            .replace("    [testenv]\n", "    [testenv]\n    package = external\n");
        assert_eq!(added.text(), expected);
        assert_eq!((added.get("testenv", &["deps"]), added.get("tox", &["env_list"])), (Some("pytest"), Some("unit")));
        assert_eq!(added.without("tox", &["requires"]).without("testenv", &["package"]).text(), indented);
        // A section without entries, several lines, and a replaced entry.
        let several = Ini::parse("\t[tox]\n").with("tox", &["requires"], "\n    a\n    b");
        assert_eq!(several.text(), "\t[tox]\n\trequires = \n\t    a\n\t    b\n");
        assert_eq!(several.with("tox", &["requires"], "c").text(), "\t[tox]\n\trequires = c\n");
    }

    #[test]
    fn what_configparser_rejects_is_found() {
        let whole =
            "# a\n[tox]\nenv-list =\n  a\n\n  [b]\n  env-list = c\nenv_list: x\n[testenv:a-{b,c}]\nenv-list = 1\n";
        for text in [whole, TEXT, "", "[a]\nx =\n", "[a]\nk = 1\n# no comment ends it\n  more\n"] {
            assert_eq!(defect(text), None, "{text}");
        }
        for (text, found) in [
            ("env_list = a\n[tox]\n", "line 1 stands before the first section: env_list = a"),
            ("[tox]\nenv_list = a\n[tox]\n", "line 3 is the header of a section that exists already: [tox]"),
            ("[tox]\nA = 1\n\na : 2\n", "line 4 sets what is set in this section already: a : 2"),
            ("[tox]\nenv_list = a\nunit\n", "line 3 is neither a setting nor the header of a section: unit"),
            ("[tox]\n= a\n", "line 2 is neither a setting nor the header of a section: = a"),
            ("[tox]\n[]\n", "line 2 is neither a setting nor the header of a section: []"),
            ("  [tox]\n  a = 1\n[tox\n", "line 3 is neither a setting nor the header of a section: [tox"),
        ] {
            assert_eq!(defect(text).as_deref(), Some(found), "{text}");
        }
    }

    #[test]
    fn values_are_found_as_configparser_finds_them() {
        let ini = Ini::parse(TEXT);
        assert_eq!(ini.get("metadata", &["name"]), Some("x ; no comment"));
        assert_eq!(ini.get("metadata", &["version"]), Some("1.4"));
        assert_eq!(ini.get("metadata", &["long"]), Some("a\r\n\r\n    # in between\r\n    b = c"));
        assert_eq!(ini.get("other", &["version"]), Some("2"));
        assert_eq!(ini.get("metadata", &["b"]), None);
        assert!(ini.has_section("testenv") && !ini.has_section("tox"));
    }

    #[test]
    fn an_edit_leaves_everything_else_alone() {
        let ini = Ini::parse(TEXT);
        assert_eq!(ini.with("metadata", &["version"], "2").text(), TEXT.replace("Version : 1.4", "version = 2"));
        assert_eq!(
            ini.with("testenv", &["package"], "external").text(),
            TEXT.replace("[testenv]\r\n", "[testenv]\r\npackage = external\r\n")
        );
        assert_eq!(ini.with("new", &["k"], "v").text(), format!("{TEXT}\r\n\r\n[new]\r\nk = v\r\n"));
        assert_eq!(ini.with("other", &["version"], "3").text(), TEXT.replace("version = 2", "version = 3"));
        assert_eq!(ini.without("metadata", &["name"]).text(), TEXT.replace("name = x ; no comment\r\n", ""));
        assert_eq!(Ini::parse("").with("a", &["k"], "v").text(), "[a]\nk = v\n");
        assert_eq!(Ini::parse("[a]").with("a", &["k"], "v").text(), "[a]\nk = v\n");
    }

    #[test]
    fn an_empty_value_is_an_empty_range() {
        let ini = Ini::parse("[a]\nk =\nl = 1\n");
        assert_eq!(ini.span("a", &["k"]), Some(7..7));
        assert_eq!(ini.get("a", &["l"]), Some("1"));
    }
}
