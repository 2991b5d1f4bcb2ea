//! The routes of personal access tokens, under `/api/auth`: for the user's session alone.

use axum::{Json as Answer, extract::State};
use todo_api::{
    CreatedPersonalToken, NewPersonalToken, PersonalToken, Problem, RevokePersonalToken, Status,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::rules;
use crate::{
    accounts::{auth_routes::Form, error::AuthError, model::UserRow, session::SignedIn},
    app::App,
    caller::UserId,
};

/// The routes under `/api/auth`.
pub(in crate::accounts) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(create))
        .routes(routes!(revoke))
}

fn id(user: &UserRow) -> Result<UserId, AuthError> {
    UserId::new(&user.id).ok_or(AuthError::NotSignedIn)
}

/// Lists the user's personal access tokens, the newest first.
#[utoipa::path(get, path = "/list-personal-tokens", tag = "accounts", operation_id = "list_personal_tokens", security(("session" = [])), responses(
    (status = 200, body = Vec<PersonalToken>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Answer<Vec<PersonalToken>>, AuthError> {
    rules::list(&app, &user.id).await.map(Answer)
}

/// Makes a personal access token for REST and MCP. Its secret is shown this once.
#[utoipa::path(post, path = "/create-personal-token", tag = "accounts", operation_id = "create_personal_token", security(("session" = [])), request_body = NewPersonalToken, responses(
    (status = 200, body = CreatedPersonalToken),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Form(form): Form<NewPersonalToken>,
) -> Result<Answer<CreatedPersonalToken>, AuthError> {
    rules::create(&app, &id(&user)?, form).await.map(Answer)
}

/// Ends a personal access token at once. One that there is not has ended already.
#[utoipa::path(post, path = "/revoke-personal-token", tag = "accounts", operation_id = "revoke_personal_token", security(("session" = [])), request_body = RevokePersonalToken, responses(
    (status = 200, body = Status),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Form(form): Form<RevokePersonalToken>,
) -> Result<Answer<Status>, AuthError> {
    rules::revoke(&app, &id(&user)?, form.id).await?;
    Ok(Answer(Status { status: true }))
}
