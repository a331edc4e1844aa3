//! Parses distribution file names: project, version, and the compatibility tags of wheels.
//!
//! Downloads are stored under these names, so a name that contains a path separator is refused.

use pep440_rs::Version;

use super::names::ProjectName;

/// A wheel or source distribution as described by its file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The normalised project name.
    pub name: ProjectName,
    /// The version: canonical when it is valid PEP 440, otherwise as in the file name.
    pub version: String,
    /// Wheel or sdist.
    pub kind: DistributionKind,
}

/// The kind of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DistributionKind {
    /// A built distribution.
    Wheel {
        /// The optional build tag, `1` of `demo-1.4-1-py3-none-any.whl`.
        build: Option<String>,
        /// The expanded compressed tag set (PEP 425).
        tags: Vec<WheelTag>,
    },
    /// A source distribution.
    Sdist,
}

/// A compatibility tag: interpreter, ABI and platform (PEP 425).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WheelTag {
    /// `py3`, `cp311`
    pub python: String,
    /// `none`, `abi3`, `cp311`
    pub abi: String,
    /// `any`, `manylinux_2_28_x86_64`, `win_amd64`
    pub platform: String,
}

impl WheelTag {
    /// Parses `cp311-abi3-win_amd64`, the format of `packaging.tags`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').filter(|part| !part.is_empty());
        let (python, abi, platform) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then(|| Self::new(python, abi, platform))
    }

    fn new(python: &str, abi: &str, platform: &str) -> Self {
        Self {
            python: python.to_ascii_lowercase(),
            abi: abi.to_ascii_lowercase(),
            platform: platform.to_ascii_lowercase(),
        }
    }
}

impl std::fmt::Display for WheelTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// The file name is not that of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file_name:?} is not the name of a wheel or source distribution: {reason}")]
pub struct DistributionError {
    /// The name as given.
    pub file_name: String,
    /// The rule that the name violates.
    pub reason: &'static str,
}

impl Distribution {
    /// Parses `demo_pkg-1.4.57-py3-none-any.whl` (binary distribution format) or `demo_pkg-1.4.57.tar.gz` (PEP 625, and the older
    /// spellings with `-` in the name and `.zip`).
    pub fn parse(file_name: &str) -> Result<Self, DistributionError> {
        let error = |reason| DistributionError { file_name: file_name.to_owned(), reason };
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+' | b'!');
        if !file_name.bytes().all(is_allowed) {
            return Err(error("contains characters other than letters, digits and '-_.+!'"));
        }
        let parsed = if let Some(stem) = file_name.strip_suffix(".whl") {
            wheel(stem)
        } else if let Some(stem) = file_name.strip_suffix(".tar.gz").or_else(|| file_name.strip_suffix(".zip")) {
            sdist(stem)
        } else {
            Err("the extension is not .whl, .tar.gz or .zip")
        };
        parsed.map_err(error)
    }

    /// Whether an interpreter with these tags can install the file. A source distribution is compatible with every interpreter.
    pub fn fits(&self, interpreter: &[WheelTag]) -> bool {
        self.preference(interpreter).is_some()
    }

    /// The rank of the file for an interpreter whose tags are sorted by preference: 0 is best, `None` means incompatible. Source
    /// distributions rank last.
    pub fn preference(&self, interpreter: &[WheelTag]) -> Option<usize> {
        match &self.kind {
            DistributionKind::Sdist => Some(interpreter.len()),
            DistributionKind::Wheel { tags, .. } => interpreter.iter().position(|tag| tags.contains(tag)),
        }
    }

    /// The platform tags of a wheel: `any`, `win_amd64`. Empty for a source distribution.
    pub fn platforms(&self) -> impl Iterator<Item = &str> {
        let tags = match &self.kind {
            DistributionKind::Wheel { tags, .. } => tags.as_slice(),
            DistributionKind::Sdist => &[],
        };
        tags.iter().map(|tag| tag.platform.as_str())
    }

    /// The build tag in the order of installers: its number, then its letters. `None` sorts below every tag.
    pub fn build_tag(&self) -> Option<(u64, &str)> {
        match &self.kind {
            DistributionKind::Wheel { build: Some(build), .. } => {
                let (number, letters) =
                    build.split_at(build.find(|c: char| !c.is_ascii_digit()).unwrap_or(build.len()));
                Some((number.parse().unwrap_or(u64::MAX), letters))
            }
            _ => None,
        }
    }

    /// Whether it is a wheel.
    pub fn is_wheel(&self) -> bool {
        matches!(self.kind, DistributionKind::Wheel { .. })
    }
}

fn wheel(stem: &str) -> Result<Distribution, &'static str> {
    let parts: Vec<&str> = stem.split('-').collect();
    let (name, version, build, tags) = match parts[..] {
        [name, version, python, abi, platform] => (name, version, None, [python, abi, platform]),
        [name, version, build, python, abi, platform] => (name, version, Some(build), [python, abi, platform]),
        _ => return Err("a wheel name has five or six parts"),
    };
    if build.is_some_and(|build| !build.starts_with(|c: char| c.is_ascii_digit())) {
        return Err("a wheel build tag begins with a digit");
    }
    if tags.iter().any(|set| set.split('.').any(str::is_empty)) {
        return Err("a compatibility tag is empty");
    }
    let kind = DistributionKind::Wheel { build: build.map(str::to_owned), tags: expand(tags) };
    distribution(name, version, kind)
}

/// Expands `py2.py3-none-any` into `py2-none-any` and `py3-none-any` (PEP 425).
fn expand([python, abi, platform]: [&str; 3]) -> Vec<WheelTag> {
    let mut tags = Vec::new();
    for python in python.split('.') {
        for abi in abi.split('.') {
            tags.extend(platform.split('.').map(|platform| WheelTag::new(python, abi, platform)));
        }
    }
    tags
}

