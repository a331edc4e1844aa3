//! The newest releases of a project on an index, without those that are not shown.
//!
//! devpi has no list of versions: it sends all releases with their metadata, 1.6 KB each. Where that is much, the file names of the simple page
//! tell which versions are the newest, and only these are read.

use std::collections::BTreeSet;
use std::str::FromStr;

use pep440_rs::Version;

use crate::devpi::Server;
use crate::model::names::{IndexName, ProjectName};
use crate::model::release::Release;
use crate::release::Error;
use crate::release::select::newest_first;
use crate::system::parallel;

/// The size of a list of releases that is read as a whole, in bytes: about twenty of them, so that most projects cost one request.
const SMALL_LIST: u64 = 32 * 1024;

/// The newest releases of a project.
#[derive(Debug, Clone, Default)]
pub struct Newest {
    /// The highest versions first.
    pub releases: Vec<Release>,
    /// How many releases there are.
    pub count: usize,
}

/// Returns the `max` newest releases on the index itself. One request, or 2 + `max` for a project with many releases.
pub fn newest(server: &Server, index: &IndexName, project: &ProjectName, max: usize) -> Result<Newest, Error> {
    if let Some(mut releases) = server.releases_within(index, project, SMALL_LIST)? {
        releases.sort_by_cached_key(|release| std::cmp::Reverse(Version::from_str(&release.version).ok()));
        return Ok(first(releases, max));
    }
    match of_file_names(server, index, project, max)? {
        Some(newest) => Ok(newest),
        None => Ok(first(newest_first(server, index, project)?, max)),
    }
}

fn first(mut releases: Vec<Release>, max: usize) -> Newest {
    let count = releases.len();
    releases.truncate(max);
    Newest { releases, count }
}

/// `None` where a file's name does not tell the version under which devpi has it.
fn of_file_names(
    server: &Server,
    index: &IndexName,
    project: &ProjectName,
    max: usize,
) -> Result<Option<Newest>, Error> {
    let names = server.file_names(index, project)?;
    let versions: Option<BTreeSet<Version>> = names.iter().map(|name| version_of(name)).collect();
    let Some(versions) = versions else { return Ok(None) };
    let wanted: Vec<String> = versions.iter().rev().take(max).map(ToString::to_string).collect();
    let read = |version: &String| server.release(index, project, version);
    let releases = parallel::map(&wanted, max, read).into_iter().collect::<Result<Option<Vec<Release>>, _>>()?;
    Ok(releases.map(|releases| Newest { releases, count: versions.len() }))
}

/// The version in the name of a wheel or source distribution.
fn version_of(file_name: &str) -> Option<Version> {
    let version = match file_name.strip_suffix(".whl") {
        Some(stem) => stem.split('-').nth(1)?,
        None => [".tar.gz", ".zip"].iter().find_map(|end| file_name.strip_suffix(end))?.rsplit_once('-')?.1,
    };
    Version::from_str(&version.replace('_', "+")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_the_version() {
        let version = |name: &str| version_of(name).map(|version| version.to_string());
        assert_eq!(version("demo_pkg-1.4.57.dev0-py3-none-any.whl").as_deref(), Some("1.4.57.dev0"));
        assert_eq!(version("demo_pkg-1.4+g12ab-1-cp311-cp311-linux_x86_64.whl").as_deref(), Some("1.4+g12ab"));
        assert_eq!(version("demo_pkg-1.4_local.1-py3-none-any.whl").as_deref(), Some("1.4+local.1"));
        assert_eq!(version("demo-pkg-1.4.57.tar.gz").as_deref(), Some("1.4.57"));
        assert_eq!(version("demo_pkg-1.4.57.zip").as_deref(), Some("1.4.57"));
        for name in ["demo.exe", "demo_pkg.whl", "demo-pkg.tar.gz", ""] {
            assert_eq!(version(name), None, "{name}");
        }
    }
}
