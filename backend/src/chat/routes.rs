//! REST for the chat. What answers with a stream, or with the end of a turn, takes its time; the
//! rest answers at once.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use todo_api::{
    ApprovalAnswer, ChatRequest, ChatResponse, MessageEdit, MessageList, MessageQuery, Problem,
    Turn, TurnState, Undone,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    begin::Begun,
    resume, rules,
    say::{self, Say},
    stream, undo,
};
use crate::{
    app::App,
    caller::Caller,
    error::Error,
    extract::{CallNumber, ConversationId, Json, MessageId, Query, TurnId},
    idempotency::{MaybeKey, answer},
    writes::{Reserve, UserWrite},
};

/// The routes under `/api/{user_id}` that answer at once.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(messages))
        .routes(routes!(latest_messages))
        .routes(routes!(get))
        .routes(routes!(stop))
        .routes(routes!(undo))
}

/// The routes under `/api/{user_id}` whose answer lasts as long as the turn.
pub fn streams() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(chat))
        .routes(routes!(edit))
        .routes(routes!(retry))
        .routes(routes!(approve))
        .routes(routes!(events))
}

/// Says something to the assistant. With `Accept: text/event-stream` the answer is the turn's
/// events, else it comes when the turn finishes or waits for the user.
#[utoipa::path(post, path = "/chat", tag = "chat", operation_id = "chat", request_body = ChatRequest, params(("user_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = ChatResponse),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn chat(
    State(app): State<App>,
    caller: Caller,
    key: MaybeKey,
    headers: HeaderMap,
    Json(request): Json<ChatRequest>,
) -> Result<Response, Error> {
    let say = Say::Message {
        conversation: request.conversation_id,
    };
    let begun = say::say(
        &app,
        &caller.user_id,
        key,
        say,
        &request.message,
        request.time_zone,
    )
    .await?;
    answer_turn(&app, &caller, &headers, begun, 0).await
}

/// Replaces a message of the user; the later ones are hidden and the agent answers anew.
#[utoipa::path(put, path = "/conversations/{id}/messages/{message}", tag = "chat", operation_id = "edit_message", request_body = MessageEdit, params(("user_id" = String, Path), ("id" = i64, Path), ("message" = i64, Path)), responses(
    (status = 200, body = ChatResponse),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn edit(
    State(app): State<App>,
    caller: Caller,
    ConversationId(conversation): ConversationId,
    MessageId(message): MessageId,
    key: MaybeKey,
    headers: HeaderMap,
    Json(request): Json<MessageEdit>,
) -> Result<Response, Error> {
    let say = Say::Edit {
        conversation,
        message,
    };
    let begun = say::say(
        &app,
        &caller.user_id,
        key,
        say,
        &request.message,
        request.time_zone,
    )
    .await?;
    answer_turn(&app, &caller, &headers, begun, 0).await
}

/// Goes on with the conversation's latest turn after it failed, was stopped or interrupted.
#[utoipa::path(post, path = "/turns/{id}/retry", tag = "chat", operation_id = "retry_turn", params(("user_id" = String, Path), ("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = ChatResponse),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn retry(
    State(app): State<App>,
    caller: Caller,
    TurnId(id): TurnId,
    key: MaybeKey,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let begun = resume::retry(&app, &caller.user_id, key, id).await?;
    answer_turn(&app, &caller, &headers, begun, 0).await
}

/// Answers the question of a waiting turn.
#[utoipa::path(post, path = "/turns/{id}/approve", tag = "chat", operation_id = "approve_turn", request_body = ApprovalAnswer, params(("user_id" = String, Path), ("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = ChatResponse),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn approve(
    State(app): State<App>,
    caller: Caller,
    TurnId(id): TurnId,
    key: MaybeKey,
    headers: HeaderMap,
    Json(ApprovalAnswer { option }): Json<ApprovalAnswer>,
) -> Result<Response, Error> {
    let begun = resume::approve(&app, &caller.user_id, key, id, option).await?;
    answer_turn(&app, &caller, &headers, begun, 0).await
}

