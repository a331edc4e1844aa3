//! Users of the local server: one for each repository, created with root's password.
//!
//! Their passwords are random, and stored (0600) next to the tokens: a token lasts ten hours, and later hooks need a new one.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::devpi::UserCreation;
use crate::model::names::UserName;
use crate::system::directories::Directories;
use crate::system::environment::Environment;
use crate::system::files::{self, Access};
use crate::workspace::Error;
use crate::workspace::Workspace;
use crate::workspace::local_server::{LocalServer, Status, random_text};

/// The time limit for retries.
const LOCAL_DEADLINE: Duration = Duration::from_secs(60);

/// The result of the request for a user of the local server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalUser {
    /// The configured server is not the local server.
    OtherServer,
    /// The user exists, and its password is unknown.
    PasswordUnknown,
    /// The user exists, and its password is known.
    Ready {
        /// The file (0600) with the password.
        password_file: PathBuf,
        /// Whether this call created the user.
        creation: UserCreation,
    },
}

impl Workspace<'_> {
    /// Returns this user's local server, running or not.
    pub fn local_server(&self) -> LocalServer {
        LocalServer::at(&LocalServer::usual_folder(&self.directories), &self.environment)
    }

    /// Creates `user` on the local server, if that is the configured server.
    pub fn local_user(&self, user: &UserName) -> Result<LocalUser, Error> {
        let url = self.server_url()?.value;
        if !self.is_our_local_server(&url)? {
            return Ok(LocalUser::OtherServer);
        }
        let password_file = self.local_password_file(user);
        if files::read_optional(&password_file)?.is_some() {
            return Ok(LocalUser::Ready { password_file, creation: UserCreation::Exists });
        }
        let Some(root_password) = self.local_server().root_password()? else { return Ok(LocalUser::OtherServer) };
        let password = SecretString::from(random_text(18)?);
        let server = self.connect(url, LOCAL_DEADLINE)?;
        let root = UserName::parse("root")?;
        let session = crate::devpi::Session::new(&server, root.clone(), &server.login(&root, &root_password)?);
        // The file is written first: a user with an unknown password would be worse than a file without a user.
        files::write_atomic(&password_file, password.expose_secret().as_bytes(), Access::Private)?;
        match session.create_user(user, &password) {
            Ok(UserCreation::Created) => Ok(LocalUser::Ready { password_file, creation: UserCreation::Created }),
            other => {
                files::remove_if_exists(&password_file)?;
                other?;
                Ok(LocalUser::PasswordUnknown)
            }
        }
    }

    /// Whether the local server answers at `url`. Another server at the same port does not count.
    pub fn is_our_local_server(&self, url: &Url) -> Result<bool, Error> {
        answers_at(&self.local_server(), url)
    }

    fn local_password_file(&self, user: &UserName) -> PathBuf {
        password_file(&self.directories, user)
    }
}

/// Returns the password of a user that [`Workspace::local_user`] created, only while the local server answers at `url`.
pub(in crate::workspace) fn local_password(
    (directories, environment): (&Directories, &Environment),
    url: &Url,
    login: &UserName,
) -> Result<Option<SecretString>, Error> {
    let Some(text) = files::read_text_optional(&password_file(directories, login))? else { return Ok(None) };
    let server = LocalServer::at(&LocalServer::usual_folder(directories), environment);
    if text.trim().is_empty() || !answers_at(&server, url)? {
        return Ok(None);
    }
    Ok(Some(SecretString::from(text.trim())))
}

fn answers_at(server: &LocalServer, url: &Url) -> Result<bool, Error> {
    match server.status() {
        Ok(Status::Running(running)) => Ok(Url::parse(&running.url).is_ok_and(|running| running == *url)),
        Ok(_) | Err(crate::workspace::local_server::Error::Unsupported) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn password_file(directories: &Directories, user: &UserName) -> PathBuf {
    directories.config.join("local-server").join(format!("{user}.password"))
}
