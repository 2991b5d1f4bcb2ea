//! A proxy that adds a token to every request, for clients that cannot send one.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, header},
    response::Response,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::ingress;

#[derive(Clone)]
struct Proxy {
    http: Client<HttpConnector, Body>,
    server: String,
    authorization: HeaderValue,
}

/// Starts a proxy before that server and gives its address. It ends with the test.
pub async fn proxy(server: &str, token: &str) -> String {
    let proxy = Proxy {
        http: Client::builder(TokioExecutor::new()).build_http(),
        server: server.to_owned(),
        authorization: format!("Bearer {token}").parse().unwrap(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(pass_on).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn pass_on(State(proxy): State<Proxy>, mut request: Request) -> Response {
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, proxy.authorization);
    ingress::pass_on(&proxy.http, &proxy.server, request).await
}
