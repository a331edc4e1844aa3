//! A server with a login: creating, changing and deleting indexes and releases.

use std::ops::Deref;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::error::Error;
use super::index::{IndexConfig, NewIndex};
use super::response::ServerResponse;
use super::retry::Idempotency;
use super::server::Server;
use super::server::index_config;
use super::token::Token;
use super::transport::{Body, Call};
use crate::model::names::{IndexName, ProjectName, UserName};
use crate::model::release::ReleaseFile;

/// A server with a login. Reads, through [`Deref`], also use the login.
///
/// After [`Error::TokenExpired`], create another session of the same server with a new token; clones of a [`Server`] share their
/// connections.
#[derive(Debug, Clone)]
pub struct Session {
    server: Server,
    login: UserName,
}

/// The result of creating an index.
#[derive(Debug, Clone, PartialEq)]
pub enum Creation {
    /// The server created the index with this configuration. Of concurrent requests exactly one gets this result.
    Created(Box<IndexConfig>),
    /// An index of this name exists; it may be our own if an earlier response was lost, so read its record before using it.
    Exists,
}

/// The result of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The server deleted it.
    Deleted,
    /// It does not exist.
    AlreadyGone,
}

impl Deref for Session {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Session {
    /// A session of `login` with a token. Sends nothing.
    pub fn new(server: &Server, login: UserName, token: &Token) -> Self {
        Self { server: server.as_user(&login, token), login }
    }

    /// The user of the login.
    pub fn login_user(&self) -> &UserName {
        &self.login
    }

    /// Creates an index.
    pub fn create_index(&self, index: &IndexName, new: &NewIndex) -> Result<Creation, Error> {
        self.create_index_as(index, &new.to_wire())
    }

    /// Creates an index with the configuration of an earlier one, as the server sent it. Keys without a value are left out.
    pub fn create_index_as(&self, index: &IndexName, config: &Value) -> Result<Creation, Error> {
        let mut config = config.clone();
        // devpi responds to null with 500.
        config.as_object_mut().into_iter().for_each(|keys| keys.retain(|_, value| !value.is_null()));
        let call = Call::write(
            Method::PUT,
            self.urls().index(index, &[]),
            Body::Json(&config),
            format!("create the index {index}"),
        );
        let answer = self.ask_index_write(&call)?;
        if answer.status == StatusCode::CONFLICT && answer.is_from_devpi {
            return Ok(Creation::Exists);
        }
        let answer = self.expect(answer, &call)?;
        index_config(&answer, answer.result()?).map(|config| Creation::Created(Box::new(config)))
    }

    /// Changes the given keys of an index's configuration and returns the resulting configuration.
    ///
    /// `changes` is an object: devpi's list form fails on an index whose base does not exist. devpi has no conditional update: of
    /// two concurrent changes of `custom_data`, the later one wins.
    pub fn modify_index(&self, index: &IndexName, changes: &Value) -> Result<IndexConfig, Error> {
        let call = Call::write(
            Method::PATCH,
            self.urls().index(index, &[]),
            Body::Json(changes),
            format!("change the index {index}"),
        );
        let answer = self.ask_index_write(&call)?;
        if answer.status == StatusCode::FORBIDDEN && answer.is_from_devpi && self.index(index)?.is_none() {
            return Err(Error::NotFound { what: call.what, message: "no such index".to_owned() });
        }
        let answer = self.expect(answer, &call)?;
        index_config(&answer, answer.result()?)
    }

    /// Deletes an index, which must be volatile.
    ///
    /// devpi responds with 403 also if the index does not exist: one more request decides.
    pub fn delete_index(&self, index: &IndexName) -> Result<Deletion, Error> {
        let call = Call::write(
            Method::DELETE,
            self.urls().index(index, &[]),
            Body::Nothing,
            format!("delete the index {index}"),
        );
        let answer = self.ask_index_write(&call)?;
        let refused = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) && answer.is_from_devpi;
        if refused && self.index(index)?.is_none() {
            return Ok(Deletion::AlreadyGone);
        }
        self.expect(answer, &call).map(|_| Deletion::Deleted)
    }

    /// Sends a change of an index's configuration.
    fn ask_index_write(&self, call: &Call) -> Result<ServerResponse, Error> {
        let _one_at_a_time = self.transport.index_write();
        self.ask(call, Idempotency::Idempotent)
    }

    /// Deletes a release with its files and results, also from a non-volatile index (devpi's `?force`).
    ///
    /// The owner of the index and the users in `acl_upload` have the permission.
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

    /// Deletes a file and its tox results, also from a non-volatile index (devpi's `?force`). The path names the sha256, so a file with
    /// other bytes is not deleted. The last file of a release takes the release with it.
    ///
    /// The owner of the index and the users in `acl_upload` have the permission.
    pub fn delete_file(&self, file: &ReleaseFile) -> Result<Deletion, Error> {
        let what = format!("delete {}", file.path);
        let mut url = self.urls().below(&file.path);
        url.set_query(Some("force="));
        let call = Call::write(Method::DELETE, url, Body::Nothing, what);
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) && answer.is_from_devpi {
            return Ok(Deletion::AlreadyGone);
        }
        self.expect(answer, &call).map(|_| Deletion::Deleted)
    }
}
