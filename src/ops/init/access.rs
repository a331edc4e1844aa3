//! Who else may upload and test: proposed where the user who logs in is not the owner.

use crate::model::names::UserName;
use crate::ops::Error;
use crate::ops::init::Answer;
use crate::settings::{Key, Origin};
use crate::workspace::Workspace;

/// Returns `upload-users` and `evidence-users` for the repository's file: as the user's own settings name them, else for a login beside the
/// owner. None of them where the file or a flag sets them, and where the owner logs in.
pub fn access_answers(workspace: &Workspace<'_>) -> Result<Vec<Answer>, Error> {
    let (owner, login) = (workspace.owner()?, workspace.login()?);
    let own = [(Key::UploadUsers, vec![login.clone()]), (Key::EvidenceUsers, vec![owner.clone(), login.clone()])];
    let mut answers = Vec::new();
    for (key, users) in own {
        match workspace.settings.raw(key) {
            Some(set) if set.origin.is_repository() => {}
            Some(set) => answers.push(Answer::of_values(key, set.value, set.origin)),
            None if login != owner => {
                let origin = Origin::Derived(format!("{login} logs in, beside the owner {owner}"));
                answers.push(Answer::of_values(key, users.iter().map(UserName::to_string).collect(), origin));
            }
            None => {}
        }
    }
    Ok(answers)
}
