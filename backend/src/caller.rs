//! Who calls, and what they may do: from the credential alone, never from an argument.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use todo_api::Scope;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    accounts::{oauth, personal_tokens},
    app::App,
    error::Error,
};

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
    /// What may be done with them.
    pub scope: Scope,
    /// How they proved it.
    pub credential: Credential,
}

/// Where a credential is presented. One that was granted for the other place is not good there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// REST, and `todo-backend mcp`.
    Api,
    /// `/mcp`, the resource of OAuth (RFC 8707).
    Mcp,
}

/// What proves who calls.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A JWT.
    Jwt {
        /// When it ends, in seconds since 1970.
        expires_at: i64,
    },
    /// A personal access token.
    PersonalToken {
        /// Its id.
        id: String,
        /// When it ends unless it is revoked before, in seconds since 1970.
        expires_at: i64,
    },
    /// An OAuth access token.
    AccessToken {
        /// When it ends unless its grant does before, in seconds since 1970.
        expires_at: i64,
    },
    /// None: this process itself acts for the user.
    Process,
}

impl Caller {
    /// This process itself, on behalf of a user.
    #[must_use]
    pub const fn process(user_id: UserId) -> Self {
        Self {
            user_id,
            scope: Scope::Write,
            credential: Credential::Process,
        }
    }

    /// Whose credential these headers bear. The one place where credentials are checked.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] when there is none that is good; [`Error::Unavailable`] when it
    /// takes the database to know and that is down.
    pub async fn authenticate(
        app: &App,
        headers: &HeaderMap,
        audience: Audience,
    ) -> Result<Self, Error> {
        let credential = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = credential
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Error::Unauthorized("Send a token: Authorization: Bearer …"))?;
        Self::of_token(app, token, audience).await
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// As [`Caller::authenticate`].
    pub async fn of_token(app: &App, token: &str, audience: Audience) -> Result<Self, Error> {
        if token.starts_with(oauth::ACCESS_PREFIX) {
            if audience != Audience::Mcp {
                return Err(Error::Unauthorized("This token is good for MCP alone."));
            }
            let refused =
                Error::Unauthorized("The token is not valid, has expired or was revoked.");
            let Some(found) = oauth::find(app, token).await? else {
                return Err(refused);
            };
            return Ok(Self {
                user_id: UserId::new(&found.user_id).ok_or(refused)?,
                scope: found.scope,
                credential: Credential::AccessToken {
                    expires_at: found.expires_at,
                },
            });
        }
        if token.starts_with(personal_tokens::PREFIX) {
            let refused =
                Error::Unauthorized("The token is not valid, has expired or was revoked.");
            let Some(found) = personal_tokens::find(app, token).await? else {
                return Err(refused);
            };
            return Ok(Self {
                user_id: UserId::new(&found.user_id).ok_or(refused)?,
                scope: found.scope,
                credential: Credential::PersonalToken {
                    id: found.id,
                    expires_at: found.expires_at,
                },
            });
        }
        let refused = || Error::Unauthorized("The token is not valid or has ended. Sign in again.");
        let claims = app.jwt.verify(token, app.clock.now()).ok_or_else(refused)?;
        Ok(Self {
            user_id: UserId::new(&claims.sub).ok_or_else(refused)?,
            scope: Scope::Write,
            credential: Credential::Jwt {
                expires_at: claims.exp,
            },
        })
    }

    /// Checks that the credential is good for something.
    ///
    /// # Errors
    /// [`Error::InsufficientScope`] when it is not.
    pub fn require(&self, scope: Scope) -> Result<(), Error> {
        if self.scope >= scope {
            Ok(())
        } else {
            Err(Error::InsufficientScope(scope))
        }
    }

    /// Waits until the credential ends: what it opened ends then too.
    pub async fn ended(self, app: App) {
        let (Credential::Jwt { expires_at }
        | Credential::PersonalToken { expires_at, .. }
        | Credential::AccessToken { expires_at }) = self.credential
        else {
            return std::future::pending().await;
        };
        let seconds = expires_at.saturating_sub(app.clock.now().as_second());
        let left = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        tokio::select! {
            () = tokio::time::sleep(left) => {}
            () = self.revoked(&app) => {}
        }
    }

    /// Waits until the credential is revoked, if it can be.
    async fn revoked(&self, app: &App) {
        let Credential::PersonalToken { id, .. } = &self.credential else {
            return std::future::pending().await;
        };
        // That is a write of the user, of which every process hears.
        let mut changes = app.live.subscribe(&self.user_id);
        while !matches!(personal_tokens::is_live(app, id).await, Ok(false)) {
            if let Err(RecvError::Closed) = changes.recv().await {
                return;
            }
        }
    }
}

/// Middleware for `/api/{user_id}/…`: 401 without a valid bearer token, 403 when the path names
/// another user, whether or not there is one, or when the token is not good for the method.
pub async fn require(
    State(app): State<App>,
    path: Result<Path<Vec<(String, String)>>, PathRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let caller = Caller::authenticate(&app, request.headers(), Audience::Api).await?;
    // Bytes that are no text name nothing.
    let Path(path) = path.map_err(|_| Error::NotFound("address"))?;
    let named = path
        .iter()
        .find(|(name, _)| name == "user_id")
        .map(|(_, value)| value.as_str());
    if named != Some(caller.user_id.as_str()) {
        return Err(Error::Forbidden("This belongs to another user."));
    }
    caller.require(if request.method().is_safe() {
        Scope::Read
    } else {
        Scope::Write
    })?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
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
