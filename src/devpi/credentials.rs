//! The login of a connection, which may be replaced while it is used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;

use super::token::Token;
use crate::model::names::UserName;

/// The minimum time between two renewals: a server that rejects also the new login would be asked for every request.
const MIN_PAUSE: Duration = Duration::from_secs(60);

/// The credentials of a login. The client sends them only to the server's origin.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) login: UserName,
    pub(super) token: Token,
    pub(super) header: HeaderValue,
    /// Texts that messages must not contain.
    pub(super) secrets: [String; 2],
}

impl Credentials {
    pub(super) fn new(login: &UserName, token: &Token) -> Self {
        let secret = token.text.expose_secret();
        let encoded = STANDARD.encode(format!("{login}:{secret}"));
        let secrets = [secret.to_owned(), encoded.clone()];
        Self { login: login.clone(), token: token.clone(), header: secret_header(&encoded), secrets }
    }
}

/// A header value that debug output does not show.
pub(super) fn secret_header(text: &str) -> HeaderValue {
    // base64 is always a valid header value.
    let mut header = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}

/// What a connection knows about its login.
#[derive(Clone)]
pub(super) struct LoginState {
    pub(super) credentials: Option<Arc<Credentials>>,
    /// Counts the renewals.
    pub(super) generation: u32,
    /// Whether the server has confirmed the login since its last rejection of a request.
    pub(super) is_confirmed: bool,
    renewed: Option<Instant>,
}

impl LoginState {
    /// Whether another login may be tried.
    pub(super) fn may_renew(&self) -> bool {
        self.renewed.is_none_or(|renewed| renewed.elapsed() >= MIN_PAUSE)
    }

    /// Uses another login from now on; `None` if there is no other one.
    pub(super) fn renew(&mut self, credentials: Option<Credentials>) {
        self.renewed = Some(Instant::now());
        if let Some(credentials) = credentials {
            self.credentials = Some(Arc::new(credentials));
            self.generation += 1;
            self.is_confirmed = false;
        }
    }
}

/// The login of a connection. Clones of a server share it.
pub(super) struct SharedLogin {
    state: Mutex<LoginState>,
    /// Held while a login is renewed, so that parallel requests renew it once.
    renewal: Mutex<()>,
    /// Whether a rejected login may be replaced.
    pub(super) renews: bool,
}

impl SharedLogin {
    pub(super) fn new(credentials: Option<Arc<Credentials>>, renews: bool) -> Self {
        let state = LoginState { credentials, generation: 0, is_confirmed: false, renewed: None };
        Self { state: Mutex::new(state), renewal: Mutex::new(()), renews }
    }

    /// The present state; not for long.
    pub(super) fn state(&self) -> MutexGuard<'_, LoginState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present credentials with their generation.
    pub(super) fn current(&self) -> (Option<Arc<Credentials>>, u32) {
        let state = self.state();
        (state.credentials.clone(), state.generation)
    }

    pub(super) fn lock_renewal(&self) -> MutexGuard<'_, ()> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
