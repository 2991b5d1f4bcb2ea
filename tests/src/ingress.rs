//! One address before backend and frontend, with the routes that the Ingress has.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::Uri,
    response::{IntoResponse, Response},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::net::TcpListener;

use crate::{Database, Engine, Site, TestApp};
use todo_backend::clock::Clock;

/// The whole product behind one address, in real time.
pub struct Ingress {
    /// Its address, as in `http://127.0.0.1:3000`: the public one.
    pub url: String,
    /// The backend.
    pub app: TestApp,
    /// The frontend, which people reach by the public address.
    pub site: Site,
}

#[derive(Clone)]
struct Servers {
    http: Client<HttpConnector, Body>,
    backend: String,
    frontend: String,
}

impl Ingress {
    /// Starts all of it.
    pub async fn start(engine: Engine) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let public_url = [("PUBLIC_URL", url.as_str())];
        let app = TestApp::on(Database::new(engine).await, Clock::system(), &public_url).await;
        let mut site = Site::before(&app).await;
        let servers = Servers {
            http: Client::builder(TokioExecutor::new()).build_http(),
            backend: app.url(),
            frontend: std::mem::replace(&mut site.url, url.clone()),
        };
        let router = Router::new().fallback(route).with_state(servers);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, app, site }
    }
}

async fn route(State(servers): State<Servers>, request: Request) -> Response {
    let path = request.uri().path();
    let is_backends = ["/api/", "/mcp", "/.well-known/oauth-"]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    let server = if is_backends {
        &servers.backend
    } else {
        &servers.frontend
    };
    pass_on(&servers.http, server, request).await
}

/// Sends a request on to another server, as it is.
pub(crate) async fn pass_on(
    http: &Client<HttpConnector, Body>,
    server: &str,
    mut request: Request,
) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let uri: Uri = format!("{server}{path}").parse().unwrap();
    *request.uri_mut() = uri;
    let answer = http.request(request).await;
    answer.expect("the server answers").into_response()
}
