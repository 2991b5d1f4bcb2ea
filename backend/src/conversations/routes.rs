//! REST for conversations; their messages are the chat's.

use axum::{Json as Answer, extract::State, http::StatusCode, response::Response};
use todo_api::{
    Conversation, ConversationList, ConversationPatch, ConversationQuery, Deleted, Problem,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::rules;
use crate::{
    app::App,
    caller::Caller,
    error::Error,
    extract::{ConversationId, Json, Query},
    idempotency::{MaybeKey, answer},
    writes::{Reserve, UserWrite},
};

/// The routes under `/api/{user_id}`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, rename, delete))
}

/// Lists conversations, newest first.
#[utoipa::path(get, path = "/conversations", tag = "conversations", operation_id = "list_conversations", params(("user_id" = String, Path), ConversationQuery), responses(
    (status = 200, body = ConversationList),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ConversationQuery>,
) -> Result<Answer<ConversationList>, Error> {
    let mut conn = app.db.read().await?;
    rules::list(&mut conn, &caller.user_id, &query, app.clock.now())
        .await
        .map(Answer)
}

/// Gets a conversation.
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", operation_id = "get_conversation", params(("user_id" = String, Path), ("id" = i64, Path)), responses(
    (status = 200, body = Conversation),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    ConversationId(id): ConversationId,
) -> Result<Answer<Conversation>, Error> {
    let mut conn = app.db.read().await?;
    rules::get(&mut conn, &caller.user_id, id, app.clock.now())
        .await
        .map(Answer)
}

/// Renames a conversation.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations", operation_id = "rename_conversation", request_body = ConversationPatch, params(("user_id" = String, Path), ("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = Conversation),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn rename(
    State(app): State<App>,
    caller: Caller,
    ConversationId(id): ConversationId,
    key: MaybeKey,
    Json(ConversationPatch { title }): Json<ConversationPatch>,
) -> Result<Response, Error> {
    let effect = async move |write: &mut UserWrite| rules::rename(write, id, &title).await;
    answer(
        &app,
        &caller.user_id,
        key,
        StatusCode::OK,
        Reserve::default(),
        effect,
    )
    .await
}

/// Deletes a conversation; what its messages did to tasks stays.
#[utoipa::path(delete, path = "/conversations/{id}", tag = "conversations", operation_id = "delete_conversation", params(("user_id" = String, Path), ("id" = i64, Path)), responses(
    (status = 200, body = Deleted),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    ConversationId(id): ConversationId,
) -> Result<Answer<Deleted>, Error> {
    let effect = async move |write: &mut UserWrite| rules::delete(write, id).await;
    let title = app
        .write(&caller.user_id, Reserve::default(), effect)
        .await?;
    Ok(Answer(Deleted {
        message: format!("Deleted the conversation “{title}”."),
    }))
}
