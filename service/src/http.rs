//! What surrounds every handler: request ids, one log line and the metrics of each request, the
//! client's address behind proxies, and an answer when a handler panics.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use todo_api::Problem;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument, debug, error, error_span, info};

use crate::telemetry::milliseconds;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
const REQUEST_ID_LENGTH: RangeInclusive<usize> = 8..=64;
/// The status in logs and metrics when the client left before the answer.
const CLIENT_LEFT: u16 = 499;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// Finds a request in the logs of every process that it passes: taken from `x-request-id` or
/// made here. Handlers get it as an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new random id.
    pub fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()).into())
    }

    /// The id of the request that the current task answers; empty outside of one.
    pub fn current() -> Self {
        CURRENT
            .try_with(Self::clone)
            .unwrap_or_else(|_| Self("".into()))
    }

    /// The id's text: 8–64 characters of `[A-Za-z0-9-]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that came with a request, if it is one that can be logged and sent on.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(X_REQUEST_ID)?.to_str().ok()?;
        let sane = REQUEST_ID_LENGTH.contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        sane.then(|| Self(text.into()))
    }
}

/// Who is at the other end of the connection. [`crate::serve`] sets it as an extension.
#[derive(Clone, Copy, Debug)]
pub enum Peer {
    /// A client or a proxy.
    Remote(SocketAddr),
    /// The other server, in the same process: its forwarding headers are believed.
    InProcess,
}

/// Who sent a request, as far as the proxies before us can be believed. An extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The client's address.
    pub address: IpAddr,
    /// Whether the client spoke https.
    pub https: bool,
}

impl ClientInfo {
    /// Reads the forwarding headers from the right, as far as those who wrote them are trusted.
    fn of(peer: Option<Peer>, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let trusts = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
        let (mut address, believed) = match peer {
            Some(Peer::Remote(peer)) => {
                let address = peer.ip().to_canonical();
                (address, trusts(address))
            }
            Some(Peer::InProcess) => (IpAddr::V4(Ipv4Addr::LOCALHOST), true),
            None => (IpAddr::V4(Ipv4Addr::LOCALHOST), false),
        };
        if !believed {
            return Self {
                address,
                https: false,
            };
        }
        for hop in from_the_right(headers, X_FORWARDED_FOR) {
            let Some(hop) = parse_hop(hop) else { break };
            address = hop;
            if !trusts(hop) {
                break;
            }
        }
        let https = from_the_right(headers, X_FORWARDED_PROTO)
            .next()
            .is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        Self { address, https }
    }
}

/// The entries of a comma-separated header, last first.
fn from_the_right<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    lines
        .into_iter()
        .rev()
        .flat_map(|line| line.rsplit(','))
        .map(str::trim)
}

/// An address, which some proxies write with a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .or_else(|error| {
            text.strip_prefix('[')
                .and_then(|t| t.strip_suffix(']'))
                .ok_or(error)?
                .parse()
        });
    address.ok().map(|address| address.to_canonical())
}

/// A problem document (RFC 9457) with the current request's id.
pub fn problem(status: StatusCode, code: &str, detail: impl Into<String>) -> Response {
    respond(Problem {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        detail: detail.into(),
        code: code.to_owned(),
        request_id: String::new(),
        errors: Vec::new(),
        message: None,
        task: None,
    })
}

/// Answers with a problem document, under the current request's id.
pub fn respond(problem: Problem) -> Response {
    let problem = Problem {
        request_id: RequestId::current().as_str().to_owned(),
        ..problem
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(problem)).into_response();
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// The answer of a program interface to a panic.
pub fn panic_problem() -> Response {
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side. Try again; if it stays, report the request id.",
    )
}

/// Surrounds a finished router. `on_panic` makes the answer when a handler panics; it can use
/// [`RequestId::current`].
pub fn surround(router: Router, trusted_proxies: Vec<IpNet>, on_panic: fn() -> Response) -> Router {
    catch_panics(router, on_panic).layer(middleware::from_fn_with_state(
        Arc::from(trusted_proxies),
        observe,
    ))
}

/// Answers instead of a handler that panics. What it said is logged where it happened.
pub fn catch_panics<S>(router: Router<S>, on_panic: fn() -> Response) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.layer(CatchPanicLayer::custom(
        move |_: Box<dyn std::any::Any + Send>| on_panic(),
    ))
}

async fn observe(
    State(trusted_proxies): State<Arc<[IpNet]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(request.headers()).unwrap_or_else(RequestId::random);
    let peer = request.extensions().get::<Peer>().copied();
    let client = ClientInfo::of(peer, request.headers(), &trusted_proxies);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(client);

    // At every level, so that each line that is logged has the id.
    let span = error_span!("request", request_id = %id.as_str());
    let header = HeaderValue::from_str(id.as_str());
    let answer = async {
        let mut line = RequestLine::begin(&request);
        let response = next.run(request).await;
        line.status = response.status().as_u16();
        response
    };
    let mut response = CURRENT.scope(id, answer).instrument(span).await;
    if let Ok(header) = header {
        response.headers_mut().insert(X_REQUEST_ID, header);
    }
    response
}

/// The log line and the metrics of one request, written when it is dropped: with the answer, or
/// without one when the client left.
struct RequestLine {
    method: Method,
    route: Option<MatchedPath>,
    status: u16,
    start: Instant,
}

impl RequestLine {
    fn begin(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            route: request.extensions().get().cloned(),
            status: CLIENT_LEFT,
            start: Instant::now(),
        }
    }

    /// The method, unless it is one that clients made up, each of which would be a metric.
    fn method(&self) -> &'static str {
        match self.method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            _ => "other",
        }
    }
}