/// Splits at the last dash, because older source distributions also have dashes in the project name.
fn sdist(stem: &str) -> Result<Distribution, &'static str> {
    let (name, version) = stem.rsplit_once('-').ok_or("no version after a dash")?;
    distribution(name, version, DistributionKind::Sdist)
}

fn distribution(name: &str, version: &str, kind: DistributionKind) -> Result<Distribution, &'static str> {
    let name = ProjectName::parse(name).map_err(|_| "does not begin with a project name")?;
    if !version.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("no version");
    }
    // File names replace a dash in the version with an underscore.
    let version = match version.replace('_', "-").parse::<Version>() {
        Ok(canonical) => canonical.to_string(),
        Err(_) => version.to_owned(),
    };
    Ok(Distribution { name, version, kind })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(file_name: &str) -> Distribution {
        Distribution::parse(file_name).unwrap()
    }

    fn tags(texts: &[&str]) -> Vec<WheelTag> {
        texts.iter().map(|text| WheelTag::parse(text).unwrap()).collect()
    }

    #[test]
    fn wheels_are_read() {
        let wheel = parse("Demo_Pkg-1.4.57-1b-py2.py3-none-any.whl");
        assert_eq!((wheel.name.as_str(), wheel.version.as_str()), ("demo-pkg", "1.4.57"));
        assert_eq!(
            wheel.kind,
            DistributionKind::Wheel { build: Some("1b".to_owned()), tags: tags(&["py2-none-any", "py3-none-any"]) }
        );
        let local = parse("demo-1.4.dev0+g01234567.dirty-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
        assert_eq!(local.version, "1.4.dev0+g01234567.dirty");
        assert_eq!(
            local.kind,
            DistributionKind::Wheel {
                build: None,
                tags: tags(&["cp311-abi3-manylinux_2_17_x86_64", "cp311-abi3-manylinux2014_x86_64"])
            }
        );
    }

    #[test]
    fn source_distributions_are_read() {
        for (file_name, name, version) in [
            ("demo_pkg-1.4.57.tar.gz", "demo-pkg", "1.4.57"),
            ("demo-pkg-1.4.57.zip", "demo-pkg", "1.4.57"),
            ("demo.pkg-1.04.tar.gz", "demo-pkg", "1.4"),
            ("demo-2004d.tar.gz", "demo", "2004d"),
        ] {
            let sdist = parse(file_name);
            assert_eq!((sdist.name.as_str(), sdist.version.as_str()), (name, version), "{file_name}");
            assert_eq!(sdist.kind, DistributionKind::Sdist);
        }
    }

    #[test]
    fn other_names_are_refused() {
        for bad in [
            "",
            "demo.whl",
            "demo-1.4.whl",
            "demo-1.4-py3-none.whl",
            "demo-1.4-x1-py3-none-any.whl",
            "demo-1.4-py3--any.whl",
            "demo-1.4-py3.-none-any.whl",
            "demo-.tar.gz",
            "demo.tar.gz",
            "-1.4.tar.gz",
            "demo-1.4.exe",
            "../demo-1.4.tar.gz",
            "demo-1.4/../../x.tar.gz",
            "a\\demo-1.4.tar.gz",
            "demo-1.4\n.tar.gz",
        ] {
            assert_eq!(Distribution::parse(bad).unwrap_err().file_name, bad);
        }
    }

    #[test]
    fn a_wheel_fits_where_one_of_its_tags_is_known() {
        let interpreter = tags(&["cp311-cp311-linux_x86_64", "cp311-abi3-linux_x86_64", "py3-none-any"]);
        let pure = parse("demo-1-py2.py3-none-any.whl");
        let native = parse("demo-1-cp311-cp311-linux_x86_64.whl");
        let sdist = parse("demo-1.tar.gz");
        assert!(pure.fits(&interpreter) && native.fits(&interpreter) && sdist.fits(&interpreter));
        assert!(!parse("demo-1-cp310-cp310-linux_x86_64.whl").fits(&interpreter));
        assert!(!pure.fits(&[]) && sdist.fits(&[]));
        assert!(native.preference(&interpreter) < pure.preference(&interpreter));
        assert!(pure.preference(&interpreter) < sdist.preference(&interpreter));
        let build = |name: &str| parse(name).build_tag().map(|(number, letters)| (number, letters.to_owned()));
        assert_eq!(build("demo-1-10b-py3-none-any.whl"), Some((10, "b".to_owned())));
        assert!(build("demo-1-10-py3-none-any.whl") > build("demo-1-9z-py3-none-any.whl"));
        assert!(build("demo-1-0-py3-none-any.whl") > build("demo-1-py3-none-any.whl"));
    }

    proptest! {
        #[test]
        fn no_name_makes_it_panic(name in "\\PC{0,40}(\\.whl|\\.tar\\.gz|\\.zip)?") {
            if let Ok(distribution) = Distribution::parse(&name) {
                prop_assert!(!name.contains(['/', '\\']));
                prop_assert!(!distribution.version.is_empty());
            }
        }

        #[test]
        fn what_builders_write_is_read_back(name in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4}){0,2}", version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}(\\.dev[0-9])?") {
            let (name, version) = (ProjectName::parse(&name).unwrap(), version.parse::<Version>().unwrap().to_string());
            for ending in ["-py3-none-any.whl", ".tar.gz"] {
                let read = parse(&format!("{}-{version}{ending}", name.file_stem()));
                prop_assert_eq!((&read.name, &read.version), (&name, &version));
            }
        }
    }
}
