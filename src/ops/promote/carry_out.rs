//! The copy itself, and what is believed of it: nothing but what production then says.

use std::collections::BTreeMap;

use crate::devpi::{PushOutcome, PushRequest, Session};
use crate::model::release::{Release, ReleaseFile};
use crate::ops::Error;
use crate::ops::promote::fault::Fault;
use crate::ops::promote::request::{Decision, Promotion};

/// Pushes the release, and compares production with it whatever the server answered: a refused push is committed as far as it came,
/// and one that was broken off may have been carried out.
pub(super) fn carry_out(session: &Session, promotion: &Promotion) -> Result<Decision, Error> {
    let push = PushRequest {
        from: promotion.from.clone(),
        project: promotion.project.clone(),
        version: promotion.version.clone(),
        to: promotion.to.clone(),
    };
    let pushed = session.push(&push);
    let there = session.release(&promotion.to, &promotion.project, &promotion.version)?;
    let missing = compare(promotion, there.as_ref())?;
    match (missing.is_empty(), pushed) {
        (true, Ok(PushOutcome::Done)) => Ok(Decision::Promoted),
        (true, _) => Ok(Decision::AlreadyThere),
        (false, Err(error)) => Err(error.into()),
        (false, Ok(_)) => Err(Fault::PromotedPartly {
            index: promotion.to.clone(),
            project: promotion.project.clone(),
            version: promotion.version.clone(),
            missing,
        }
        .into()),
    }
}

/// The files that production has not; one that it has with other bytes is an error.
fn compare(promotion: &Promotion, there: Option<&Release>) -> Result<Vec<String>, Error> {
    let files = there.map(|release| release.files.as_slice()).unwrap_or_default();
    let there: BTreeMap<&str, &ReleaseFile> = files.iter().map(|file| (file.file_name.as_str(), file)).collect();
    let mut missing = Vec::new();
    for file in &promotion.files {
        match there.get(file.file_name.as_str()) {
            None => missing.push(file.file_name.clone()),
            Some(same) if same.sha256 == file.sha256 => {}
            Some(other) => {
                return Err(Error::DigestConflict {
                    to: promotion.to.clone(),
                    file: file.file_name.clone(),
                    published: other.sha256.short().to_owned(),
                    promoted: file.sha256.short().to_owned(),
                });
            }
        }
    }
    Ok(missing)
}
