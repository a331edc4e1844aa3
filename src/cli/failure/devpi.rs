//! Exit codes and hints of the errors of the server.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::devpi::{self, Scheme};
use crate::model::loopback::is_loopback;

use Exit::{Conflict, No, NotAllowed, Server, Unusable};

const PRIVATE_CA: &str =
    "if a private CA signed the server's certificate: `git config --global devpi.caBundle /path/to/ca.pem`";
const SET_ROOT: &str = "set the root URL of the devpi server, without user and index: `git config devpi.server URL`";
const ONLY_THE_OWNER: &str = "only the owner of an index can create, change and delete it; `git devpi whoami` shows your login and \
    what its token allows";
const RAISE_LIMIT: &str =
    "raise the limit of the server: `devpi-server --max-request-body-size`, or of nginx: `client_max_body_size`";
const INDEX_STATE: &str = "`git devpi status` shows the state of the index";
const PROXY_LOGIN: &str = "put them into the variable that names the proxy: `export HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT` \
    (HTTP_PROXY for a server with plain http), with %40 for @ and %3A for :; `export NO_PROXY=HOST` leaves the proxy out";

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
        E::Tls { cause, .. } => Diagnostic::hint(Server, certificate(cause)),
        E::WrongScheme { url, other, .. } => Diagnostic::hint(Server, other_scheme(url, *other)),
        E::NotHttp { url } => {
            Diagnostic::hint(Server, format!("if it speaks https: {}", other_scheme(url, Scheme::Https)))
        }
        E::ProxyLogin { .. } => Diagnostic::hint(Server, PROXY_LOGIN),
        E::Broken { .. }
        | E::DeadlineExceeded { .. }
        | E::StaleReplica { .. }
        | E::TooManyRequests { .. }
        | E::ServerError { .. } => Diagnostic::hint(Server, "run the command again; completed steps are kept"),
        // The server chose the target, so no command to paste contains it.
        E::Redirected { .. } => Diagnostic::hint(
            Server,
            "if you know the new place as that of your server: `git config devpi.server URL`, or change it in the repository's settings",
        ),
        E::BodyTooLarge { .. } => Diagnostic::hint(Server, server_setting),
        E::NotDevpi { .. } => Diagnostic::new(Server, &[SET_ROOT, server_setting]),
        E::WrongPassword { login } => log_in(login, "in CI check GIT_DEVPI_PASSWORD"),
        E::WrongToken { login } => {
            log_in(login, "a token belongs to one user and one server, and may be deleted there")
        }
        E::NotLoggedIn { .. } => Diagnostic::hint(NotAllowed, "`git devpi login`; in CI set GIT_DEVPI_PASSWORD"),
        E::ProxyNeedsLogin { url } => basic_login(url, "USER"),
        E::ProxyRejectsLogin { url, user } => basic_login(url, user),
        E::TokenExpired { login } => log_in(login, "in CI set GIT_DEVPI_PASSWORD"),
        E::NotAllowed { .. } => Diagnostic::hint(NotAllowed, ONLY_THE_OWNER),
        E::NotFound { .. } | E::Gone { .. } => Diagnostic::hint(No, INDEX_STATE),
        E::Conflict { .. } => Diagnostic::hint(Conflict, INDEX_STATE),
        E::TooLarge { .. } => Diagnostic::hint(Server, RAISE_LIMIT),
        E::BadRequest { .. } => Diagnostic::hint(Unusable, server_setting),
        E::ChecksumMismatch { .. } => {
            Diagnostic::hint(Conflict, "a proxy or the network changed the file; run the command again")
        }
        E::System(error) => super::system::diagnose(error),
    }
}

/// The command that sets the server's URL with the other scheme; plain http has to be allowed, except on loopback.
fn other_scheme(url: &str, scheme: Scheme) -> String {
    let Ok(mut url) = url.parse::<url::Url>() else { return "`git config devpi.server URL`".to_owned() };
    // Both schemes are special ones of the URL standard, so this succeeds.
    let _ = url.set_scheme(if scheme == Scheme::Http { "http" } else { "https" });
    let set = format!("`git config devpi.server {url}`");
    match url.host_str() {
        Some(host) if scheme == Scheme::Http && !is_loopback(&url) => {
            format!("{set}; in a network that you trust also: `git config --add devpi.allowHttp {host}`")
        }
        _ => set,
    }
}

fn log_in(login: &str, note: &str) -> Diagnostic {
    Diagnostic::hint(NotAllowed, format!("`git devpi login --login {login}`; {note}"))
}

/// Which certificate is missing. rustls names an alert of the other side as RFC 8446 does.
fn certificate(cause: &str) -> &'static str {
    if cause.contains("CertificateRequired") || cause.contains("BadCertificate") {
        "the server asks for a client certificate: `git config --global devpi.clientCert /path/to/certificate-and-key.pem`"
    } else {
        PRIVATE_CA
    }
}

/// How to give the login of a proxy in front of the server.
fn basic_login(url: &str, user: &str) -> Diagnostic {
    let name = format!("name the user: `git config --global devpi.{url}.basicAuthUser {user}`");
    let input = format!("url={url}\\nusername={user}\\npassword=PASSWORD\\n");
    let password = format!(
        "give git the password: `printf '{input}' | git credential approve`; in CI set GIT_DEVPI_BASIC_AUTH_PASSWORD"
    );
    Diagnostic::new(NotAllowed, &[&name, &password])
}

fn unreachable(url: &str) -> &'static [&'static str] {
    const CHECK: &str = "check that the server runs and that its URL is right: `git devpi settings` shows the URL";
    if url.starts_with("http://127.0.0.1:") {
        &["if it is the local server of git-devpi: `git devpi server start`", CHECK]
    } else {
        &[CHECK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_scheme_of_a_server() {
        for (url, scheme, expected) in [
            ("https://127.0.0.1:3141/", Scheme::Http, "`git config devpi.server http://127.0.0.1:3141/`"),
            ("http://[::1]:3141/x/", Scheme::Https, "`git config devpi.server https://[::1]:3141/x/`"),
            ("http://devpi.acme/", Scheme::Https, "`git config devpi.server https://devpi.acme/`"),
            (
                "https://devpi.acme:8080/",
                Scheme::Http,
                "`git config devpi.server http://devpi.acme:8080/`; in a network that you trust also: \
                 `git config --add devpi.allowHttp devpi.acme`",
            ),
        ] {
            assert_eq!(other_scheme(url, scheme), expected);
        }
    }

    #[test]
    fn an_alert_about_the_clients_certificate_has_another_hint() {
        assert!(certificate("received fatal alert: CertificateRequired").contains("devpi.clientCert"));
        assert!(certificate("invalid peer certificate: UnknownIssuer").contains("devpi.caBundle"));
    }
}
