//! Exit codes and hints of the errors of the server.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::devpi;

use Exit::{Conflict, No, NotAllowed, Server, Unusable};

pub(super) fn verdict(error: &devpi::Error) -> Verdict {
    use devpi::Error as E;
    let server_setting = "`git devpi settings` shows which server is set, and by whom";
    match error {
        E::BadUrl { .. } => Verdict::new(Unusable, &[server_setting]),
        E::UserInfoInUrl { url } => {
            Verdict::hint(Unusable, format!("`git config devpi.server {url}`, and `git devpi login` for the password"))
        }
        E::HttpNotAllowed { host, .. } => Verdict::hint(
            Unusable,
            format!("use https; or, on a network that you trust: `git config --add devpi.allowHttp {host}`"),
        ),
        E::BadCertificate { .. } => {
            Verdict::new(Unusable, &["`git devpi settings` shows who set ca-bundle and client-cert"])
        }
        E::Unreachable { .. } => {
            Verdict::new(Server, &["is the server running? is the address right? `git devpi settings` shows it"])
        }
        E::Tls { .. } => Verdict::new(
            Server,
            &["if the server's certificate is your company's: `git config --global devpi.caBundle /path/to/ca.pem`"],
        ),
        E::Broken { .. } | E::DeadlineExceeded { .. } | E::StaleReplica { .. } | E::ServerError { .. } => {
            Verdict::new(Server, &["try again; everything that was done stays as it is"])
        }
        E::Redirected { to, .. } => {
            Verdict::hint(Server, format!("if that is the server: `git config devpi.server {to}`"))
        }
        E::NotDevpi { .. } => {
            Verdict::new(Server, &["the URL must be the devpi server's root, without user and index", server_setting])
        }
        E::WrongPassword { login } => Verdict::hint(
            NotAllowed,
            format!("`git devpi login --login {login}` asks again; in CI see GIT_DEVPI_PASSWORD"),
        ),
        E::NotLoggedIn { .. } => Verdict::new(NotAllowed, &["`git devpi login`; in CI set GIT_DEVPI_PASSWORD"]),
        E::TokenExpired { login } => {
            Verdict::hint(NotAllowed, format!("`git devpi login --login {login}`; in CI set GIT_DEVPI_PASSWORD"))
        }
        E::NotAllowed { .. } => Verdict::new(
            NotAllowed,
            &["only the owner of an index can make, change and delete it: `git devpi whoami` shows who you are"],
        ),
        E::NotFound { .. } | E::Gone { .. } => Verdict::new(No, &["`git devpi status` shows what is there"]),
        E::Conflict { .. } => Verdict::new(Conflict, &["`git devpi status` shows what is there"]),
        E::TooLarge { .. } => Verdict::new(
            Conflict,
            &["raise the limit on the server: devpi-server --max-request-body-size, nginx client_max_body_size"],
        ),
        E::BadRequest { .. } => Verdict::new(Unusable, &[server_setting]),
        E::ChecksumMismatch { .. } => {
            Verdict::new(Conflict, &["something between here and the server changed the file; try again"])
        }
        E::System(error) => super::system::verdict(error),
    }
}
