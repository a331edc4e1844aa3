//! Exit codes and hints of the errors of the server.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::devpi;

use Exit::{Conflict, No, NotAllowed, Server, Unusable};

pub(super) fn diagnose(error: &devpi::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &devpi::Error) -> Diagnostic {
    use devpi::Error as E;
    let server_setting = "`git devpi settings` shows the server and the origin of the value";
    match error {
        E::BadUrl { .. } => Diagnostic::hint(Unusable, server_setting),
        E::UserInfoInUrl { url } => Diagnostic::hint(
            Unusable,
            format!("`git config devpi.server {url}`, then `git devpi login`, which asks for the password"),
        ),
        E::HttpNotAllowed { host, .. } => Diagnostic::hint(
            Unusable,
            format!("use https; or, in a network that you trust: `git config --add devpi.allowHttp {host}`"),
        ),
        E::BadCertificate { .. } => {
            Diagnostic::hint(Unusable, "`git devpi settings` shows the origins of ca-bundle and client-cert")
        }
        E::Unreachable { url, .. } => Diagnostic::new(Server, unreachable(url)),
        E::Tls { .. } => Diagnostic::hint(
            Server,
            "if a private CA signed the server's certificate: `git config --global devpi.caBundle /path/to/ca.pem`",
        ),
        E::Broken { .. } | E::DeadlineExceeded { .. } | E::StaleReplica { .. } | E::ServerError { .. } => {
            Diagnostic::hint(Server, "run the command again; completed steps are kept")
        }
        // The server chose the target, so no command to paste contains it.
        E::Redirected { .. } => Diagnostic::hint(
            Server,
            "if you know the new place as that of your server: `git config devpi.server URL`, or change it in the repository's settings",
        ),
        E::BodyTooLarge { .. } => Diagnostic::hint(Server, server_setting),
        E::NotDevpi { .. } => Diagnostic::new(
            Server,
            &[
                "set the root URL of the devpi server, without user and index: `git config devpi.server URL`",
                server_setting,
            ],
        ),
        E::WrongPassword { login } => log_in(login, "in CI check GIT_DEVPI_PASSWORD"),
        E::WrongToken { login } => {
            log_in(login, "a token belongs to one user and one server, and may be deleted there")
        }
        E::NotLoggedIn { .. } => Diagnostic::hint(NotAllowed, "`git devpi login`; in CI set GIT_DEVPI_PASSWORD"),
        E::TokenExpired { login } => log_in(login, "in CI set GIT_DEVPI_PASSWORD"),
        E::NotAllowed { .. } => Diagnostic::hint(
            NotAllowed,
            "only the owner of an index can create, change and delete it; `git devpi whoami` shows your login and what its token allows",
        ),
        E::NotFound { .. } | E::Gone { .. } => Diagnostic::hint(No, "`git devpi status` shows the state of the index"),
        E::Conflict { .. } => Diagnostic::hint(Conflict, "`git devpi status` shows the state of the index"),
        E::TooLarge { .. } => Diagnostic::hint(
            Conflict,
            "raise the limit of the server: `devpi-server --max-request-body-size`, or of nginx: `client_max_body_size`",
        ),
        E::BadRequest { .. } => Diagnostic::hint(Unusable, server_setting),
        E::ChecksumMismatch { .. } => {
            Diagnostic::hint(Conflict, "a proxy or the network changed the file; run the command again")
        }
        E::System(error) => super::system::diagnose(error),
    }
}

fn log_in(login: &str, note: &str) -> Diagnostic {
    Diagnostic::hint(NotAllowed, format!("`git devpi login --login {login}`; {note}"))
}

fn unreachable(url: &str) -> &'static [&'static str] {
    const CHECK: &str = "check that the server runs and that its URL is right: `git devpi settings` shows the URL";
    if url.starts_with("http://127.0.0.1:") {
        &["if it is the local server of git-devpi: `git devpi server start`", CHECK]
    } else {
        &[CHECK]
    }
}
