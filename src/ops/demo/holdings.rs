//! What the server holds, asked of the server itself: the demonstration believes nothing that git-devpi says about its own deeds.

use std::collections::BTreeMap;

use crate::index::branch_index::{IndexMap, indexes_of};
use crate::model::evidence::{EvidenceRow, Verdict, evidence};
use crate::model::names::{IndexName, ProjectName, Sha256};
use crate::model::release::Release;
use crate::model::tox_result::ToxReport;
use crate::ops::Error;
use crate::ops::demo::Account;

impl Account {
    /// Every index of the user.
    pub fn indexes(&self) -> Result<IndexMap, Error> {
        Ok(indexes_of(&self.session, &self.user)?)
    }

    /// `USER/NAME`
    pub fn index(&self, name: &str) -> Result<IndexName, Error> {
        Ok(IndexName::new(&self.user, name)?)
    }

    /// The releases with files on an index.
    pub fn releases(&self, index: &IndexName, project: &str) -> Result<Vec<Release>, Error> {
        Ok(self.session.releases(index, &ProjectName::parse(project)?)?)
    }

    /// The evidence for a release.
    pub fn evidence(&self, release: &Release) -> Result<Vec<EvidenceRow>, Error> {
        let mut reports = BTreeMap::new();
        for link in &release.tox_results {
            reports.insert(link.path.clone(), ToxReport::parse(&self.session.tox_report(link)?));
        }
        Ok(evidence(release, &reports, std::slice::from_ref(&self.user)))
    }

    /// The environments that are green for the file with this digest.
    pub fn green(&self, release: &Release, sha256: &Sha256) -> Result<Vec<String>, Error> {
        let counts = |row: &EvidenceRow| row.trusted && row.verdict == Verdict::Passed && row.sha256 == *sha256;
        let mut names: Vec<String> =
            self.evidence(release)?.into_iter().filter(counts).map(|row| row.environment).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Everything, a line for each index and each file.
    pub fn in_words(&self, project: &str) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for name in self.indexes()?.keys() {
            let index = self.index(name)?;
            let releases = self.releases(&index, project)?;
            if releases.is_empty() {
                lines.push(format!("{index}  (no files)"));
            }
            for release in releases {
                for file in &release.files {
                    let green = self.green(&release, &file.sha256)?;
                    let verdict = if green.is_empty() {
                        "no evidence".to_owned()
                    } else {
                        format!("green: {}", green.join(", "))
                    };
                    lines.push(format!("{index}  {}  sha256 {}…  {verdict}", file.file_name, file.sha256.short()));
                }
            }
        }
        Ok(lines)
    }
}
