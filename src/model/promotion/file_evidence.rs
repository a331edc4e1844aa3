//! What the evidence says about each file in each required environment.

use super::super::evidence::{EvidenceRow, Verdict, deciding_row};
use super::super::release::Release;

/// What is known of one file in one required environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEvidence {
    /// The file.
    pub file_name: String,
    /// The environment.
    pub environment: String,
    /// The row that decides; `None` where there is no evidence.
    pub row: Option<EvidenceRow>,
}

impl FileEvidence {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.row.as_ref().map_or(Verdict::NoEvidence, |row| row.verdict)
    }
}

/// What is known of every file in every required environment, in that order.
pub(super) fn file_evidence(release: &Release, rows: &[EvidenceRow], required: &[String]) -> Vec<FileEvidence> {
    let mut evidence = Vec::with_capacity(release.files.len() * required.len());
    for file in &release.files {
        for environment in required {
            evidence.push(FileEvidence {
                file_name: file.file_name.clone(),
                environment: environment.clone(),
                row: deciding_row(rows, &file.sha256, environment).cloned(),
            });
        }
    }
    evidence
}
