//! The routes by which a user allows programs in and removes them, under `/api/auth`: for the user's
//! session alone.

use axum::{Json as Answer, extract::State};
use todo_api::{
    AuthorizationDecision, AuthorizationRequest, AuthorizationReturn, AuthorizationStep,
    OauthGrant, Problem, RevokeOauthGrant, Status,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{authorization, grants};
use crate::{
    accounts::{auth_routes::Form, error::AuthError, session::SignedIn},
    app::App,
};

/// The routes under `/api/auth`.
pub(in crate::accounts) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin))
        .routes(routes!(decide))
        .routes(routes!(list))
        .routes(routes!(revoke))
}

/// Says what a program asks for, to ask the user.
#[utoipa::path(post, path = "/begin-authorization", tag = "oauth", operation_id = "begin_authorization", security(("session" = [])), request_body = AuthorizationRequest, responses(
    (status = 200, body = AuthorizationStep),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn begin(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Form(request): Form<AuthorizationRequest>,
) -> Result<Answer<AuthorizationStep>, AuthError> {
    authorization::begin(&app, &user.id, &request)
        .await
        .map(Answer)
}

/// Lets a program in, or not. The answer is where the browser goes next.
#[utoipa::path(post, path = "/decide-authorization", tag = "oauth", operation_id = "decide_authorization", security(("session" = [])), request_body = AuthorizationDecision, responses(
    (status = 200, body = AuthorizationReturn),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn decide(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Form(decision): Form<AuthorizationDecision>,
) -> Result<Answer<AuthorizationReturn>, AuthError> {
    authorization::decide(&app, &user.id, &decision)
        .await
        .map(Answer)
}

/// Lists the programs that the user allowed in, the newest first.
#[utoipa::path(get, path = "/list-oauth-grants", tag = "oauth", operation_id = "list_oauth_grants", security(("session" = [])), responses(
    (status = 200, body = Vec<OauthGrant>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Answer<Vec<OauthGrant>>, AuthError> {
    grants::list(&app, &user.id).await.map(Answer)
}

/// Ends what a program may do, at once. A grant that there is not has ended already.
#[utoipa::path(post, path = "/revoke-oauth-grant", tag = "oauth", operation_id = "revoke_oauth_grant", security(("session" = [])), request_body = RevokeOauthGrant, responses(
    (status = 200, body = Status),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Form(form): Form<RevokeOauthGrant>,
) -> Result<Answer<Status>, AuthError> {
    grants::revoke(&app, user.id, form.id).await?;
    Ok(Answer(Status { status: true }))
}
