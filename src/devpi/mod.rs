//! Floor 2: the devpi server. The only room that knows reqwest and devpi's JSON.
//!
//! [`Server`] reads, anonymously or with a log-in; [`Session`] is a server one is logged in to, and writes. Both are cheap to
//! make (nothing is sent, no certificate is loaded before the first request), can be cloned, and can be used by many threads at
//! once. What a server, a proxy or a broken line may answer becomes one [`Error`], cleaned of secrets and control characters.
//!
//! The room never prints, never asks and never reads settings: see [`ServerOptions`].

mod answer;
mod client;
pub mod client_login;
mod error;
mod failure;
mod files;
mod index;
mod network;
mod options;
mod releases;
mod retry;
mod root;
mod server;
mod session;
mod token;
pub mod tokens;
mod transport;
mod uploads;
mod users;
mod wire;

pub use error::Error;
pub use index::{IndexConfig, IndexKind, NewIndex};
pub use options::ServerOptions;
pub use server::{AuthStatus, Server, ServerInfo, UserCreation};
pub use session::{Creation, Deletion, Session};
pub use token::Token;
pub use uploads::{PushOutcome, PushRequest, Upload, UploadOutcome};
