//! Floor 2: the devpi server. The only room that knows reqwest and devpi's JSON.
//!
//! [`Server`] reads, anonymously or with a login; [`Session`] has a login and also writes. Creating either sends no request and
//! loads no certificate. Clones share their connections, and threads may share a value. Every failure of a server, a proxy or a
//! connection becomes an [`Error`] without secrets and control characters.
//!
//! The room does not print, prompt or read settings: values come in [`ServerOptions`].

mod authenticator;
mod available;
pub mod client_login;
mod connect_error;
mod credentials;
mod error;
mod error_response;
mod files;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_targets;
mod http_client;
mod index;
mod macaroon;
mod options;
mod plain_http;
mod releases;
mod renewal;
mod response;
mod retry;
mod server;
mod session;
mod storage;
mod token;
pub mod token_store;
mod transport;
mod upload_api;
mod upload_form;
mod uploads;
mod urls;
mod users;
mod wire_format;

pub use authenticator::{Authenticator, BasicLogin, LoginNeed, RejectedLogin};
pub use error::{Error, Scheme};
pub use files::stored_file;
pub use index::{IndexConfig, IndexKind, NewIndex};
pub use options::ServerOptions;
pub use retry::{RetryObserver, observe_retries};
pub use server::{AuthStatus, Server, ServerInfo, UserCreation};
pub use session::{Creation, Deletion, Session};
pub use storage::{Replication, ServerState, Storage};
pub use token::Token;
pub use upload_api::{ListedFile, UploadApi, UploadLogin, UploadResult};
pub use uploads::{PushOutcome, PushRequest, Upload, UploadOutcome};
