//! A devpi server: reading indexes and users, and the login.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::credentials::{Credentials, SharedLogin};
use super::error::Error;
use super::index::IndexConfig;
use super::options::ServerOptions;
use super::response::ServerResponse;
use super::retry::Idempotency;
use super::token::Token;
use super::transport::{Body, Call, Transport};
use super::urls::ServerUrl;
use super::wire_format;
use crate::model::names::{IndexName, UserName};

/// A devpi server. Clones share the connections, the request counter and the observed server state.
#[derive(Clone)]
pub struct Server {
    pub(super) transport: Arc<Transport>,
    pub(super) login: Arc<SharedLogin>,
}

/// The version, identity and login status that a server reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The version of devpi-server.
    pub version: String,
    /// The identity of the server; another server at the same URL has another one.
    pub uuid: String,
    /// The login status.
    pub auth: AuthStatus,
}

/// The login status of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthStatus {
    /// Anonymous; also if the token has expired, which devpi does not report.
    Anonymous,
    /// Logged in as this user.
    User(String),
}

/// The result of creating a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserCreation {
    /// The server created the user.
    Created,
    /// A user of this name exists; its password is unchanged.
    Exists,
}

impl Server {
    /// A server without a login. Sends nothing; fails if the URL is invalid or not allowed.
    pub fn new(options: &ServerOptions) -> Result<Self, Error> {
        let login = SharedLogin::new(None, options.authenticator.is_some());
        Ok(Self { transport: Arc::new(Transport::new(options)?), login: Arc::new(login) })
    }

    /// The same server with the credentials of `login`.
    pub(super) fn as_user(&self, login: &UserName, token: &Token) -> Self {
        let credentials = Some(Arc::new(Credentials::new(login, token)));
        Self { login: Arc::new(SharedLogin::new(credentials, self.login.renews)), ..self.clone() }
    }

    /// The same server and login. A login that the server rejects is not replaced.
    #[must_use]
    pub fn without_renewal(&self) -> Self {
        Self { login: Arc::new(SharedLogin::new(self.login.current().0, false)), ..self.clone() }
    }

    /// The same server without a login.
    pub(super) fn without_login(&self) -> Self {
        Self { login: Arc::new(SharedLogin::new(None, false)), ..self.clone() }
    }

    /// The root URL; its path ends with a slash.
    pub fn root(&self) -> &Url {
        self.transport.root().url()
    }

    /// The URL of an index; append `+simple/` for installers.
    pub fn index_url(&self, index: &IndexName) -> Url {
        self.urls().index(index, &[""])
    }

    /// The URL of an index for installers (`pip --index-url`), without credentials.
    pub fn simple_url(&self, index: &IndexName) -> Url {
        self.urls().index(index, &["+simple", ""])
    }

    /// The number of requests that this server and its clones have sent.
    pub fn requests_made(&self) -> usize {
        self.transport.requests()
    }

    /// The `Date` of the latest response; `None` before the first.
    pub fn server_time(&self) -> Option<Timestamp> {
        self.transport.observed().time
    }

    /// The serial of the newest state that the server has responded from: the number of its last write. `None` where it sends none.
    pub fn serial(&self) -> Option<i64> {
        self.transport.serial()
    }

    /// The UUID of the primary server in the latest response, also if a replica responded.
    pub fn uuid(&self) -> Option<String> {
        self.transport.observed().uuid.clone()
    }

    /// The version of devpi-server in the latest response.
    pub fn version(&self) -> Option<String> {
        self.transport.observed().version.clone()
    }

    /// Reads the version and the login status. Fails with [`Error::NotDevpi`] if another kind of server responds.
    pub fn probe(&self) -> Result<ServerInfo, Error> {
        let auth = self.who_am_i()?;
        let observed = self.transport.observed().clone();
        Ok(ServerInfo { version: observed.version.unwrap_or_default(), uuid: observed.uuid.unwrap_or_default(), auth })
    }

