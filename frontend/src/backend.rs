//! The client of the backend: one boxed service, whether it goes over HTTP or into the same
//! process, with the retries and the errors that every page shares.

mod error;
mod events;

use std::time::{Duration, Instant};

use axum::{
    BoxError,
    body::{Body, Bytes},
    http::{
        HeaderValue, Method, Request, Response, Uri,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE},
        uri::{Authority, Scheme},
    },
};
use futures_util::Stream;
use http_body_util::{BodyExt, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::{Serialize, de::DeserializeOwned};
use todo_service::telemetry::milliseconds;
use tower::{ServiceExt, util::BoxCloneSyncService};

use self::error::problem;
pub(crate) use self::{error::BackendError, events::ServerEvent};
use crate::visitor::Visitor;

/// How the backend is reached: over HTTP, or its own router in the same process.
pub type BackendService = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an idle connection is kept: short, so that new replicas get their share.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait for the head of an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest JSON answer that is read, in bytes.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// The address of the backend is not a plain `http://host[:port]`.
#[derive(Debug, thiserror::Error)]
#[error("must be an address such as http://localhost:8000")]
pub struct InvalidBackendUrl;

/// Reaches the backend at `base`, an address such as `http://localhost:8000`.
///
/// # Errors
/// When `base` is not such an address.
pub fn backend_over_http(base: &str) -> Result<BackendService, InvalidBackendUrl> {
    let base: Uri = base.parse().map_err(|_| InvalidBackendUrl)?;
    let authority = match (base.scheme(), base.authority(), base.path()) {
        (Some(scheme), Some(authority), "/" | "") if *scheme == Scheme::HTTP => authority.clone(),
        _ => return Err(InvalidBackendUrl),
    };
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .build::<_, Body>(connector);
    let service = client
        .map_request(move |mut request: Request<Body>| {
            *request.uri_mut() = absolute(&authority, request.uri());
            request
        })
        .map_response(|response| response.map(Body::new))
        .map_err(BoxError::from);
    Ok(BoxCloneSyncService::new(service))
}

fn absolute(authority: &Authority, path: &Uri) -> Uri {
    let mut parts = path.clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority.clone());
    // A scheme, an authority and a path always make an address.
    Uri::from_parts(parts).unwrap_or_default()
}

/// What proves who is asking.
#[derive(Clone, Debug)]
enum Credential {
    None,
    Cookie(HeaderValue),
    Bearer(HeaderValue),
}

/// The backend as one visitor reaches it: anonymous, by session cookie or by token.
#[derive(Clone)]
pub(crate) struct Backend {
    service: BackendService,
    visitor: Visitor,
    credential: Credential,
}

/// The answer to a call under `/api/auth`, with the cookies that it sets.
pub(crate) struct AuthAnswer<T> {
    pub(crate) body: T,
    pub(crate) cookies: Vec<HeaderValue>,
}

impl Backend {
    /// The backend for a visitor of whom nothing is known.
    pub(crate) fn anonymous(service: BackendService, visitor: Visitor) -> Self {
        Self {
            service,
            visitor,
            credential: Credential::None,
        }
    }

    /// The same with the visitor's session cookie, if there is one.
    pub(crate) fn with_cookie(&self) -> Self {
        let credential = match &self.visitor.session_cookie {
            Some(cookie) => Credential::Cookie(cookie.clone()),
            None => Credential::None,
        };
        Self {
            credential,
            ..self.clone()
        }
    }

