//! Puts the frontend together as a server: the pages, the probes, and what surrounds them.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    response::{IntoResponse, Response},
};
use todo_service::{Health, Lifecycle, ServerSettings, health, http};
use tower::ServiceExt;

use crate::{BackendService, Options};

/// All routes of the frontend, which reaches the backend through `backend`.
pub fn router(backend: BackendService, settings: &ServerSettings, lifecycle: &Lifecycle) -> Router {
    let asked = backend.clone();
    let health = Health::new("backend", move || is_alive(asked.clone()));
    let pages = crate::router(Options {
        backend,
        public_url: settings.public_url.parse().ok(),
        allow_http: settings.allow_http,
        shutdown: lifecycle.soft().clone(),
    });
    let routes = pages.merge(health::router(lifecycle.readiness().clone(), health));
    http::surround(routes, settings.trusted_proxies.clone(), bare_panic)
}

/// Whether the backend's process answers; its database is not asked.
async fn is_alive(backend: BackendService) -> bool {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = axum::http::Uri::from_static("/livez");
    let answer = backend.oneshot(request).await;
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

/// The answer when not even the error page could be made.
fn bare_panic() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
