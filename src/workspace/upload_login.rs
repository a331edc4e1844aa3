//! The login for uploads to an index beside the devpi server.

use secrecy::SecretString;
use url::Url;

use crate::devpi::UploadLogin;
use crate::git::{self, CredentialRequest};
use crate::system::environment::{GIT_DEVPI_UPLOAD_TOKEN, GIT_DEVPI_UPLOAD_USER};
use crate::workspace::session::HELPER_DEADLINE;
use crate::workspace::{Error, Workspace};

/// The user name that indexes expect with an API token.
const TOKEN_USER: &str = "__token__";

impl Workspace<'_> {
    /// Returns the login for uploads to `url`; `None` when there is none.
    ///
    /// GIT_DEVPI_UPLOAD_TOKEN, with the user name of GIT_DEVPI_UPLOAD_USER or `__token__`; else git's credential helper. The URL comes
    /// from the command line: a repository cannot name an index that receives this login.
    pub fn upload_login(&self, url: &Url) -> Result<Option<UploadLogin>, Error> {
        let user = self.environment.non_empty(GIT_DEVPI_UPLOAD_USER);
        if let Some(token) = self.environment.non_empty(GIT_DEVPI_UPLOAD_TOKEN) {
            let user = user.unwrap_or(TOKEN_USER).to_owned();
            return Ok(Some(UploadLogin { user, password: SecretString::from(token) }));
        }
        let request = CredentialRequest { url: url.as_str(), username: user, deadline: HELPER_DEADLINE };
        let credential = match self.repository() {
            Ok(repository) => repository.credential(request)?,
            Err(_) => git::fill_credential(&self.environment, self.start(), request)?,
        };
        Ok(credential.map(|found| UploadLogin { user: found.username, password: found.password }))
    }
}
