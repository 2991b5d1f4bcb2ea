//! An HTTP client whose answers say what was wrong with them.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client as Legacy, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use todo_api::Problem;
use tokio::time::timeout;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
};

/// How long an answer or the next event may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one server, with headers that it always sends.
#[derive(Clone)]
pub struct Client {
    http: Legacy<HttpConnector, Full<Bytes>>,
    server: String,
    headers: HeaderMap,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, for messages.
    asked: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// One event of a stream (`text/event-stream`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its id, empty if it has none.
    pub id: String,
    /// Its name, empty if it has none.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// An open stream of events.
pub struct Events {
    body: hyper::body::Incoming,
    /// The answer's headers.
    pub headers: HeaderMap,
    unread: String,
}

impl Client {
    /// A client of the server at that address, as in `http://127.0.0.1:8000`.
    #[must_use]
    pub fn new(server: impl Into<String>) -> Self {
        Self {
            http: Legacy::builder(TokioExecutor::new()).build_http(),
            server: server.into(),
            headers: HeaderMap::new(),
        }
    }

    /// The same client with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).expect("a header's value"),
        );
        self
    }

    /// A header that it always sends, empty if it does not.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(HeaderValue::to_str);
        value.map_or_else(String::new, |value| value.unwrap_or_default().to_owned())
    }

    /// The same client without one of its headers.
    #[must_use]
    pub fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The same client of another server.
    #[must_use]
    pub fn at(mut self, server: impl Into<String>) -> Self {
        self.server = server.into();
        self
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "").await
    }

    /// `POST` of JSON; of nothing when it is null.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    /// `PATCH` of JSON; of nothing when it is null.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    /// A request of JSON; of nothing when it is null.
    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        if body.is_null() {
            return self.send(method, path, "").await;
        }
        let client = self.clone();
        let client = if client.headers.contains_key(header::CONTENT_TYPE) {
            client
        } else {
            client.with("content-type", "application/json")
        };
        client.send(method, path, body.to_string()).await
    }

    /// Any request. Its body may be anything but JSON.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
        let asked = format!("{method} {path}");
        let response = self.request(method, path, body.into()).await;
        let (parts, body) = response.into_parts();
        let body = timeout(PATIENCE, body.collect())
            .await
            .unwrap_or_else(|_| panic!("{asked}: the answer does not end"))
            .unwrap_or_else(|error| panic!("{asked}: the answer broke off: {error}"))
            .to_bytes();
        Answer {
            asked,
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Opens a stream of events with `GET`.
    pub async fn events(&self, path: &str) -> Events {
        self.stream(Method::GET, path, Bytes::new()).await
    }

    /// Opens a stream of events with `POST` of JSON.
    pub async fn post_for_events(&self, path: &str, body: Value) -> Events {
        let client = self.clone().with("content-type", "application/json");
        client
            .stream(Method::POST, path, body.to_string().into())
            .await
    }

    /// Opens a stream of events with `GET`, unless it is refused.
    ///
    /// # Errors
    /// The status of the refusal.
    pub async fn try_events(&self, path: &str) -> Result<Events, StatusCode> {
        self.try_stream(Method::GET, path, Bytes::new()).await
    }

    async fn stream(&self, method: Method, path: &str, body: Bytes) -> Events {
        let stream = self.try_stream(method, path, body).await;
        stream.unwrap_or_else(|status| panic!("{path}: no stream but {status}"))
    }

    async fn try_stream(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Events, StatusCode> {
        let client = self.clone().with("accept", "text/event-stream");
        let response = client.request(method, path, body).await;
        let (parts, body) = response.into_parts();
        if parts.status != StatusCode::OK {
            return Err(parts.status);
        }
        let kind = parts.headers[header::CONTENT_TYPE].to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{path}: {kind}");
        Ok(Events {
            body,
            headers: parts.headers,
            unread: String::new(),
        })
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> axum::http::Response<hyper::body::Incoming> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = format!("{}{path}", self.server)
            .parse()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        *request.headers_mut() = self.headers.clone();
        timeout(PATIENCE, self.http.request(request))
            .await
            .unwrap_or_else(|_| panic!("{path}: no answer"))
            .unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }
}

impl Answer {
    /// The body, once the status is the expected one.
    #[track_caller]
    pub fn expect<T: DeserializeOwned>(&self, status: u16) -> T {
        self.assert_status(status);
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error} in {}", self.asked, self.text()))
    }

    /// Asserts the status.
    #[track_caller]
    pub fn assert_status(&self, status: u16) {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}: {}",
            self.asked,
            self.text()
        );
    }

    /// The problem document, once status and code are the expected ones. It must be whole: with its
    /// own media type, a sentence that ends, and the request's id.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Problem {
        self.assert_status(status);
        let kind = self.header("content-type");
        assert_eq!(kind, "application/problem+json", "{}", self.asked);
        let problem: Problem = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error} in {}", self.asked, self.text()));
        assert_eq!(problem.code, code, "{}: {}", self.asked, self.text());
        assert_eq!(problem.status, status, "{}", self.asked);
        assert_eq!(problem.request_id, self.header("x-request-id"));
        assert!(
            problem.detail.ends_with(['.', '…', '?']),
            "{}: not a sentence: {}",
            self.asked,
            problem.detail
        );
        problem
    }

    /// A header, empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a header of text"))
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Event {
    /// Its id, read as a number.
    #[track_caller]
    #[must_use]
    pub fn number(&self) -> i64 {
        let number = self.id.parse();
        number.unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Its data, read as JSON.
    #[track_caller]
    pub fn data<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl Events {
    /// The next event; none when the server has ended the stream. Comments are passed over.
    ///
    /// # Panics
    /// When none comes in time, or the connection breaks.
    pub async fn next(&mut self) -> Option<Event> {
        self.next_within(PATIENCE)
            .await
            .expect("the next event comes in time")
    }

    /// The next event, or an error if the time is over before it comes.
    ///
    /// # Errors
    /// When there was none.
    pub async fn next_within(
        &mut self,
        time: Duration,
    ) -> Result<Option<Event>, tokio::time::error::Elapsed> {
        timeout(time, async {
            loop {
                while let Some((block, rest)) = self.unread.split_once("\n\n") {
                    let event = parse(block);
                    self.unread = rest.to_owned();
                    if event != Event::default() {
                        return Some(event);
                    }
                }
                let frame = self.body.frame().await?.expect("the stream goes on");
                if let Ok(data) = frame.into_data() {
                    let text = std::str::from_utf8(&data).expect("whole characters");
                    self.unread += &text.replace("\r\n", "\n");
                }
            }
        })
        .await
    }

    /// The events up to the next one of that name, it included.
    ///
    /// # Panics
    /// When the stream ends before.
    pub async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            events.push(event.unwrap_or_else(|| panic!("no {name} came after {events:?}")));
            if events.last().is_some_and(|event| event.name == name) {
                return events;
            }
        }
    }

    /// Waits for a comment, by which a silent stream says that it lives.
    ///
    /// # Panics
    /// When none comes in time, or an event comes before.
    pub async fn comment(&mut self) {
        let frame = timeout(PATIENCE, self.body.frame()).await;
        let frame = frame
            .expect("a comment comes in time")
            .expect("the stream goes on");
        let data = frame
            .expect("the stream goes on")
            .into_data()
            .unwrap_or_default();
        assert!(data.starts_with(b":"), "no comment: {data:?}");
    }

    /// All events until the server ends the stream.
    pub async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => value.clone_into(&mut event.id),
            "event" => value.clone_into(&mut event.name),
            "data" => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data += value;
            }
            _ => {}
        }
    }
    event
}