    /// Whether the root URL of this client is in fact that of an index.
    pub fn is_index(&self) -> Result<bool, Error> {
        Ok(self.api_config()?.is_some_and(|config| config.index.is_some()))
    }

    pub(super) fn who_am_i(&self) -> Result<AuthStatus, Error> {
        // devpi-tokens rejects an expired token also here.
        let Some(config) = self.api_config()? else { return Ok(AuthStatus::Anonymous) };
        let (state, user, _) = config.authstatus;
        Ok(if state == "ok" { AuthStatus::User(user) } else { AuthStatus::Anonymous })
    }

    /// Reads what the server says about itself; `None` if it refuses.
    fn api_config(&self) -> Result<Option<wire_format::ApiConfig>, Error> {
        let call = Call::get(self.urls().at(&["+api"]), "read the login status".to_owned());
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        let is_denied = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        if is_denied && !answer.is_from_devpi {
            return Err(self.failure(&answer, &call.what));
        }
        if !answer.is_from_devpi || answer.status == StatusCode::NOT_FOUND {
            return Err(answer.not_devpi(answer.unexpected_body()));
        }
        if !answer.status.is_success() {
            return Ok(None);
        }
        answer.result().map(Some)
    }

    /// Reads all indexes of a user by their short names, in one request; `None` if the user does not exist.
    ///
    /// Names are unvalidated: other clients may have created indexes with any name.
    pub fn user_indexes(&self, user: &UserName) -> Result<Option<BTreeMap<String, IndexConfig>>, Error> {
        let call = Call::get(self.urls().at(&[user.as_str()]), format!("list the indexes of {user}"));
        let Some(answer) = self.ask_maybe(&call)? else { return Ok(None) };
        let config: wire_format::UserConfig = answer.result()?;
        let read = |(name, raw): (String, Value)| Ok((name, index_config(&answer, raw)?));
        config.indexes.into_iter().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// Lists the indexes of all users. The response has every configuration on the server: about 700 bytes for each.
    pub fn all_indexes(&self) -> Result<BTreeMap<UserName, BTreeMap<String, IndexConfig>>, Error> {
        let mut url = self.root().clone();
        // Behind a web server that gives devpi a path, devpi redirects a root without a query to the path without its slash.
        url.set_query(Some("no_projects="));
        let call = Call::get(url, "list the indexes of all users".to_owned());
        let answer = self.expect(self.ask(&call, Idempotency::Idempotent)?, &call)?;
        let mut all = BTreeMap::new();
        for (user, config) in answer.result::<BTreeMap<String, wire_format::UserConfig>>()? {
            let Ok(user) = UserName::parse(&user) else { continue };
            let read = |(name, raw): (String, Value)| Ok((name, index_config(&answer, raw)?));
            all.insert(user, config.indexes.into_iter().map(read).collect::<Result<_, Error>>()?);
        }
        Ok(all)
    }

    /// Reads the configuration of an index; `None` if it does not exist.
    pub fn index(&self, index: &IndexName) -> Result<Option<IndexConfig>, Error> {
        let mut url = self.urls().index(index, &[]);
        url.set_query(Some("no_projects="));
        let answer = self.ask_maybe(&Call::get(url, format!("read the index {index}")))?;
        answer.map(|answer| index_config(&answer, answer.result()?)).transpose()
    }

    /// Reads the names of the projects on the index itself, without its bases. [`Error::NotFound`] if the index does not exist.
    pub fn projects(&self, index: &IndexName) -> Result<Vec<String>, Error> {
        let call = Call::get(self.urls().index(index, &[]), format!("list the projects of {index}"));
        let answer = self.expect(self.ask(&call, Idempotency::Idempotent)?, &call)?;
        Ok(answer.result::<wire_format::IndexWithProjects>()?.projects)
    }

    /// Exchanges a password for a token. Returns a token of devpi-tokens as it is, without a request.
    pub fn login(&self, user: &UserName, password: &SecretString) -> Result<Token, Error> {
        if Token::needs_no_login(password) {
            return Ok(Token::new(password.clone()));
        }
        let body = json!({"user": user.as_str(), "password": password.expose_secret()});
        let call =
            Call::write(Method::POST, self.urls().at(&["+login"]), Body::Json(&body), format!("log in as {user}"));
        let anonymous = self.without_login();
        let answer = anonymous.ask(&call, Idempotency::Idempotent)?;
        if answer.status == StatusCode::UNAUTHORIZED && answer.is_from_devpi {
            return Err(Error::WrongPassword { login: user.to_string() });
        }
        let granted: wire_format::ProxyAuth = anonymous.expect(answer, &call)?.result()?;
        Ok(Token::new(SecretString::from(granted.password)))
    }

    /// Creates a user. Needs no login unless the server runs with `--restrict-modify`.
    pub fn create_user(&self, user: &UserName, password: &SecretString) -> Result<UserCreation, Error> {
        let body = json!({"password": password.expose_secret()});
        let call = Call::write(
            Method::PUT,
            self.urls().at(&[user.as_str()]),
            Body::Json(&body),
            format!("create the user {user}"),
        );
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        if answer.status == StatusCode::CONFLICT && answer.is_from_devpi {
            return Ok(UserCreation::Exists);
        }
        self.expect(answer, &call).map(|_| UserCreation::Created)
    }

    pub(super) fn urls(&self) -> &ServerUrl {
        self.transport.root()
    }

    pub(super) fn login_name(&self) -> Option<UserName> {
        self.login.state().credentials.as_ref().map(|credentials| credentials.login.clone())
    }

    /// The texts that messages must not contain.
    pub(super) fn secrets(&self) -> Vec<String> {
        let of_login = self.login.state().credentials.as_ref().map(|credentials| credentials.secrets.to_vec());
        of_login.into_iter().flatten().chain(self.transport.secrets()).collect()
    }

    /// Sends `call` with retries. A status of 500 and above is an error; other responses are returned.
    pub(super) fn ask(&self, call: &Call, repeat: Idempotency) -> Result<ServerResponse, Error> {
        self.ask_until(call, repeat, Ok)
    }

    /// As [`Server::ask`]; `judge` converts the response.
    ///
    /// An answer to a read from an older state than an earlier answer comes from a replica that lags behind: it is asked for again until the
    /// deadline, whatever its status.
    pub(super) fn ask_until<T>(
        &self,
        call: &Call,
        repeat: Idempotency,
        judge: impl Fn(ServerResponse) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let budget = self.transport.retry_budget();
        budget.retry(repeat, || {
            let known = self.transport.serial();
            let response = self.send(call, &budget)?;
            let answer = ServerResponse::read_at_most(response, call.limit, known, &budget)?;
            if let Some(error) = self.front_error(&answer, &call.what) {
                return Err(error);
            }
            if answer.status.is_server_error() {
                return Err(self.failure(&answer, &call.what));
            }
            // Only a read can be sent again for a newer answer; the primary answers a write.
            if call.method == Method::GET && answer.is_stale {
                return Err(answer.stale());
            }
            judge(answer)
        })
    }

    /// Sends a read; `None` for a 404 of devpi itself. A 404 of a proxy is an error.
    pub(super) fn ask_maybe(&self, call: &Call) -> Result<Option<ServerResponse>, Error> {
        self.maybe(call, self.ask(call, Idempotency::Idempotent)?)
    }

    fn maybe(&self, call: &Call, answer: ServerResponse) -> Result<Option<ServerResponse>, Error> {
        if answer.status == StatusCode::NOT_FOUND && answer.is_from_devpi {
            return Ok(None);
        }
        self.expect(answer, call).map(Some)
    }
}

pub(super) fn index_config(answer: &ServerResponse, raw: Value) -> Result<IndexConfig, Error> {
    IndexConfig::from_wire(raw).map_err(|error| answer.not_devpi(format!("invalid JSON: {error}")))
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = self.login_name();
        let mut shown = f.debug_struct("Server");
        shown.field("root", &self.root().as_str());
        shown.field("login", &login.as_ref().map(UserName::as_str)).finish_non_exhaustive()
    }
}
