//! TOML files (`pyproject.toml`, `Cargo.toml`, `Cargo.lock`) with the range of each value.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item};

use super::error::Error;
use super::source_text::SourceText;

/// A TOML file of the project.
#[derive(Debug, Clone)]
pub(super) struct TomlFile {
    file: SourceText,
    document: Document<String>,
}

impl TomlFile {
    /// Reads `relative` below `dir`; `None` if the file does not exist.
    pub fn read(dir: &Path, relative: &str) -> Result<Option<Self>, Error> {
        SourceText::read(dir, relative)?.map(Self::parse).transpose()
    }

    /// Parses the text of a file.
    pub fn parse(file: SourceText) -> Result<Self, Error> {
        let document = Document::parse(file.text().to_owned()).map_err(|e| invalid(file.path(), &e))?;
        Ok(Self { file, document })
    }

    /// The text of the file.
    pub fn file(&self) -> &SourceText {
        &self.file
    }

    /// The item at `path` (`["tool", "hatch", "version"]`), in any notation of tables.
    pub fn get(&self, path: &[&str]) -> Option<&Item> {
        path.iter().try_fold(self.document.as_item(), |item, key| item.get(key))
    }

    /// Whether `path` exists.
    pub fn has(&self, path: &[&str]) -> bool {
        self.get(path).is_some()
    }

    /// The string at `path`.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// The strings of the array at `path`.
    pub fn texts(&self, path: &[&str]) -> Vec<&str> {
        let array = self.get(path).and_then(Item::as_array);
        array.into_iter().flatten().filter_map(toml_edit::Value::as_str).collect()
    }

    /// The range of the string at `path`, without its quotes.
    pub fn text_span(&self, path: &[&str]) -> Option<Range<usize>> {
        let item = self.get(path).filter(|item| item.is_str())?;
        let span = item.span()?;
        let raw = self.document.raw().get(span.clone())?;
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        (raw.len() >= 2 * quotes).then_some(span.start + quotes..span.end - quotes)
    }

    /// The ranges of the values of `key`, with quotes, in the tables `[[tables]]` that the filter accepts.
    pub fn tables_spans(
        &self,
        tables: &str,
        key: &str,
        filter: impl Fn(&toml_edit::Table) -> bool,
    ) -> Vec<Range<usize>> {
        let tables = self.get(&[tables]).and_then(Item::as_array_of_tables).into_iter().flatten();
        tables.filter(|table| filter(table)).filter_map(|table| table.get(key)?.span()).collect()
    }

    /// The names of `build-system.requires`, normalised.
    pub fn build_requirements(&self) -> Vec<String> {
        let name_of = |requirement: &&str| {
            let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
            requirement[..end.unwrap_or(requirement.len())].to_ascii_lowercase().replace(['_', '.'], "-")
        };
        self.texts(&["build-system", "requires"]).iter().map(|r| r.trim_start()).map(|r| name_of(&r)).collect()
    }
}

/// Converts a parser's error; its message becomes one line.
pub(super) fn invalid(path: &Path, error: &toml_edit::TomlError) -> Error {
    Error::InvalidFile { file: PathBuf::from(path), reason: error.message().replace('\n', ", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> TomlFile {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("pyproject.toml"), text).unwrap();
        TomlFile::read(dir.path(), "pyproject.toml").unwrap().unwrap()
    }

    #[test]
    fn spans_are_what_stands_between_the_quotes() {
        for text in [
            "[project]\nversion = \"1.4\" # c\n",
            "project.version='1.4'\r\n",
            "project = { version = \"\"\"1.4\"\"\" }",
            "\u{feff}[project]\n# é\n\"version\" = '''1.4'''",
        ] {
            let file = parsed(text);
            let span = file.text_span(&["project", "version"]).unwrap();
            assert_eq!(&file.file().text()[span], "1.4", "{text:?}");
        }
        assert_eq!(parsed("project.version = 1").text_span(&["project", "version"]), None);
    }

    #[test]
    fn requirements_are_named_without_their_limits() {
        let file =
            parsed("[build-system]\nrequires = ['setuptools>=64', ' Setuptools_SCM[toml] >=8', 'x@https://e.org/x']\n");
        assert_eq!(file.build_requirements(), ["setuptools", "setuptools-scm", "x"]);
    }

    #[test]
    fn a_broken_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("pyproject.toml"), "[project\n").unwrap();
        let error = TomlFile::read(dir.path(), "pyproject.toml").unwrap_err();
        assert!(matches!(&error, Error::InvalidFile { reason, .. } if !reason.contains('\n')), "{error:?}");
    }
}
