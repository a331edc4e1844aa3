//! Selects the file of a release that fits the installing interpreter.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::path::Path;

use crate::model::distribution::{Distribution, DistributionKind, WheelTag};
use crate::model::release::ReleaseFile;
use crate::python::builder::Format;
use crate::python::interpreter::{self, Interpreter};
use crate::release::Error;
use crate::workspace::Workspace;

/// The interpreter that installs the file.
///
/// Its tags are read only for releases with platform-specific wheels: reading them costs a Python process.
pub(crate) struct Installer<'a> {
    workspace: &'a Workspace<'a>,
    /// The requested interpreter.
    requested: Option<Interpreter>,
    tags: OnceCell<Vec<WheelTag>>,
}

impl<'a> Installer<'a> {
    /// Uses the interpreter that `request` names, else the one that `python::interpreter` finds.
    pub fn new(workspace: &'a Workspace<'a>, request: Option<&str>) -> Result<Self, Error> {
        let find = |name| interpreter::find(&workspace.environment, Some(name));
        Ok(Self { workspace, requested: request.map(find).transpose()?, tags: OnceCell::new() })
    }

    /// Returns the requested program; `None` if no interpreter was requested.
    pub fn requested(&self) -> Option<&Path> {
        self.requested.as_ref().map(|interpreter| &*interpreter.path)
    }

    /// Returns the interpreter: the requested one, else the first that is found.
    pub fn interpreter(&self) -> Result<Interpreter, Error> {
        match &self.requested {
            Some(requested) => Ok(requested.clone()),
            None => Ok(interpreter::find(&self.workspace.environment, None)?),
        }
    }

    /// Returns the best matching file of this format.
    pub fn best<'f>(&self, files: &'f [ReleaseFile], format: Format) -> Result<Option<&'f ReleaseFile>, Error> {
        let names: Vec<&str> = files.iter().map(|file| file.file_name.as_str()).collect();
        Ok(self.best_of_names(&names, format)?.map(|position| &files[position]))
    }

    /// Returns the position of the best matching file name of this format.
    ///
    /// Among equally good ones the higher build tag wins, then the later position.
    pub fn best_of_names(&self, names: &[&str], format: Format) -> Result<Option<usize>, Error> {
        let parsed = names.iter().enumerate().filter_map(|(n, name)| Some((Distribution::parse(name).ok()?, n)));
        let of_format: Vec<_> = parsed.filter(|(d, _)| d.is_wheel() == (format == Format::Wheel)).collect();
        let needs_tags = of_format.iter().any(|(distribution, _)| !is_universal(distribution));
        let tags = if needs_tags { Some(self.tags()?) } else { None };
        let mut best = None;
        for (distribution, position) in &of_format {
            let Some(preference) = tags.map_or(Some(0), |tags| distribution.preference(tags)) else { continue };
            let rank = (Reverse(preference), distribution.build_tag());
            if best.as_ref().is_none_or(|(highest, _)| rank >= *highest) {
                best = Some((rank, *position));
            }
        }
        Ok(best.map(|(_, position)| position))
    }

    /// Whether the interpreter can install a file of this name.
    pub fn accepts(&self, file_name: &str) -> Result<bool, Error> {
        match Distribution::parse(file_name) {
            Ok(distribution) if !is_universal(&distribution) => Ok(distribution.fits(self.tags()?)),
            _ => Ok(true),
        }
    }

    /// Returns the interpreter's slot if the release has platform-specific wheels, else `None`.
    pub fn slot(&self, files: &[ReleaseFile]) -> Result<Option<String>, Error> {
        let mut parsed = files.iter().filter_map(|file| Distribution::parse(&file.file_name).ok());
        if parsed.all(|distribution| is_universal(&distribution)) {
            return Ok(None);
        }
        Ok(slot_of(self.tags()?).map(ToString::to_string))
    }

    fn tags(&self) -> Result<&[WheelTag], Error> {
        if let Some(tags) = self.tags.get() {
            return Ok(tags);
        }
        let tags = self.interpreter()?.tags(&self.workspace.environment)?;
        Ok(self.tags.get_or_init(|| tags.iter().filter_map(|tag| WheelTag::parse(tag)).collect()))
    }
}

/// Returns the most generic platform among the first tags: `linux_x86_64` rather than
/// `manylinux_2_36_x86_64`.
///
/// An interpreter lists its own, most specific tags first. Two machines that would build the same file have the same slot.
fn slot_of(tags: &[WheelTag]) -> Option<&WheelTag> {
    let first = tags.first()?;
    tags.iter().take_while(|tag| (&tag.python, &tag.abi) == (&first.python, &first.abi)).last()
}

fn is_universal(distribution: &Distribution) -> bool {
    let pure = |tag: &WheelTag| (&*tag.python, &*tag.abi, &*tag.platform) == ("py3", "none", "any");
    match &distribution.kind {
        DistributionKind::Sdist => true,
        DistributionKind::Wheel { tags, .. } => tags.iter().any(pure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_that_build_the_same_file_share_a_slot() {
        let slot = |tags: &[&str]| {
            let tags: Vec<_> = tags.iter().map(|tag| WheelTag::parse(tag).unwrap()).collect();
            slot_of(&tags).map(ToString::to_string)
        };
        let debian = ["cp311-cp311-manylinux_2_36_x86_64", "cp311-cp311-linux_x86_64", "cp311-abi3-linux_x86_64"];
        let alpine = ["cp311-cp311-musllinux_1_2_x86_64", "cp311-cp311-linux_x86_64", "py3-none-any"];
        assert_eq!(slot(&debian).as_deref(), Some("cp311-cp311-linux_x86_64"));
        assert_eq!(slot(&debian), slot(&alpine));
        assert_eq!(slot(&["cp311-cp311-win_amd64", "py3-none-any"]).as_deref(), Some("cp311-cp311-win_amd64"));
        assert_eq!(slot(&[]), None);
    }

    #[test]
    fn only_what_every_python_3_installs_fits_everywhere() {
        let everywhere = |name: &str| is_universal(&Distribution::parse(name).unwrap());
        assert!(everywhere("demo-1-py3-none-any.whl") && everywhere("demo-1-py2.py3-none-any.whl"));
        assert!(everywhere("demo-1.tar.gz"));
        for native in ["py2-none-any", "py311-none-any", "py3-none-win_amd64", "cp311-none-any", "cp39-abi3-any"] {
            assert!(!everywhere(&format!("demo-1-{native}.whl")), "{native}");
        }
    }
}