/// Streams a turn's events from the start, or after `Last-Event-ID`.
#[utoipa::path(get, path = "/turns/{id}/events", tag = "chat", operation_id = "turn_events", params(("user_id" = String, Path), ("id" = i64, Path), ("Last-Event-ID" = Option<String>, Header)), responses(
    (status = 200, content_type = "text/event-stream", body = String),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn events(
    State(app): State<App>,
    caller: Caller,
    TurnId(id): TurnId,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.parse().ok());
    stream::respond(&app, &caller, id, last.unwrap_or(0).max(0)).await
}

/// Answers a request that began a turn, in the form that the client accepts.
async fn answer_turn(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    begun: Begun,
    after: i64,
) -> Result<Response, Error> {
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    if accepts.contains("text/event-stream") {
        return stream::respond(app, caller, begun.turn_id, after).await;
    }
    if begun.replayed {
        let whole = rules::get(app, &caller.user_id, begun.turn_id).await?;
        if whole.row.state() == TurnState::Running {
            return Err(Error::Conflict {
                code: "still_running",
                detail: "The first request with this Idempotency-Key is still running.".to_owned(),
            });
        }
        return Ok(Answer(whole.chat_response(app.clock.now())).into_response());
    }
    stream::until_rest(app, &caller.user_id, begun.turn_id).await?;
    let whole = rules::get(app, &caller.user_id, begun.turn_id).await?;
    Ok(Answer(whole.chat_response(app.clock.now())).into_response())
}

/// Gets a turn as it stands.
#[utoipa::path(get, path = "/turns/{id}", tag = "chat", operation_id = "get_turn", params(("user_id" = String, Path), ("id" = i64, Path)), responses(
    (status = 200, body = Turn),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    TurnId(id): TurnId,
) -> Result<Answer<Turn>, Error> {
    let whole = rules::get(&app, &caller.user_id, id).await?;
    Ok(Answer(whole.turn(app.clock.now())))
}

/// Stops a turn; one that has finished stays as it is.
#[utoipa::path(post, path = "/turns/{id}/stop", tag = "chat", operation_id = "stop_turn", params(("user_id" = String, Path), ("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = Turn),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn stop(
    State(app): State<App>,
    caller: Caller,
    TurnId(id): TurnId,
    key: MaybeKey,
) -> Result<Answer<Turn>, Error> {
    rules::stop(&app, &caller.user_id, key, id)
        .await
        .map(Answer)
}

/// Undoes what a tool call changed; a second time does nothing.
#[utoipa::path(post, path = "/turns/{id}/calls/{n}/undo", tag = "chat", operation_id = "undo_call", params(("user_id" = String, Path), ("id" = i64, Path), ("n" = i32, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = Undone),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn undo(
    State(app): State<App>,
    caller: Caller,
    TurnId(id): TurnId,
    CallNumber(n): CallNumber,
    key: MaybeKey,
) -> Result<Response, Error> {
    let n = i32::try_from(n).map_err(|_| Error::NotFound("call"))?;
    let effect = async move |write: &mut UserWrite| undo::undo(write, id, n).await;
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

/// Lists the messages of a conversation, oldest first.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "chat", operation_id = "list_messages", params(("user_id" = String, Path), ("id" = i64, Path), MessageQuery), responses(
    (status = 200, body = MessageList),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn messages(
    State(app): State<App>,
    caller: Caller,
    ConversationId(id): ConversationId,
    Query(query): Query<MessageQuery>,
) -> Result<Answer<MessageList>, Error> {
    rules::messages(&app, &caller.user_id, Some(id), query)
        .await
        .map(Answer)
}

/// Lists the messages of the newest conversation, oldest first: whoever opens the chat need not ask
/// for the conversations before.
#[utoipa::path(get, path = "/conversations/latest/messages", tag = "chat", operation_id = "list_latest_messages", params(("user_id" = String, Path), MessageQuery), responses(
    (status = 200, body = MessageList),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn latest_messages(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<MessageQuery>,
) -> Result<Answer<MessageList>, Error> {
    rules::messages(&app, &caller.user_id, None, query)
        .await
        .map(Answer)
}
