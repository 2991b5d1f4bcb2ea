//! The pages: server-rendered HTML that works without JavaScript and better with it. Nothing is
//! stored here: everything comes from the backend and goes back to it, and the browser speaks only
//! to these routes.

mod address;
mod assets;
mod backend;
pub mod config;
mod csrf;
mod failure;
mod markdown;
mod pages;
mod security;
pub mod server;
mod session;
mod toast;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, Uri},
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
};
use todo_service::http::catch_panics;
use tokio_util::sync::CancellationToken;

use crate::{backend::Backend, session::Tokens, visitor::Visitor};

pub use crate::backend::{BackendService, InvalidBackendUrl, backend_over_http};

/// What the pages need to know.
pub struct Options {
    /// How the backend is reached.
    pub backend: BackendService,
    /// The address by which people reach the pages, if it is known.
    pub public_url: Option<Uri>,
    /// Whether people may sign in over plain http from other machines.
    pub allow_http: bool,
    /// Cancelled when the process is about to end: event streams are closed then.
    pub shutdown: CancellationToken,
}

/// What all handlers share.
#[derive(Clone)]
struct App {
    service: BackendService,
    public_url: Option<Uri>,
    allow_http: bool,
    shutdown: CancellationToken,
    tokens: Arc<Tokens>,
}

impl App {
    /// The backend for a visitor of whom nothing is known yet.
    fn backend(&self, visitor: &Visitor) -> Backend {
        Backend::anonymous(self.service.clone(), visitor.clone())
    }
}

/// All pages with their assets. Expects to be served by `todo_service`, which tells who the
/// client is.
pub fn router(options: Options) -> Router {
    let app = App {
        service: options.backend,
        public_url: options.public_url,
        allow_http: options.allow_http,
        shutdown: options.shutdown,
        tokens: Arc::default(),
    };
    let signed_in =
        pages::signed_in().route_layer(from_fn_with_state(app.clone(), session::require_session));
    let pages = Router::new()
        .merge(signed_in)
        .merge(pages::open())
        .fallback(pages::not_found)
        .layer(from_fn_with_state(app.clone(), security::guard));
    catch_panics(pages, || StatusCode::INTERNAL_SERVER_ERROR.into_response())
        .layer(from_fn_with_state(app.clone(), failure::present))
        .merge(assets::routes())
        .layer(from_fn(security::headers))
        .with_state(app)
}
