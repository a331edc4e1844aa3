//! A server one is logged in to: indexes are created, changed and deleted here.

use std::ops::Deref;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::error::Error;
use super::index::{IndexConfig, NewIndex};
use super::retry::Idempotency;
use super::server::Server;
use super::server::index_config;
use super::token::Token;
use super::transport::{Body, Call};
use crate::model::names::{IndexName, ProjectName, UserName};

/// A server one is logged in to. Reads, through [`Deref`], are made as that user too.
///
/// When a write fails with [`Error::TokenExpired`], make another session of the same server with a new token: clones of a
/// [`Server`] share connections and counters.
#[derive(Debug, Clone)]
pub struct Session {
    server: Server,
    login: UserName,
}

/// What came of creating an index.
#[derive(Debug, Clone, PartialEq)]
pub enum Creation {
    /// The index is new, with this configuration. Of many who try at once, exactly one sees this.
    Created(Box<IndexConfig>),
    /// There is one of this name: read its record before using it. (Also when the answer to our own request was lost.)
    Exists,
}

/// What came of deleting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It was there and is not any more.
    Deleted,
    /// Somebody else was faster, or it never was.
    AlreadyGone,
}

impl Deref for Session {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Session {
    /// A session of `login` with a token. Nothing is sent.
    pub fn new(server: &Server, login: UserName, token: &Token) -> Self {
        Self { server: server.as_user(&login, token), login }
    }

    /// Who is logged in.
    pub fn login_user(&self) -> &UserName {
        &self.login
    }

    /// Creates an index.
    pub fn create_index(&self, index: &IndexName, new: &NewIndex) -> Result<Creation, Error> {
        let body = new.to_wire();
        let call = Call::write(
            Method::PUT,
            self.urls().index(index, &[]),
            Body::Json(&body),
            format!("create the index {index}"),
        );
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        if answer.status == StatusCode::CONFLICT && answer.is_from_devpi {
            return Ok(Creation::Exists);
        }
        let answer = self.expect(answer, &call)?;
        index_config(&answer, answer.result()?).map(|config| Creation::Created(Box::new(config)))
    }

    /// Changes the given keys of an index's configuration and gives the whole of it as it then is.
    ///
    /// `changes` is an object (devpi's list form fails on an index with a dangling base). There is no way to make a change depend
    /// on what was read before: of two who change `custom_data` at once, the last one wins.
    pub fn modify_index(&self, index: &IndexName, changes: &Value) -> Result<IndexConfig, Error> {
        let call = Call::write(
            Method::PATCH,
            self.urls().index(index, &[]),
            Body::Json(changes),
            format!("change the index {index}"),
        );
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        if answer.status == StatusCode::FORBIDDEN && answer.is_from_devpi && self.index(index)?.is_none() {
            return Err(Error::NotFound { what: call.what, message: "there is no such index".to_owned() });
        }
        let answer = self.expect(answer, &call)?;
        index_config(&answer, answer.result()?)
    }

    /// Deletes an index, which must be volatile. devpi refuses a missing index like a forbidden one: one more request tells.
    pub fn delete_index(&self, index: &IndexName) -> Result<Deletion, Error> {
        let call = Call::write(
            Method::DELETE,
            self.urls().index(index, &[]),
            Body::Nothing,
            format!("delete the index {index}"),
        );
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        let refused = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) && answer.is_from_devpi;
        if refused && self.index(index)?.is_none() {
            return Ok(Deletion::AlreadyGone);
        }
        self.expect(answer, &call).map(|_| Deletion::Deleted)
    }

    /// Deletes a release with its files and results, from a non-volatile index too (devpi's `?force`; the owner and everybody who
    /// may upload are allowed to).
    pub fn delete_release(&self, index: &IndexName, project: &ProjectName, version: &str) -> Result<Deletion, Error> {
        let mut url = self.urls().index(index, &[project.as_str(), version]);
        url.set_query(Some("force="));
        let what = format!("delete {project} {version} from {index}");
        let call = Call::write(Method::DELETE, url, Body::Nothing, what);
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) && answer.is_from_devpi {
            return Ok(Deletion::AlreadyGone);
        }
        self.expect(answer, &call).map(|_| Deletion::Deleted)
    }
}
