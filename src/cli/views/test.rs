//! The notes of `test` after tox's own output.

use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::model::tox_result::Outcome;
use crate::ops::test::{TestOutcome, Upload};

/// Writes to stderr which environments are evidence, and whether it was uploaded.
pub fn show(ui: &Ui, outcome: &TestOutcome) {
    let file = escape_for_terminal(&outcome.package.file);
    for (environment, judgement) in &outcome.environments {
        let environment = escape_for_terminal(environment);
        match judgement {
            Ok(Outcome::Passed) => ui.note(&format!("{environment}: passed with {file}")),
            Ok(Outcome::Failed) => ui.note(&format!("{environment}: failed with {file}")),
            Err(reason) => ui.note(&format!("{environment}: no evidence: it {reason}")),
        }
    }
    match &outcome.upload {
        Upload::Done(index) => ui.note(&format!("uploaded the evidence to {index}")),
        Upload::NoEvidence => ui.note(&format!("no evidence for {file}")),
        Upload::NotPublished => {
            ui.note(&format!("the evidence is not uploaded, because {} is not published", outcome.package.version))
        }
        Upload::Failed(error) => ui.warn(&format!("cannot upload the evidence: {error}")),
    }
}
