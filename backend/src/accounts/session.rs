//! Sessions: who is signed in. A session that is remembered lasts a week from its last use, one
//! that is not ends with the browser, and after a day at the latest.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use jiff::Timestamp;

use super::{
    client::Client,
    cookie,
    error::AuthError,
    model::{SessionRow, UserRow},
    queries,
    token::{Token, random_id},
};
use crate::{
    app::App,
    db::{Conn, DbError, types::At},
};

/// How long a remembered session lasts from its last use.
pub(super) const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long another lasts from its beginning.
const NOT_REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// A session in use is prolonged at most this often.
const PROLONGED_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// The header that hands Better Auth's bearer clients their token.
pub(super) const SET_AUTH_TOKEN: &str = "set-auth-token";

/// Somebody with a session, and the token that proves it.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) session: SessionRow,
    pub(super) user: UserRow,
    pub(super) token: Token,
}

impl SignedIn {
    /// A new session of this user, not yet stored.
    pub(super) fn new(user: UserRow, client: &Client, remember: bool, now: Timestamp) -> Self {
        let token = Token::random();
        let session = SessionRow {
            id: random_id(),
            user_id: user.id.clone(),
            token_hash: token.hash(),
            remember,
            ip_address: Some(client.address.to_string()),
            user_agent: client.user_agent.clone(),
            expires_at: At(now + if remember { REMEMBERED } else { NOT_REMEMBERED }),
            created_at: At(now),
            updated_at: At(now),
        };
        Self {
            session,
            user,
            token,
        }
    }

    /// Hands the token to the client: by cookie, and by header to those that keep it themselves.
    pub(super) fn hand_out(&self, https: bool, headers: &mut HeaderMap) {
        let cookie = cookie::set(&self.token, https, self.session.remember);
        headers.insert(header::SET_COOKIE, cookie);
        if let Ok(token) = HeaderValue::from_str(self.token.expose()) {
            headers.insert(SET_AUTH_TOKEN, token);
        }
    }

    /// Prolongs a session that is remembered and was not prolonged within a day; whether it was.
    async fn prolong(&mut self, app: &App, now: Timestamp) -> Result<bool, DbError> {
        let At(expires_at) = self.session.expires_at;
        let is_due = self.session.remember && now >= expires_at - REMEMBERED + PROLONGED_EVERY;
        if is_due {
            self.session.expires_at = At(now + REMEMBERED);
            self.session.updated_at = At(now);
            let session = self.session.clone();
            let write = async move |conn: &mut Conn| -> Result<(), DbError> {
                Ok(queries::prolong_session(conn, &session).await?)
            };
            app.db.write(write).await?;
        }
        Ok(is_due)
    }
}

/// The token of `Authorization: Bearer …`, if there is one.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Middleware: finds who is signed in, by bearer token or else by cookie, for [`SignedIn`] and
/// [`MaybeSignedIn`], and prolongs sessions in use.
///
/// # Errors
/// The database's.
pub(super) async fn find(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, AuthError> {
    let client = Client::of(&app, request.headers(), request.extensions());
    let by_bearer = bearer(request.headers());
    let by_cookie = match by_bearer {
        None if client.private => cookie::read(request.headers(), client.https),
        _ => None,
    };
    let has_cookie = by_cookie.is_some();
    let token = by_bearer.or(by_cookie).and_then(Token::presented);
    let now = app.clock.now();
    let signed_in = match token {
        Some(token) => {
            let mut conn = app.db.read().await?;
            let found = queries::session(&mut conn, &token.hash(), now).await?;
            found.map(|(session, user)| SignedIn {
                session,
                user,
                token,
            })
        }
        None => None,
    };
    let mut headers = HeaderMap::new();
    if let Some(mut signed_in) = signed_in {
        let prolonged = signed_in.prolong(&app, now).await?;
        if prolonged && has_cookie {
            signed_in.hand_out(client.https, &mut headers);
        }
        request.extensions_mut().insert(signed_in);
    } else if has_cookie {
        headers.insert(header::SET_COOKIE, cookie::clear(client.https));
    }
    let mut response = next.run(request).await;
    for (name, value) in headers {
        if let Some(name) = name {
            // What the handler itself says of the session is newer.
            response.headers_mut().entry(name).or_insert(value);
        }
    }
    Ok(response)
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthError> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or(AuthError::NotSignedIn)
    }
}

/// Whoever is signed in, if somebody is.
pub(super) struct MaybeSignedIn(pub(super) Option<SignedIn>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeSignedIn {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}
