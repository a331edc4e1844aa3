//! Whether the server accepts the login, and whose it is.

use crate::devpi::{self, AuthStatus};
use crate::model::names::UserName;
use crate::ops::Error;
use crate::ops::doctor::finding::Finding;
use crate::workspace::Workspace;

/// Judges what the server says about the stored token (`auth`). A password that is available is not tried.
pub(super) fn check(workspace: &Workspace<'_>, auth: &AuthStatus) -> Result<Finding, Error> {
    match auth {
        AuthStatus::User(user) => accepted(workspace, user),
        AuthStatus::Anonymous => anonymous(workspace),
    }
}

fn accepted(workspace: &Workspace<'_>, user: &str) -> Result<Finding, Error> {
    let (owner, server) = (workspace.owner()?, workspace.server_url()?.value);
    if user == owner.as_str() {
        return Ok(Finding::Passed(format!("{user}, the owner; the server accepts the token")));
    }
    let uploaders = workspace.settings.upload_users().map_err(crate::workspace::Error::from)?;
    if uploaders.is_some_and(|set| set.value.iter().any(|uploader| uploader.as_str() == user)) {
        return Ok(Finding::Passed(format!("{user}, one of upload-users; {owner} creates the indexes")));
    }
    Ok(Finding::Warning(
        format!("{user}, but the indexes belong to {owner}: pushes create no index here"),
        format!("`git devpi login {server} --login {owner}` if you may; otherwise CI creates them"),
    ))
}

fn anonymous(workspace: &Workspace<'_>) -> Result<Finding, Error> {
    let (login, url) = (workspace.login()?, workspace.server_url()?);
    let known = workspace.stored_logins(&url.value)?;
    let token_of = known.iter().map(|(user, _)| user).find(|user| **user == login);
    let is_trusted = !url.origin.is_repository() || !known.is_empty();
    let state = |token_of: Option<&UserName>| match token_of {
        Some(login) => format!("the server no longer accepts the token of {login}"),
        None => format!("there is no token of {login}"),
    };
    if is_trusted && workspace.password_for(&url.value, &login)?.is_some() {
        return Ok(Finding::Passed(format!("{}; a password is available, so commands log in", state(token_of))));
    }
    Ok(match token_of {
        Some(login) => Finding::Failed(
            crate::workspace::Error::from(devpi::Error::TokenExpired { login: login.to_string() }).into(),
        ),
        None => Finding::Warning(
            "not logged in: pushes create no index here".to_owned(),
            format!("`git devpi login {} --login {login}`", url.value),
        ),
    })
}
