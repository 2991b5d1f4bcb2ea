//! The way to the model's server: one HTTP request for each step, within bounds, and what an answer
//! that is no answer means. It stands beneath async-openai's client, which knows neither.

use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};

use async_openai::{error::OpenAIError, middleware::HttpRequestFactory};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use http::{StatusCode, header};
use reqwest::{Body, Response};
use serde_json::Value;
use todo_service::tls;
use tower::Service;

use super::Settings;
use crate::model::ModelError;

/// Most bytes of an answer, with all that surrounds its text.
const ANSWER_MAX: usize = 8 * 1024 * 1024;
/// Most bytes of a line of it, which is held in memory.
const LINE_MAX: usize = 1024 * 1024;
/// Most bytes of a refusal that are read.
const REFUSAL_MAX: usize = 16 * 1024;
/// How long a refusal's body is waited for.
const REFUSAL_TIME: Duration = Duration::from_secs(2);
/// How long a connection is kept for the next step.
const IDLE: Duration = Duration::from_secs(30);
/// How long the end of an answer is waited for, so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(250);

/// Sends requests to the model's server.
#[derive(Clone)]
pub(super) struct Endpoint {
    http: reqwest::Client,
    has_key: bool,
}

impl Endpoint {
    /// Connects to nothing yet.
    pub(super) fn new(settings: &Settings) -> Result<Self, super::OpenError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config(tls::public_roots())?)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            // The key is for this server alone.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("todo-chatbot/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            has_key: settings.api_key.is_some(),
        })
    }

    /// The HTTP client, for async-openai to build requests with.
    pub(super) fn http(&self) -> reqwest::Client {
        self.http.clone()
    }
}

impl Service<HttpRequestFactory> for Endpoint {
    type Response = Response;
    type Error = OpenAIError;
    type Future = BoxFuture<'static, Result<Response, OpenAIError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let Self { http, has_key } = self.clone();
        Box::pin(async move {
            let mut request = request.build().await?;
            if !has_key {
                request.headers_mut().remove(header::AUTHORIZATION);
            }
            let response = http.execute(request).await?;
            if response.status().is_success() {
                Ok(bounded(response))
            } else {
                Err(OpenAIError::Boxed(Box::new(refusal(response).await)))
            }
        })
    }
}

/// What a failure of async-openai's means. Texts of users and of the model are left out of it.
pub(super) fn model_error(error: OpenAIError) -> ModelError {
    match error {
        OpenAIError::Boxed(error) => match error.downcast::<ModelError>() {
            Ok(error) => *error,
            Err(error) => ModelError::Unavailable(error.to_string()),
        },
        OpenAIError::Reqwest(error) => ModelError::Unavailable(causes(&error.without_url())),
        OpenAIError::StreamError(error) => ModelError::BrokeOff(error.to_string()),
        OpenAIError::JSONDeserialize(..) => ModelError::BrokeOff("a malformed chunk".to_owned()),
        OpenAIError::ApiError(error) => ModelError::Unavailable(error.status_code.to_string()),
        _ => ModelError::Unavailable("the request could not be made".to_owned()),
    }
}

/// An error with what it came from, which says more.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What the server means by an answer that is none.
async fn refusal(response: Response) -> ModelError {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let code = tokio::time::timeout(REFUSAL_TIME, code(response)).await;
    let code = code.ok().flatten().unwrap_or_default();
    let told = format!("{status} {code}").trim().to_owned();
    match status {
        _ if code == "context_length_exceeded" => ModelError::TooLong,
        StatusCode::PAYLOAD_TOO_LARGE => ModelError::TooLong,
        StatusCode::TOO_MANY_REQUESTS if code == "insufficient_quota" => ModelError::Refused(told),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            ModelError::Busy { told, retry_after }
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_EARLY => {
            ModelError::Unavailable(told)
        }
        _ if status.is_server_error() => ModelError::Unavailable(told),
        _ => ModelError::Refused(told),
    }
}

/// The word by which the server names what is wrong. Its sentence may quote what a user wrote.
async fn code(response: Response) -> Option<String> {
    let mut body = response.bytes_stream();
    let mut text = Vec::new();
    while let Some(Ok(bytes)) = body.next().await {
        text.extend_from_slice(&bytes);
        if text.len() > REFUSAL_MAX {
            return None;
        }
    }
    let error = serde_json::from_slice::<Value>(&text).ok()?;
    let error = error.get("error")?;
    let code = ["code", "type"]
        .iter()
        .find_map(|name| error.get(name)?.as_str())?;
    let is_word = |char: char| char.is_ascii_alphanumeric() || "_-.".contains(char);
    (code.len() <= 64 && code.chars().all(is_word)).then(|| code.to_owned())
}

/// The same answer, which breaks off where it grows larger than any answer needs to be.
fn bounded(response: Response) -> Response {
    let mut answer = http::Response::new(());
    if let Some(kind) = response.headers().get(header::CONTENT_TYPE) {
        answer
            .headers_mut()
            .insert(header::CONTENT_TYPE, kind.clone());
    }
    let body = Bounded {
        rest: Some(response.bytes_stream().boxed()),
        total: 0,
        line: 0,
    };
    answer.map(|()| Body::wrap_stream(body)).into()
}

struct Bounded {
    rest: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    total: usize,
    line: usize,
}

impl Bounded {
    fn is_too_large(&mut self, bytes: &[u8]) -> bool {
        self.total += bytes.len();
        self.line = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => bytes.len() - at,
            None => self.line + bytes.len(),
        };
        self.total > ANSWER_MAX || self.line > LINE_MAX
    }
}

impl Stream for Bounded {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let next = std::task::ready!(rest.poll_next_unpin(context));
        let item = match next {
            Some(Ok(bytes)) if self.is_too_large(&bytes) => {
                Some(Err(io::Error::other("the answer is too large")))
            }
            Some(Ok(bytes)) => return Poll::Ready(Some(Ok(bytes))),
            Some(Err(error)) => Some(Err(io::Error::other(causes(&error.without_url())))),
            None => None,
        };
        self.rest = None;
        Poll::Ready(item)
    }
}

/// The client stops reading at the answer's last event. What little comes after it is read here, so
/// that the next step finds the connection open.
impl Drop for Bounded {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(
                DRAIN,
                rest.take(8).for_each(async |_| {}),
            ));
        }
    }
}
