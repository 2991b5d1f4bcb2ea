//! The routes that programs use, under `/api/oauth`: no cookie and no credential but what is in the
//! request counts there.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use todo_api::Problem;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    clients::{self, ClientRegistration, RegisteredClient},
    error::{OauthError, OauthProblem},
    tokens::{self, OauthTokens, RevocationRequest, TokenRequest},
};
use crate::{accounts::client::Client as Sender, app::App, error::Error, extract};

/// The routes under `/api/oauth`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(token))
        .routes(routes!(revoke))
}

/// Tokens and client ids are in no cache.
const NO_STORE: [(HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// A program's metadata, refused in OAuth's terms.
struct Metadata<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Metadata<T> {
    type Rejection = OauthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OauthError> {
        match extract::Json::from_request(request, state).await {
            Ok(extract::Json(metadata)) => Ok(Self(metadata)),
            Err(error @ (Error::Malformed(_) | Error::Invalid(_))) => {
                Err(OauthError::InvalidClientMetadata(error.detail()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// An `application/x-www-form-urlencoded` body, refused in OAuth's terms.
struct Form<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = OauthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OauthError> {
        const FORM: &str = "application/x-www-form-urlencoded";
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(FORM.as_bytes()));
        if !is_form {
            let sentence = "Send a body of application/x-www-form-urlencoded.";
            return Err(OauthError::InvalidRequest(sentence));
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|_| Error::TooLarge)?;
        serde_urlencoded::from_bytes(&body).map(Self).map_err(|_| {
            OauthError::InvalidRequest("The body is not a form in which each parameter is once.")
        })
    }
}

/// Registers a program (RFC 7591). Anybody may; what no user lets in is forgotten after a day.
#[utoipa::path(post, path = "/register", tag = "oauth", operation_id = "register_client", security(()), request_body = ClientRegistration, responses(
    (status = 201, body = RegisteredClient),
    (status = "default", content((OauthProblem = "application/json"), (Problem = "application/problem+json"))),
))]
async fn register(
    State(app): State<App>,
    sender: Sender,
    Metadata(registration): Metadata<ClientRegistration>,
) -> Result<Response, OauthError> {
    let registered = clients::register(&app, &sender, registration).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(registered)).into_response())
}

/// Exchanges a code or a refresh token for tokens (RFC 6749). A code and a refresh token work once;
/// a second use ends what the first gave.
#[utoipa::path(post, path = "/token", tag = "oauth", operation_id = "exchange_token", security(()),
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = OauthTokens),
    (status = "default", content((OauthProblem = "application/json"), (Problem = "application/problem+json"))),
))]
async fn token(
    State(app): State<App>,
    Form(request): Form<TokenRequest>,
) -> Result<Response, OauthError> {
    let answer = tokens::exchange(&app, request).await?;
    Ok((NO_STORE, Json(answer)).into_response())
}

/// Ends a grant by its refresh token, or one access token (RFC 7009). One that there is not has
/// ended already.
#[utoipa::path(post, path = "/revoke", tag = "oauth", operation_id = "revoke_token", security(()),
    request_body(content = RevocationRequest, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "It has ended."),
    (status = "default", content((OauthProblem = "application/json"), (Problem = "application/problem+json"))),
))]
async fn revoke(
    State(app): State<App>,
    Form(request): Form<RevocationRequest>,
) -> Result<StatusCode, OauthError> {
    tokens::revoke(&app, request).await?;
    Ok(StatusCode::OK)
}
