//! Floor 2: the devpi server. The only room that knows reqwest and devpi's JSON.
//!
//! [`Server`] reads, anonymously or with a log-in; [`Session`] is a server one is logged in to, and writes. Both are cheap to
//! make (nothing is sent, no certificate is loaded before the first request), can be cloned, and can be used by many threads at
//! once. What a server, a proxy or a broken line may answer becomes one [`Error`], cleaned of secrets and control characters.
//!
//! The room never prints, never asks and never reads settings: see [`ServerOptions`].

pub mod client_login;
mod connect_error;
mod error;
mod error_response;
mod files;
mod http_client;
mod index;
mod options;
mod releases;
mod response;
mod retry;
mod server;
mod session;
mod token;
pub mod token_store;
mod transport;
mod uploads;
mod urls;
mod users;
mod wire_format;

pub use error::Error;
pub use index::{IndexConfig, IndexKind, NewIndex};
pub use options::ServerOptions;
pub use server::{AuthStatus, Server, ServerInfo, UserCreation};
pub use session::{Creation, Deletion, Session};
pub use token::Token;
pub use uploads::{PushOutcome, PushRequest, Upload, UploadOutcome};
