//! Reading the core metadata of a wheel or sdist, for checks and for devpi's upload form.

use std::path::Path;

use python_pkginfo::{Distribution, Metadata};

use super::error::Error;

/// The metadata of one file.
#[derive(Debug, Clone)]
pub struct CoreMetadata {
    /// The project's name, as the file spells it.
    pub name: String,
    /// The version, as the file spells it.
    pub version: String,
    metadata: Metadata,
}

/// Reads the metadata inside `file` (`.whl`, `.tar.gz`, `.zip`).
pub fn read(file: &Path) -> Result<CoreMetadata, Error> {
    let distribution = Distribution::new(file).map_err(|source| Error::Unreadable { file: file.to_owned(), source })?;
    let metadata = distribution.metadata().clone();
    Ok(CoreMetadata { name: metadata.name.clone(), version: metadata.version.clone(), metadata })
}

impl CoreMetadata {
    /// The values of `Requires-Dist`.
    pub fn requirements(&self) -> &[String] {
        &self.metadata.requires_dist
    }

    /// The metadata as form fields under devpi's keys; fields with several values repeat.
    ///
    /// devpi does not read the file's own metadata: installers see only these fields (`requires_python`).
    pub fn form_fields(&self) -> Vec<(String, String)> {
        let of = &self.metadata;
        let mut fields = vec![
            ("metadata_version".to_owned(), of.metadata_version.clone()),
            ("name".to_owned(), of.name.clone()),
            ("version".to_owned(), of.version.clone()),
        ];
        let single = [
            ("summary", &of.summary),
            ("description", &of.description),
            ("description_content_type", &of.description_content_type),
            ("keywords", &of.keywords),
            ("home_page", &of.home_page),
            ("download_url", &of.download_url),
            ("author", &of.author),
            ("author_email", &of.author_email),
            ("maintainer", &of.maintainer),
            ("maintainer_email", &of.maintainer_email),
            ("license", &of.license),
            ("license_expression", &of.license_expression),
            ("requires_python", &of.requires_python),
        ];
        fields.extend(single.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))));
        let several = [
            ("classifiers", &of.classifiers),
            ("platform", &of.platforms),
            ("supported_platform", &of.supported_platforms),
            ("requires_dist", &of.requires_dist),
            ("provides_dist", &of.provides_dist),
            ("obsoletes_dist", &of.obsoletes_dist),
            ("requires_external", &of.requires_external),
            ("project_urls", &of.project_urls),
            ("provides_extras", &of.provides_extras),
            ("license_file", &of.license_files),
            ("dynamic", &of.dynamic),
        ];
        for (key, values) in several {
            fields.extend(values.iter().map(|value| (key.to_owned(), value.clone())));
        }
        fields
    }
}
