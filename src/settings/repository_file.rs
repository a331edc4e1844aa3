//! Reads the repository's settings: `[tool.git-devpi]` in pyproject.toml, or `.git-devpi.toml`.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::error::Error;
use super::keys::{KEYS, Key, RepositoryMay};

/// The separate settings file, an alternative to pyproject.toml.
pub const OWN_FILE: &str = ".git-devpi.toml";
/// The file with the table `[tool.git-devpi]`.
pub const PYPROJECT: &str = "pyproject.toml";

/// The parsed settings of the repository.
#[derive(Debug, Clone, Default)]
pub struct RepositoryFile {
    /// The file, for messages.
    pub path: PathBuf,
    /// The keys with their values; one value for a string.
    pub values: Vec<(Key, Vec<String>)>,
}

impl RepositoryFile {
    /// Parses the settings from the texts of the two files; pass `None` for a missing file.
    pub fn parse(pyproject: Option<&str>, own: Option<&str>) -> Result<Option<Self>, Error> {
        let pyproject = match pyproject {
            Some(text) if text.contains("git-devpi") => pyproject_table(text)?,
            _ => None,
        };
        let own = own.map(|text| document(text, OWN_FILE)).transpose()?;
        match (pyproject, own) {
            (Some(_), Some(_)) => Err(Error::TwoFiles { own: OWN_FILE.into(), pyproject: PYPROJECT.into() }),
            (Some(table), None) => read(table.as_table_like(), Path::new(PYPROJECT)).map(Some),
            (None, Some(document)) => read(Some(document.as_table()), Path::new(OWN_FILE)).map(Some),
            (None, None) => Ok(None),
        }
    }
}

pub(super) fn document(text: &str, path: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|e: toml_edit::TomlError| Error::BadFile {
        path: path.into(),
        reason: e.to_string().lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" "),
    })
}

fn pyproject_table(text: &str) -> Result<Option<Item>, Error> {
    let document = document(text, PYPROJECT)?;
    Ok(document.get("tool").and_then(|tool| tool.get("git-devpi")).cloned())
}

fn read(table: Option<&dyn TableLike>, path: &Path) -> Result<RepositoryFile, Error> {
    let mut file = RepositoryFile { path: path.to_owned(), values: Vec::new() };
    let Some(table) = table else {
        return Err(Error::BadFile { path: path.to_owned(), reason: "tool.git-devpi is not a table".into() });
    };
    for (name, item) in table.iter() {
        let spec = KEYS.iter().find(|spec| spec.name == name).ok_or_else(|| unknown_key(name, path))?;
        if spec.repository == RepositoryMay::No {
            let (key, git_config) = (spec.name, spec.git_config);
            return Err(Error::NotForRepositories { key, path: path.to_owned(), git_config });
        }
        let values = texts(item).ok_or_else(|| Error::BadFile {
            path: path.to_owned(),
            reason: format!("{name} is not a string, a number or a list of strings"),
        })?;
        file.values.push((spec.key, values));
    }
    Ok(file)
}

fn texts(item: &Item) -> Option<Vec<String>> {
    let value = item.as_value()?;
    match value {
        Value::Array(array) => array.iter().map(text).collect(),
        other => Some(vec![text(other)?]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(yes) => Some(yes.value().to_string()),
        _ => None,
    }
}

fn unknown_key(name: &str, path: &Path) -> Error {
    Error::UnknownKey { key: name.to_owned(), path: path.to_owned(), did_you_mean: nearest_key(name) }
}

/// Returns the known key that is most similar to `name`.
pub fn nearest_key(name: &str) -> Option<&'static str> {
    let folded = name.to_ascii_lowercase().replace('_', "-");
    KEYS.iter()
        .map(|spec| (strsim::jaro_winkler(spec.name, &folded), spec.name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read_and_never_together() {
        let pyproject = "[tool.git-devpi]\nuser = \"acme\"\nrequire = [\"unit\", \"system\"]\n";
        let file = RepositoryFile::parse(Some(pyproject), None).unwrap().unwrap();
        assert_eq!(
            file.values,
            [(Key::User, vec!["acme".to_owned()]), (Key::Require, vec!["unit".into(), "system".into()])]
        );
        assert!(RepositoryFile::parse(None, Some("user = \"acme\"")).unwrap().is_some());
        assert!(RepositoryFile::parse(Some("[project]\nname = \"x\"\n"), None).unwrap().is_none());
        assert!(matches!(RepositoryFile::parse(Some(pyproject), Some("")), Err(Error::TwoFiles { .. })));
    }

    #[test]
    fn an_unknown_key_comes_with_a_suggestion() {
        let error = RepositoryFile::parse(None, Some("release_branch = 1")).unwrap_err();
        assert!(matches!(error, Error::UnknownKey { did_you_mean: Some("release-branches"), .. }), "{error:?}");
        let error = RepositoryFile::parse(None, Some("zzz = 1")).unwrap_err();
        assert!(matches!(error, Error::UnknownKey { did_you_mean: None, .. }));
    }

    #[test]
    fn a_repository_cannot_choose_what_runs_here() {
        for key in ["builder", "repair", "on-error", "allow-http", "ca-bundle", "login", "prune-limit"] {
            let error = RepositoryFile::parse(None, Some(&format!("{key} = \"x\""))).unwrap_err();
            assert!(matches!(error, Error::NotForRepositories { .. }), "{key}");
        }
    }
}
