//! Who calls, and what they may do: from the credential alone, never from an argument.

use std::{fmt, sync::Arc};

use axum::{
    extract::{FromRequestParts, Path, Request, State, rejection::PathRejection},
    http::{header, request::Parts},
    middleware::Next,
    response::Response,
};

use crate::{app::App, error::Error};

/// A user's id: text, `[A-Za-z0-9_-]{1,64}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The id, if the text can be one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let valid = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        valid.then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user whose things may be touched.
    pub user_id: UserId,
    /// When the credential ends, in seconds since 1970: what it opened ends then too.
    pub expires_at: i64,
}

/// Middleware for `/api/{user_id}/…`: 401 without a valid bearer token, 403 when the path names
/// another user, whether or not there is one.
pub async fn require(
    State(app): State<App>,
    path: Result<Path<Vec<(String, String)>>, PathRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let caller = authenticate(&app, request.headers())?;
    // Bytes that are no text name nothing.
    let Path(path) = path.map_err(|_| Error::NotFound("address"))?;
    let named = path
        .iter()
        .find(|(name, _)| name == "user_id")
        .map(|(_, value)| value.as_str());
    if named != Some(caller.user_id.as_str()) {
        return Err(Error::Forbidden("This belongs to another user."));
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

fn authenticate(app: &App, headers: &axum::http::HeaderMap) -> Result<Caller, Error> {
    let credential = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let (scheme, token) = credential
        .and_then(|value| value.split_once(' '))
        .ok_or(Error::Unauthorized("Send a token: Authorization: Bearer …"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::Unauthorized("Send a token: Authorization: Bearer …"));
    }
    let refused = Error::Unauthorized("The token is not valid or has ended. Sign in again.");
    let Some(claims) = app.jwt.verify(token.trim(), app.clock.now()) else {
        return Err(refused);
    };
    let Some(user_id) = UserId::new(&claims.sub) else {
        return Err(refused);
    };
    Ok(Caller {
        user_id,
        expires_at: claims.exp,
    })
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| {
            Error::Internal("a route without authentication asks for its caller".to_owned())
        })
    }
}
