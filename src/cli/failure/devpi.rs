//! Exit codes and hints of the errors of the server.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::devpi;

use Exit::{Conflict, No, NotAllowed, Server, Unusable};

pub(super) fn diagnose(error: &devpi::Error) -> Diagnostic {
    use devpi::Error as E;
    let server_setting = "`git devpi settings` shows which server is set, and by whom";
    match error {
        E::BadUrl { .. } => Diagnostic::new(Unusable, &[server_setting]),
        E::UserInfoInUrl { url } => Diagnostic::hint(
            Unusable,
            format!("`git config devpi.server {url}`, and `git devpi login` for the password"),
        ),
        E::HttpNotAllowed { host, .. } => Diagnostic::hint(
            Unusable,
            format!("use https; or, on a network that you trust: `git config --add devpi.allowHttp {host}`"),
        ),
        E::BadCertificate { .. } => {
            Diagnostic::new(Unusable, &["`git devpi settings` shows who set ca-bundle and client-cert"])
        }
        E::Unreachable { .. } => {
            Diagnostic::new(Server, &["is the server running? is the address right? `git devpi settings` shows it"])
        }
        E::Tls { .. } => Diagnostic::new(
            Server,
            &["if the server's certificate is your company's: `git config --global devpi.caBundle /path/to/ca.pem`"],
        ),
        E::Broken { .. } | E::DeadlineExceeded { .. } | E::StaleReplica { .. } | E::ServerError { .. } => {
            Diagnostic::new(Server, &["try again; everything that was done stays as it is"])
        }
        E::Redirected { to, .. } => {
            Diagnostic::hint(Server, format!("if that is the server: `git config devpi.server {to}`"))
        }
        E::NotDevpi { .. } => Diagnostic::new(
            Server,
            &["the URL must be the devpi server's root, without user and index", server_setting],
        ),
        E::WrongPassword { login } => Diagnostic::hint(
            NotAllowed,
            format!("`git devpi login --login {login}` asks again; in CI see GIT_DEVPI_PASSWORD"),
        ),
        E::NotLoggedIn { .. } => Diagnostic::new(NotAllowed, &["`git devpi login`; in CI set GIT_DEVPI_PASSWORD"]),
        E::TokenExpired { login } => {
            Diagnostic::hint(NotAllowed, format!("`git devpi login --login {login}`; in CI set GIT_DEVPI_PASSWORD"))
        }
        E::NotAllowed { .. } => Diagnostic::new(
            NotAllowed,
            &["only the owner of an index can make, change and delete it: `git devpi whoami` shows who you are"],
        ),
        E::NotFound { .. } | E::Gone { .. } => Diagnostic::new(No, &["`git devpi status` shows what is there"]),
        E::Conflict { .. } => Diagnostic::new(Conflict, &["`git devpi status` shows what is there"]),
        E::TooLarge { .. } => Diagnostic::new(
            Conflict,
            &["raise the limit on the server: devpi-server --max-request-body-size, nginx client_max_body_size"],
        ),
        E::BadRequest { .. } => Diagnostic::new(Unusable, &[server_setting]),
        E::ChecksumMismatch { .. } => {
            Diagnostic::new(Conflict, &["something between here and the server changed the file; try again"])
        }
        E::BodyTooLarge { .. } => Diagnostic::new(Server, &["the URL must be the devpi server's root", server_setting]),
        E::System(error) => super::system::diagnose(error),
    }
}
