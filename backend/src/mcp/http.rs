//! MCP over HTTP at `/mcp`: streamable HTTP without sessions, so that any replica answers any
//! request. Who calls is found out before the protocol's own server sees the request.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use serde::Deserialize;
use serde_json::{Value, json};
use todo_api::Scope;

use super::{
    rate_limit::RateLimit,
    server::{Server, Whose},
    tools,
};
use crate::{
    accounts::{OAUTH_SCOPES, oauth},
    app::App,
    caller::{Audience, Caller},
    error::Error,
};

const PATH: &str = "/mcp";
/// Where a client learns how to get a credential (RFC 9728); the resource's path may follow.
const METADATA: &str = "/.well-known/oauth-protected-resource";
const METADATA_OF_PATH: &str = "/.well-known/oauth-protected-resource/mcp";
/// Where a browser on the user's own machine may come from: a client under development.
const LOOPBACK_ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

/// `/mcp` and the metadata about it.
pub fn router(app: &App) -> Router<App> {
    let of_server = app.clone();
    let server = move || {
        Ok(Server {
            app: of_server.clone(),
            whose: Whose::Sender,
        })
    };
    let service =
        StreamableHttpService::new(server, Arc::<NeverSessionManager>::default(), config(app));
    let guard_state = Guard {
        app: app.clone(),
        rate_limit: Arc::new(RateLimit::new(app.config.mcp.rate_limit)),
    };
    Router::new()
        .route_service(PATH, service)
        .layer(from_fn_with_state(guard_state, guard))
        .route(METADATA, get(metadata))
        .route(METADATA_OF_PATH, get(metadata))
}

fn config(app: &App) -> StreamableHttpServerConfig {
    let public_url = &app.config.server.public_url;
    let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).into();
    let public_host = public_url.parse::<Uri>().ok();
    hosts.extend(public_host.and_then(|url| url.host().map(str::to_owned)));
    hosts.extend(app.config.mcp.allowed_hosts.iter().cloned());
    let origins = LOOPBACK_ORIGINS
        .map(String::from)
        .into_iter()
        .chain([with_port(public_url)]);
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(app.config.body_limit)
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .with_cancellation_token(app.lifecycle.hard().child_token())
}

/// A URL with its port, also where that is the scheme's own.
fn with_port(url: &str) -> String {
    let has_port = url
        .parse::<Uri>()
        .is_ok_and(|parsed| parsed.port().is_some());
    match (has_port, url.starts_with("https:")) {
        (true, _) => url.to_owned(),
        (false, true) => format!("{url}:443"),
        (false, false) => format!("{url}:80"),
    }
}

#[derive(Clone)]
struct Guard {
    app: App,
    rate_limit: Arc<RateLimit>,
}

/// Middleware: lets those in who may do what they ask for, and tells the others how to get a
/// credential.
async fn guard(
    State(Guard { app, rate_limit }): State<Guard>,
    request: Request,
    next: Next,
) -> Response {
    let presented = request.headers().contains_key(header::AUTHORIZATION);
    match admit(&app, &rate_limit, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => refuse(&app, error, presented),
    }
}

async fn admit(app: &App, rate_limit: &RateLimit, request: Request) -> Result<Request, Error> {
    let caller = Caller::authenticate(app, request.headers(), Audience::Mcp).await?;
    rate_limit.count(&caller.user_id, app.clock.now())?;
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, app.config.body_limit)
        .await
        .map_err(|_| Error::TooLarge)?;
    caller.require(needed(&body))?;
    parts.extensions.insert(caller);
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// What a credential has to be good for to send this message. The tool itself asks again.
fn needed(body: &[u8]) -> Scope {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        method: Cow<'a, str>,
        #[serde(borrow, default)]
        params: Option<Params<'a>>,
    }
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow, default)]
        name: Option<Cow<'a, str>>,
    }
    match serde_json::from_slice::<Message<'_>>(body) {
        Ok(message) if message.method == "tools/call" => {
            let name = message.params.and_then(|params| params.name);
            name.and_then(|name| tools::scope(&name))
                .unwrap_or(Scope::Read)
        }
        _ => Scope::Read,
    }
}

/// A refusal with the challenge that leads a client to a credential (RFC 6750, RFC 9728).
fn refuse(app: &App, error: Error, presented: bool) -> Response {
    let reason = match &error {
        Error::Unauthorized(_) if presented => "error=\"invalid_token\", ",
        Error::InsufficientScope(_) => "error=\"insufficient_scope\", ",
        Error::Unauthorized(_) => "",
        _ => return error.into_response(),
    };
    let public_url = &app.config.server.public_url;
    let challenge = format!(
        "Bearer {reason}scope=\"{}\", resource_metadata=\"{public_url}{METADATA_OF_PATH}\"",
        OAUTH_SCOPES.join(" ")
    );
    let mut response = error.into_response();
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The metadata of the protected resource (RFC 9728).
async fn metadata(State(app): State<App>) -> Json<Value> {
    Json(json!({
        "resource": oauth::resource(&app),
        "resource_name": "Todo Chatbot",
        "authorization_servers": [app.config.server.public_url],
        "bearer_methods_supported": ["header"],
        "scopes_supported": OAUTH_SCOPES,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_that_changes_something_needs_to_be_allowed_to() {
        for (body, expected) in [
            (r#"{"method":"tools/list"}"#, Scope::Read),
            (
                r#"{"method":"tools/call","params":{"name":"list_tasks"}}"#,
                Scope::Read,
            ),
            (
                r#"{"method":"tools/call","params":{"name":"add_tasks","arguments":{}}}"#,
                Scope::Write,
            ),
            (
                r#"{"params":{"name":"delete_task"},"id":1,"method":"tools\/call"}"#,
                Scope::Write,
            ),
            (
                r#"{"method":"tools/call","params":{"name":"nonsense"}}"#,
                Scope::Read,
            ),
            (r#"{"method":"tools/call"}"#, Scope::Read),
            ("[]", Scope::Read),
            ("", Scope::Read),
        ] {
            assert_eq!(needed(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn an_origin_has_its_port() {
        for (url, expected) in [
            ("https://todo.example.org", "https://todo.example.org:443"),
            ("http://todo.local", "http://todo.local:80"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(with_port(url), expected);
        }
    }
}
