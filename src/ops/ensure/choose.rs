//! Which file of a release fits here.

use std::cell::OnceCell;

use crate::model::distribution::{Distribution, DistributionKind, WheelTag};
use crate::model::release::ReleaseFile;
use crate::ops::{Error, Workbench};
use crate::python::builder::Format;
use crate::python::interpreter;

/// Who will install the file. Asked only where a release has wheels that do not fit everywhere: it costs a Python process.
pub(super) struct Installer<'a> {
    workbench: &'a Workbench<'a>,
    request: Option<&'a str>,
    tags: OnceCell<Vec<WheelTag>>,
}

impl<'a> Installer<'a> {
    /// The interpreter that `request` names, else the one that `python::interpreter` finds.
    pub fn new(workbench: &'a Workbench<'a>, request: Option<&'a str>) -> Self {
        Self { workbench, request, tags: OnceCell::new() }
    }

    /// The file of this format that fits best.
    pub fn best<'f>(&self, files: &'f [ReleaseFile], format: Format) -> Result<Option<&'f ReleaseFile>, Error> {
        let names: Vec<&str> = files.iter().map(|file| file.file_name.as_str()).collect();
        Ok(self.best_name(&names, format)?.map(|position| &files[position]))
    }

    /// The position of the file of this format that fits best.
    pub fn best_name(&self, names: &[&str], format: Format) -> Result<Option<usize>, Error> {
        let parsed = names.iter().enumerate().filter_map(|(n, name)| Some((n, Distribution::parse(name).ok()?)));
        let of_format: Vec<_> = parsed.filter(|(_, d)| d.is_wheel() == (format == Format::Wheel)).collect();
        if of_format.iter().all(|(_, distribution)| fits_everywhere(distribution)) {
            return Ok(of_format.last().map(|(position, _)| *position));
        }
        let tags = self.tags()?;
        let preferences = of_format.iter().filter_map(|(position, d)| Some((d.preference(tags)?, *position)));
        Ok(preferences.min_by_key(|(preference, _)| *preference).map(|(_, position)| position))
    }

    /// What tells this interpreter's builds from others', where a release has wheels that do not fit everywhere.
    pub fn slot(&self, files: &[ReleaseFile]) -> Result<Option<String>, Error> {
        let mut parsed = files.iter().filter_map(|file| Distribution::parse(&file.file_name).ok());
        if parsed.all(|distribution| fits_everywhere(&distribution)) {
            return Ok(None);
        }
        Ok(self.tags()?.first().map(|tag| format!("{}-{}-{}", tag.python, tag.abi, tag.platform)))
    }

    fn tags(&self) -> Result<&[WheelTag], Error> {
        if let Some(tags) = self.tags.get() {
            return Ok(tags);
        }
        let environment = &self.workbench.environment;
        let tags = interpreter::find(environment, self.request)?.tags(environment)?;
        Ok(self.tags.get_or_init(|| tags.iter().filter_map(|tag| WheelTag::parse(tag)).collect()))
    }
}

fn fits_everywhere(distribution: &Distribution) -> bool {
    let pure = |tag: &WheelTag| tag.abi == "none" && tag.platform == "any" && tag.python.starts_with("py");
    match &distribution.kind {
        DistributionKind::Sdist => true,
        DistributionKind::Wheel { tags, .. } => tags.iter().all(pure),
    }
}
