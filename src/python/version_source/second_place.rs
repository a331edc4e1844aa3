//! A second place of the version: `__version__` in the package, beside the version that the backend reads.

use std::str::FromStr;

use pep440_rs::Version;

use super::packages;
use super::source::VersionSource;
use super::version_span::{VersionSpan, locate};
use crate::python::error::Error;
use crate::python::literal_search::{Followed, LiteralLocation, follow};
use crate::python::project_files::ProjectFiles;
use crate::python::source_tree::SourceTree;

/// The name that modules keep their version in.
const NAME: &str = "__version__";

/// A literal beside the version source.
#[derive(Debug)]
pub(in crate::python) struct SecondPlace {
    /// The file, relative to the project's folder.
    pub path: String,
    /// The literal.
    pub span: VersionSpan,
}

impl SecondPlace {
    /// Whether it is the same version as `base`: `1.4` and `1.4.0` are.
    pub fn equals(&self, base: &str) -> bool {
        let parsed = |text: &str| Version::from_str(text.trim()).ok();
        parsed(self.span.text()).is_some_and(|version| parsed(base) == Some(version))
    }
}

/// Finds the literals of the project's packages that `source` does not cover; none if the version comes from a tag or a variable.
pub(in crate::python) fn find(tree: SourceTree<'_>, source: &VersionSource) -> Result<Vec<SecondPlace>, Error> {
    let mut found: Vec<SecondPlace> = Vec::new();
    if source.needs_tag() {
        return Ok(found);
    }
    let files = ProjectFiles::read(tree)?;
    let roots = packages::roots(&files);
    for path in packages::modules(&files, &roots)? {
        let start = LiteralLocation { path, name: NAME.to_owned() };
        let Ok(Followed::Literal(LiteralLocation { path, name })) = follow(tree, start, &roots) else { continue };
        let is_source = match source {
            VersionSource::Attribute { path: other, name: other_name } => {
                same_file(&path, other) && name == *other_name
            }
            VersionSource::File { path: other } | VersionSource::RegexFile { path: other, .. } => {
                same_file(&path, other)
            }
            _ => false,
        };
        if is_source || found.iter().any(|known| known.path == path) {
            continue;
        }
        if let Some(span) = locate(tree, &VersionSource::Attribute { path: path.clone(), name })? {
            found.push(SecondPlace { path, span });
        }
    }
    Ok(found)
}

fn same_file(path: &str, other: &str) -> bool {
    path.trim_start_matches("./") == other.trim_start_matches("./")
}
