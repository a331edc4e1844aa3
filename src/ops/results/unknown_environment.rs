//! Whether the name of an environment is known to the settings or to tox.

use crate::ops::Error;
use crate::python::tox_environments::{ConfigurationVersion, EnvironmentList, EnvironmentReader, NamedEnvironment};
use crate::settings::{Key, Origin};
use crate::workspace::Workspace;

/// The likeness from which a known name is proposed.
const LIKE: f64 = 0.8;

/// A name that neither `require` nor tox knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEnvironment {
    /// The name.
    pub name: String,
    /// The origin of `require`, if it is set.
    pub require: Option<Origin>,
    /// The known name that is most like it.
    pub did_you_mean: Option<String>,
}

/// Looks for an environment in `require`, then in tox. `None` if it is known, if neither is configured, or if tox's configuration cannot be
/// read and no known name is like it.
///
/// Starts tox only for a name that `require` does not have.
pub(super) fn find(workspace: &Workspace<'_>, name: &str) -> Result<Option<UnknownEnvironment>, Error> {
    let require = workspace.settings.list(Key::Require).filter(|set| !set.value.is_empty());
    let mut known = require.as_ref().map(|set| set.value.clone()).unwrap_or_default();
    if known.iter().any(|required| required == name) {
        return Ok(None);
    }
    let tox = EnvironmentReader::new(&workspace.environment)?;
    let text = EnvironmentReader::without_tox(&workspace.environment);
    let mut is_certain = true;
    for folder in workspace.tox_folders()?.into_iter().filter_map(|folder| folder.folder) {
        match text.env_list(&folder, ConfigurationVersion::Current)? {
            Some(EnvironmentList::Complete(list)) => known.extend(list.into_iter().map(|found| found.name)),
            _ => is_certain = tox.has_tox(),
        }
        match tox.named(&folder, &[name.to_owned()])?.unwrap_or_default().pop() {
            Some(NamedEnvironment::Known(_)) => return Ok(None),
            Some(NamedEnvironment::Unreadable(_)) => is_certain = false,
            Some(NamedEnvironment::Unknown) | None => {}
        }
    }
    if known.is_empty() || known.iter().any(|other| other == name) {
        return Ok(None);
    }
    let did_you_mean = nearest(name, known);
    let unknown = UnknownEnvironment { name: name.to_owned(), require: require.map(|set| set.origin), did_you_mean };
    Ok((is_certain || unknown.did_you_mean.is_some()).then_some(unknown))
}

fn nearest(name: &str, known: Vec<String>) -> Option<String> {
    let likeness = |other: &String| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let rated = known.into_iter().map(|other| (likeness(&other), other)).filter(|(likeness, _)| *likeness > LIKE);
    rated.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_proposed() {
        let known = || ["unit", "system", "py312-unit"].map(str::to_owned).to_vec();
        for (name, expected) in [
            ("unti", Some("unit")),
            ("Unit", Some("unit")),
            ("py311-unit", Some("py312-unit")),
            ("sytem", Some("system")),
            ("lint", None),
        ] {
            assert_eq!(nearest(name, known()).as_deref(), expected, "{name}");
        }
    }
}
