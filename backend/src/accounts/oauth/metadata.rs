//! Where a program learns how to sign in: the metadata of the authorization server (RFC 8414). That
//! of the resource, which leads here, is beside `/mcp`.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{accounts::scope::OAUTH_SCOPES, app::App};

/// The page on which the user is asked.
const AUTHORIZE: &str = "/oauth/authorize";

/// What the authorization server is and can do (RFC 8414).
#[derive(Serialize, ToSchema)]
struct AuthorizationServerMetadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    registration_endpoint: String,
    revocation_endpoint: String,
    scopes_supported: [&'static str; 2],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    /// RFC 9207.
    authorization_response_iss_parameter_supported: bool,
    /// draft-ietf-oauth-client-id-metadata-document.
    client_id_metadata_document_supported: bool,
}

/// Where the tokens are good (RFC 8707): the address of `/mcp`.
#[must_use]
pub fn resource(app: &App) -> String {
    format!("{}/mcp", app.config.server.public_url)
}

/// The metadata, also where clients look that take the resource for the issuer.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metadata)).route(
        "/.well-known/oauth-authorization-server/mcp",
        axum::routing::get(metadata),
    )
}

/// What the authorization server is and can do (RFC 8414).
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "oauth", operation_id = "authorization_server_metadata", security(()), responses(
    (status = 200, body = AuthorizationServerMetadata),
    (status = "default", body = todo_api::Problem, content_type = "application/problem+json"),
))]
async fn metadata(State(app): State<App>) -> Json<AuthorizationServerMetadata> {
    let issuer = app.config.server.public_url.clone();
    let endpoint = |path: &str| format!("{issuer}{path}");
    Json(AuthorizationServerMetadata {
        authorization_endpoint: endpoint(AUTHORIZE),
        token_endpoint: endpoint("/api/oauth/token"),
        registration_endpoint: endpoint("/api/oauth/register"),
        revocation_endpoint: endpoint("/api/oauth/revoke"),
        issuer,
        scopes_supported: OAUTH_SCOPES,
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none"],
        revocation_endpoint_auth_methods_supported: ["none"],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
    })
}
