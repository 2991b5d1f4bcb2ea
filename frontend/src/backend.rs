//! The client of the backend: one boxed service, whether it goes over HTTP or into the same
//! process, with the retries and the errors that every page shares.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use axum::{
    BoxError,
    body::{Body, Bytes},
    http::{
        HeaderValue, Method, Request, Response, StatusCode, Uri,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE},
        uri::{Authority, Scheme},
    },
};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::{Serialize, de::DeserializeOwned};
use todo_api::{FieldError, Problem};
use todo_service::telemetry::milliseconds;
use tower::{ServiceExt, util::BoxCloneSyncService};

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

/// Why the backend gave no answer to use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackendError {
    #[error("the backend cannot be reached: {0}")]
    Unreachable(BoxError),
    #[error("the backend did not answer in time")]
    TimedOut,
    #[error("the backend answered {}: {}", .0.status, .0.code)]
    Refused(Box<Problem>),
    #[error("the backend's answer is not understood: {0}")]
    Malformed(BoxError),
}

impl BackendError {
    /// The status that the page answers with.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unreachable(_) | Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused(problem) => {
                StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY)
            }
            Self::Malformed(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// What people read, with what to do next.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Unreachable(_) | Self::TimedOut => {
                "The server cannot be reached right now. Please try again in a moment.".into()
            }
            Self::Refused(problem) if !problem.detail.is_empty() => problem.detail.clone(),
            Self::Refused(_) | Self::Malformed(_) => {
                "Something went wrong on the server. Please try again.".into()
            }
        }
    }

    /// The stable code of the problem, if the backend gave one.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            _ => "",
        }
    }

    /// What is wrong with `field`.
    pub(crate) fn field(&self, field: &str) -> Option<&str> {
        match self {
            Self::Refused(problem) => problem
                .errors
                .iter()
                .find(|error| error.field == field)
                .map(|error| error.message.as_str()),
            _ => None,
        }
    }
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
        Ok(read_events(response))
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
        Ok(read_events(
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

/// The problem document of an answer, or one made from its status when it has none.
async fn problem(response: Response<Body>) -> Problem {
    let status = response.status();
    let body = collect(response).await.unwrap_or_default();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let errors: Vec<FieldError> =
        serde_json::from_value(json["errors"].clone()).unwrap_or_default();
    Problem {
        kind: "about:blank".into(),
        title: text("title").unwrap_or_default(),
        status: status.as_u16(),
        detail: text("detail")
            .or_else(|| text("message"))
            .unwrap_or_default(),
        code: text("code").unwrap_or_default(),
        request_id: text("request_id").unwrap_or_default(),
        errors,
        message: text("message"),
        task: None,
    }
}

/// One event of an event stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerEvent {
    /// Its name; empty when it has none.
    pub(crate) name: String,
    /// Its data.
    pub(crate) data: String,
}

/// Reads the events of an answer until it ends or breaks.
fn read_events(response: Response<Body>) -> impl Stream<Item = ServerEvent> + Send + use<> {
    let start = (
        response.into_body().into_data_stream(),
        EventParser::default(),
        VecDeque::new(),
    );
    stream::unfold(start, |(mut body, mut parser, mut ready)| async move {
        loop {
            if let Some(event) = ready.pop_front() {
                return Some((event, (body, parser, ready)));
            }
            let chunk = body.next().await?.ok()?;
            parser.push(&chunk, &mut ready);
        }
    })
}

/// Takes an event stream apart. Only what the backend writes: lines end with `\n`.
#[derive(Default)]
struct EventParser {
    line: Vec<u8>,
    event: ServerEvent,
    has_data: bool,
}

impl EventParser {
    fn push(&mut self, chunk: &[u8], ready: &mut VecDeque<ServerEvent>) {
        for &byte in chunk {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.end_line(String::from_utf8_lossy(&line).trim_end_matches('\r'), ready);
            } else {
                self.line.push(byte);
            }
        }
    }

    fn end_line(&mut self, line: &str, ready: &mut VecDeque<ServerEvent>) {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if std::mem::take(&mut self.has_data) {
                ready.push_back(event);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.has_data = true;
                self.event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_their_bytes_arrive() {
        let text = "id: 1\nevent: text\ndata: {\"delta\":\"naïve\"}\n\n: still here\n\ndata: a\r\ndata: b\r\n\r\n";
        let expected = [
            ServerEvent {
                name: "text".into(),
                data: "{\"delta\":\"naïve\"}".into(),
            },
            ServerEvent {
                name: String::new(),
                data: "a\nb".into(),
            },
        ];
        for size in 1..text.len() {
            let mut parser = EventParser::default();
            let mut ready = VecDeque::new();
            for chunk in text.as_bytes().chunks(size) {
                parser.push(chunk, &mut ready);
            }
            assert_eq!(ready, expected, "in pieces of {size} bytes");
        }
    }

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
