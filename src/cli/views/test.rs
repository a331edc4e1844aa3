//! What is said after tox has spoken for itself.

use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::model::tox_result::Outcome;
use crate::ops::test::{TestOutcome, Upload};

/// Says on stderr which environments are evidence, and what became of it; stdout is tox's.
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
        Upload::Done(index) => ui.note(&format!("the evidence is on {index}")),
        Upload::NoEvidence => ui.note(&format!("no evidence about {file}")),
        Upload::NotPublished => {
            ui.note(&format!("{} is not published, and neither is the evidence", outcome.package.version))
        }
        Upload::Failed(error) => ui.warn(&format!("the evidence could not be uploaded: {error}")),
    }
}