impl Drop for RequestLine {
    fn drop(&mut self) {
        let (method, status) = (self.method(), self.status);
        // The path of what is not routed could hold anything, so it is not kept.
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let elapsed = self.start.elapsed();
        let ms = milliseconds(elapsed);
        // Probes come every few seconds, and what they find is logged where it happens.
        if matches!(route, "/livez" | "/readyz") {
            debug!(method, route, status, ms, "request");
        } else if status >= 500 {
            error!(method, route, status, ms, "request");
        } else {
            info!(method, route, status, ms, "request");
        }

        let route = route.to_owned();
        metrics::counter!(
            "http_requests_total",
            "method" => method, "route" => route.clone(), "status" => status.to_string()
        )
        .increment(1);
        metrics::histogram!(
            "http_request_duration_seconds", "method" => method, "route" => route
        )
        .record(elapsed.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use axum::{Extension, Json};
    use tower::ServiceExt;

    use super::*;

    const TRUSTED: &[&str] = &["10.0.0.0/8", "fd00::/8"];

    fn client(peer: Option<Peer>, headers: &[(&'static str, &str)]) -> (String, bool) {
        let trusted: Vec<IpNet> = TRUSTED
            .iter()
            .map(|network| network.parse().unwrap())
            .collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let client = ClientInfo::of(peer, &map, &trusted);
        (client.address.to_string(), client.https)
    }

    fn from(peer: &str, headers: &[(&'static str, &str)]) -> (String, bool) {
        client(
            Some(Peer::Remote(SocketAddr::new(peer.parse().unwrap(), 4711))),
            headers,
        )
    }

    #[test]
    fn a_stranger_cannot_pretend_to_be_someone_else() {
        let lies = [(X_FORWARDED_FOR, "192.0.2.1"), (X_FORWARDED_PROTO, "https")];
        assert_eq!(from("203.0.113.9", &lies), ("203.0.113.9".into(), false));
        assert_eq!(client(None, &lies), ("127.0.0.1".into(), false));
    }

    #[test]
    fn a_trusted_proxy_is_believed() {
        let headers = [(X_FORWARDED_FOR, "192.0.2.1"), (X_FORWARDED_PROTO, "https")];
        assert_eq!(from("10.0.0.1", &headers), ("192.0.2.1".into(), true));
        assert_eq!(
            from("::ffff:10.0.0.1", &headers),
            ("192.0.2.1".into(), true)
        );
        assert_eq!(
            client(Some(Peer::InProcess), &headers),
            ("192.0.2.1".into(), true)
        );
        assert_eq!(from("10.0.0.1", &[]), ("10.0.0.1".into(), false));
    }

    #[test]
    fn what_the_client_itself_wrote_before_the_first_proxy_is_not_believed() {
        let chain = [(X_FORWARDED_FOR, "1.1.1.1, 192.0.2.1, 10.0.0.2")];
        assert_eq!(from("10.0.0.1", &chain).0, "192.0.2.1");
        let lines = [
            (X_FORWARDED_FOR, "1.1.1.1, 192.0.2.1"),
            (X_FORWARDED_FOR, "fd00::2"),
        ];
        assert_eq!(from("10.0.0.1", &lines).0, "192.0.2.1");
        let schemes = [(X_FORWARDED_PROTO, "https, http")];
        assert!(!from("10.0.0.1", &schemes).1);
    }

    #[test]
    fn a_hop_may_have_a_port_and_nonsense_ends_the_chain() {
        for (written, meant) in [
            ("192.0.2.1:8080", "192.0.2.1"),
            ("[2001:db8::1]:8080", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("unknown", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(
                from("10.0.0.1", &[(X_FORWARDED_FOR, written)]).0,
                meant,
                "{written}"
            );
        }
    }

    fn app() -> Router {
        let router = Router::new()
            .route(
                "/id",
                get(async |Extension(id): Extension<RequestId>| {
                    assert_eq!(id, RequestId::current());
                    id.as_str().to_owned()
                }),
            )
            .route(
                "/panic",
                get(async || -> Json<()> { panic!("secret detail") }),
            );
        surround(router, Vec::new(), panic_problem)
    }

    async fn ask(path: &str, request_id: Option<&str>) -> (u16, String, String) {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(id) = request_id {
            request
                .headers_mut()
                .insert(X_REQUEST_ID, id.parse().unwrap());
        }
        let answer = app().oneshot(request).await.unwrap();
        let id = answer.headers()[X_REQUEST_ID].to_str().unwrap().to_owned();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, id, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_request_keeps_its_id_or_gets_one() {
        let (_, id, body) = ask("/id", Some("proxy-123")).await;
        assert_eq!((id.as_str(), body.as_str()), ("proxy-123", "proxy-123"));

        let long = "x".repeat(REQUEST_ID_LENGTH.end() + 1);
        let bad = ["", "short", "a b c d e", "{proxy-1}", "proxy_1.2", &long];
        for bad in bad.map(Some).into_iter().chain([None]) {
            let (_, id, body) = ask("/id", bad).await;
            assert_eq!(id.len(), 32, "{bad:?}");
            assert_eq!(id, body);
        }
        assert_eq!(ask("/nowhere", Some("nobody-12")).await.1, "nobody-12");
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing() {
        let (status, id, body) = ask("/panic", None).await;
        assert_eq!(status, 500);
        let problem: Problem = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (problem.code.as_str(), problem.request_id),
            ("internal", id)
        );
        assert!(!body.contains("secret detail"));
    }
}