    /// The same with a JWT.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        let credential = match HeaderValue::from_str(&format!("Bearer {token}")) {
            Ok(value) => Credential::Bearer(value),
            Err(_) => Credential::None,
        };
        Self {
            credential,
            ..self.clone()
        }
    }

    /// Reads JSON from `path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, BackendError> {
        read(self.send(Method::GET, path, None, None, JSON).await?).await
    }

    /// Sends `body` and reads the JSON answer. With `key` the backend does it at most once.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        key: Option<&str>,
    ) -> Result<T, BackendError> {
        let body = encode(body)?;
        read(self.send(method, path, Some(body), key, JSON).await?).await
    }

    /// Asks for something that needs no body.
    pub(crate) async fn act<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
    ) -> Result<T, BackendError> {
        read(self.send(method, path, None, key, JSON).await?).await
    }

    /// Calls a route under `/api/auth`, which may set cookies.
    pub(crate) async fn auth<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<AuthAnswer<T>, BackendError> {
        let (method, body) = match body {
            Some(body) => (Method::POST, Some(encode(body)?)),
            None => (Method::GET, None),
        };
        let response = self.send(method, path, body, None, JSON).await?;
        let cookies = response
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .cloned()
            .collect();
        Ok(AuthAnswer {
            body: read(response).await?,
            cookies,
        })
    }

    /// Reads `path` as it comes, whatever it is.
    pub(crate) async fn download(&self, path: &str) -> Result<Response<Body>, BackendError> {
        self.send(Method::GET, path, None, None, JSON).await
    }

    /// Opens an event stream.
    pub(crate) async fn events(
        &self,
        path: &str,
    ) -> Result<impl Stream<Item = ServerEvent> + Send + use<>, BackendError> {
        let response = self.send(Method::GET, path, None, None, EVENTS).await?;
        Ok(events::read(response))
    }

    /// Sends `body` and reads the answer as an event stream.
    pub(crate) async fn call_for_events<T: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: &T,
        key: Option<&str>,
    ) -> Result<impl Stream<Item = ServerEvent> + Send + use<T>, BackendError> {
        let body = encode(body)?;
        Ok(events::read(
            self.send(method, path, Some(body), key, EVENTS).await?,
        ))
    }

    /// Sends a request, once more when the connection broke and repeating does no harm.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
        key: Option<&str>,
        accept: &'static str,
    ) -> Result<Response<Body>, BackendError> {
        // Forms that other programs send may have none.
        let key = key.filter(|key| !key.is_empty());
        let repeatable = method == Method::GET || key.is_some();
        let mut attempt = 0;
        let response = loop {
            attempt += 1;
            let request = self.request(method.clone(), path, body.clone(), key, accept)?;
            let asked = Instant::now();
            let answer = self.service.clone().oneshot(request);
            match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
                Ok(Ok(response)) => {
                    let status = response.status().as_u16();
                    tracing::debug!(%method, status, ms = milliseconds(asked.elapsed()), "call");
                    break response;
                }
                Ok(Err(error)) if repeatable && attempt == 1 => {
                    tracing::debug!(%error, path, "retrying a call to the backend");
                }
                Ok(Err(error)) => return Err(BackendError::Unreachable(error)),
                Err(_) => return Err(BackendError::TimedOut),
            }
        };
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(BackendError::Refused(Box::new(problem(response).await)))
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
        key: Option<&str>,
        accept: &'static str,
    ) -> Result<Request<Body>, BackendError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(ACCEPT, accept);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, JSON);
        }
        match &self.credential {
            Credential::None => {}
            Credential::Cookie(cookie) => request = request.header(COOKIE, cookie),
            Credential::Bearer(token) => request = request.header(AUTHORIZATION, token),
        }
        let mut request = request
            .body(body.map_or_else(Body::empty, Body::from))
            .map_err(|error| BackendError::Malformed(error.into()))?;
        request.headers_mut().extend(self.visitor.forwarded.clone());
        Ok(request)
    }
}

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

fn encode(body: &impl Serialize) -> Result<Bytes, BackendError> {
    serde_json::to_vec(body)
        .map(Bytes::from)
        .map_err(|error| BackendError::Malformed(error.into()))
}

async fn collect(response: Response<Body>) -> Result<Bytes, BackendError> {
    Limited::new(response.into_body(), ANSWER_MAX)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .map_err(BackendError::Unreachable)
}

async fn read<T: DeserializeOwned>(response: Response<Body>) -> Result<T, BackendError> {
    let bytes = collect(response).await?;
    serde_json::from_slice(&bytes).map_err(|error| BackendError::Malformed(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backend_is_a_plain_http_address() {
        for base in ["http://localhost:8000", "http://todo-backend/"] {
            assert!(backend_over_http(base).is_ok(), "{base}");
        }
        for base in [
            "",
            "localhost:8000",
            "https://example.org",
            "http://host/api",
            "/api",
        ] {
            assert!(backend_over_http(base).is_err(), "{base}");
        }
    }
}
