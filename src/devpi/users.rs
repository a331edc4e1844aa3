//! Deleting users.

use reqwest::{Method, StatusCode};

use super::error::Error;
use super::retry::Idempotency;
use super::session::{Deletion, Session};
use super::transport::{Body, Call};
use crate::model::names::UserName;

impl Session {
    /// Deletes a user with its indexes, all of which must be volatile.
    pub fn delete_user(&self, user: &UserName) -> Result<Deletion, Error> {
        let url = self.urls().at(&[user.as_str()]);
        let call = Call::write(Method::DELETE, url, Body::Nothing, format!("delete the user {user}"));
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        let refused = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) && answer.is_from_devpi;
        if refused && self.user_indexes(user)?.is_none() {
            return Ok(Deletion::AlreadyGone);
        }
        self.expect(answer, &call).map(|_| Deletion::Deleted)
    }
}
