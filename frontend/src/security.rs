//! What every answer of the pages carries, and which requests get none.

use axum::{
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{App, csrf, failure::Failure, visitor::Visitor};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/// Refuses what another site made the browser send, and passwords over an open network.
pub(crate) async fn guard(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    if !csrf::is_allowed(request.method(), request.headers()) {
        let sentence = "This form came from another site, so nothing was done. Open the page here and try again.";
        return Failure::new(StatusCode::FORBIDDEN, sentence).into_response();
    }
    if !(visitor.https || visitor.loopback || app.allow_http) {
        let sentence = "Passwords must not travel in the open. Open this page over https; on a network that you trust, the operator can set ALLOW_HTTP=true.";
        return Failure::new(StatusCode::FORBIDDEN, sentence).into_response();
    }
    let mut response = next.run(request).await;
    if visitor.https {
        response.headers_mut().insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// Sets the headers that keep a page to itself.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let set = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-store"));
    response
}
