//! Sessions: the cookie that the backend gave the browser is exchanged for a JWT, which the calls
//! of the pages bear. The JWTs are kept in memory until shortly before they expire.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, StatusCode, header::SET_COOKIE, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    App,
    address::login_for,
    backend::{Backend, BackendError},
    failure::Failure,
    visitor::Visitor,
};

/// Most sessions whose tokens are kept.
const CACHE_MAX: usize = 10_000;
/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(60);

/// A signed-in user, for the handlers of the pages.
#[derive(Clone)]
pub(crate) struct Session {
    /// Where the user's things lie: `/api/{user_id}`.
    base: Arc<str>,
    /// The backend, called in the user's name.
    pub(crate) backend: Backend,
}

impl Session {
    /// A path below the user's own.
    pub(crate) fn path(&self, rest: impl std::fmt::Display) -> String {
        format!("{}/{rest}", self.base)
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        // Put there by `require_session`, which every route with such a handler is behind.
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// Tokens by the SHA-256 of the cookie that they were got for.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<[u8; 32], Token>>);

#[derive(Clone)]
struct Token {
    jwt: Arc<str>,
    user_id: Arc<str>,
    fresh_until: Instant,
}

impl Tokens {
    fn find(&self, cookie: &HeaderValue) -> Option<Token> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens
            .get(&key(cookie))
            .filter(|token| token.fresh_until > Instant::now())
            .cloned()
    }

    fn keep(&self, cookie: &HeaderValue, token: Token) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= CACHE_MAX {
            let now = Instant::now();
            tokens.retain(|_, token| token.fresh_until > now);
        }
        if tokens.len() >= CACHE_MAX {
            tokens.clear();
        }
        tokens.insert(key(cookie), token);
    }

    /// Forgets the token of a session that has ended.
    pub(crate) fn forget(&self, visitor: &Visitor) {
        if let Some(cookie) = &visitor.session_cookie {
            let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.remove(&key(cookie));
        }
    }
}

fn key(cookie: &HeaderValue) -> [u8; 32] {
    Sha256::digest(cookie.as_bytes()).into()
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iat: u64,
    exp: u64,
}

/// Reads a JWT without verifying it: it comes from the backend itself.
fn read_token(jwt: String) -> Option<Token> {
    let payload = jwt.split('.').nth(1)?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    let lifetime = Duration::from_secs(claims.exp.saturating_sub(claims.iat));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if claims.sub.is_empty() || !claims.sub.bytes().all(is_plain) {
        return None;
    }
    Some(Token {
        jwt: jwt.into(),
        user_id: claims.sub.into(),
        fresh_until: Instant::now() + lifetime.saturating_sub(MARGIN),
    })
}

/// The visitor's session, with the cookies by which the backend prolongs it; none when signed out.
pub(crate) async fn open(
    app: &App,
    visitor: &Visitor,
) -> Result<Option<(Session, Vec<HeaderValue>)>, BackendError> {
    let Some(cookie) = &visitor.session_cookie else {
        return Ok(None);
    };
    let backend = app.backend(visitor);
    let (token, cookies) = match app.tokens.find(cookie) {
        Some(token) => (token, Vec::new()),
        None => {
            let answer = backend
                .with_cookie()
                .auth::<TokenAnswer>("/api/auth/token", None::<&()>)
                .await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if error.status() == StatusCode::UNAUTHORIZED => return Ok(None),
                Err(error) => return Err(error),
            };
            let token = read_token(answer.body.token)
                .ok_or_else(|| BackendError::Malformed("unreadable token".into()))?;
            app.tokens.keep(cookie, token.clone());
            (token, answer.cookies)
        }
    };
    let session = Session {
        base: format!("/api/{}", token.user_id).into(),
        backend: backend.with_token(&token.jwt),
    };
    Ok(Some((session, cookies)))
}

/// Lets only the signed in through, and sends the others to sign in and come back.
pub(crate) async fn require_session(
    State(app): State<App>,
    visitor: Visitor,
    mut request: Request,
    next: Next,
) -> Response {
    let page = request
        .uri()
        .path_and_query()
        .filter(|_| request.method().is_safe() && !visitor.htmx)
        .map(ToString::to_string);
    let (session, cookies) = match open(&app, &visitor).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return signed_out(page),
        Err(error) => return Failure::from(error).into_response(),
    };
    request.extensions_mut().insert(session);
    let mut response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        app.tokens.forget(&visitor);
        return signed_out(page);
    }
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A page leads to sign in and back. A form or a fragment leaves the page as it is and says so,
/// because something may have been typed there.
fn signed_out(page: Option<String>) -> Response {
    match page {
        Some(page) => Redirect::to(&login_for(&page)).into_response(),
        None => {
            let sentence = "You are signed out. What you typed is still here.";
            Failure::new(StatusCode::UNAUTHORIZED, sentence).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.signature", BASE64_URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_tells_whose_it_is_and_how_long_it_lasts() {
        let token = read_token(jwt(r#"{"sub":"u_1","iat":1000,"exp":1300}"#)).unwrap();
        assert_eq!(&*token.user_id, "u_1");
        let fresh = token.fresh_until - Instant::now();
        assert!(fresh > Duration::from_secs(230) && fresh <= Duration::from_secs(240));
    }

    #[test]
    fn a_user_id_that_would_change_the_path_is_refused() {
        for sub in ["", "../admin", "a/b", "a?b", "é"] {
            let token = read_token(jwt(&format!(r#"{{"sub":"{sub}","iat":0,"exp":300}}"#)));
            assert!(token.is_none(), "{sub}");
        }
        assert!(read_token("not a token".into()).is_none());
    }

    #[test]
    fn the_cache_stays_bounded() {
        let tokens = Tokens::default();
        let token = read_token(jwt(r#"{"sub":"u","iat":0,"exp":300}"#)).unwrap();
        for n in 0..=CACHE_MAX {
            let cookie = HeaderValue::from_str(&format!("todo={n}")).unwrap();
            tokens.keep(&cookie, token.clone());
        }
        assert!(tokens.0.lock().unwrap().len() <= CACHE_MAX);
    }
}
