//! What the evidence says about each file in each required environment.

use super::super::evidence::{EvidenceRow, Verdict, deciding_row, failed_before};
use super::super::release::Release;

/// The evidence for one file in one required environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEvidence {
    /// The file.
    pub file_name: String,
    /// The environment.
    pub environment: String,
    /// The deciding row; `None` when there is no evidence.
    pub row: Option<EvidenceRow>,
    /// The failures before it passed, oldest first; empty unless it passes.
    pub failed_before: Vec<EvidenceRow>,
}

impl FileEvidence {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.row.as_ref().map_or(Verdict::NoEvidence, |row| row.verdict)
    }
}

/// The evidence for each file in each required environment, ordered by file, then environment.
pub(super) fn file_evidence(release: &Release, rows: &[EvidenceRow], required: &[String]) -> Vec<FileEvidence> {
    let mut evidence = Vec::with_capacity(release.files.len() * required.len());
    for file in &release.files {
        for environment in required {
            evidence.push(FileEvidence {
                file_name: file.file_name.clone(),
                environment: environment.clone(),
                row: deciding_row(rows, &file.sha256, environment).cloned(),
                failed_before: failed_before(rows, &file.sha256, environment).into_iter().cloned().collect(),
            });
        }
    }
    evidence
}
