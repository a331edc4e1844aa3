//! A requirement of a release on another project, as far as versions are concerned.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::names::ProjectName;

/// The project and the versions that are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The required project.
    pub project: ProjectName,
    versions: VersionSpecifiers,
}

impl Dependency {
    /// Reads a requirement (PEP 508): `server[http]>=1.4,<2; python_version > "3.8"`.
    ///
    /// Returns `None` for a requirement of an extra, which is not always installed, for one with a URL, and for an invalid one.
    pub fn parse(requirement: &str) -> Option<Self> {
        let (requirement, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
        let is_of_extra = marker.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "extra");
        let requirement = requirement.trim();
        let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
        let (name, rest) = requirement.split_at(end.unwrap_or(requirement.len()));
        let rest = rest.trim_start();
        let versions = match rest.strip_prefix('[') {
            Some(extras) => extras.split_once(']')?.1.trim(),
            None => rest,
        };
        let versions = versions.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(versions);
        if is_of_extra || versions.starts_with('@') {
            return None;
        }
        let (project, versions) = (ProjectName::parse(name).ok()?, VersionSpecifiers::from_str(versions).ok()?);
        Some(Self { project, versions })
    }

    /// Whether a version is accepted.
    pub fn is_met_by(&self, version: &str) -> bool {
        Version::from_str(version).is_ok_and(|version| self.versions.contains(&version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_names_a_project_and_its_versions() {
        for (requirement, project, met, unmet) in [
            ("server", "server", "0.1", None),
            ("Server_X>=1.4,<2", "server-x", "1.4.57", Some("2.0")),
            ("server [http] (>=1.4.57.dev0) ; python_version > \"3.8\"", "server", "1.4.60", Some("1.4.56")),
            ("server==1.4.*", "server", "1.4.57", Some("1.5.1")),
            ("server>=1.4 ; extras_x == '1'", "server", "1.4", Some("1.3")),
        ] {
            let dependency = Dependency::parse(requirement).unwrap();
            assert_eq!(dependency.project.as_str(), project, "{requirement}");
            assert!(dependency.is_met_by(met), "{requirement}");
            assert!(unmet.is_none_or(|unmet| !dependency.is_met_by(unmet)), "{requirement}");
        }
        for none in ["server>=1; extra == 'x'", "server @ https://x/y.whl", "server>=", "", "server[x", ">=1"] {
            assert_eq!(Dependency::parse(none), None, "{none}");
        }
    }
}
