//! The chat: what its forms do, and the stream of the answer to a message.

mod call;
mod stream;
mod turn;
pub(crate) mod view;

use std::fmt::Display;

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderValue, Method, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
};
use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use todo_api::{
    ApprovalAnswer, ChatRequest, Conversation, MessageEdit, MessageList, MessageQuery, Turn, Undone,
};

use self::{
    call::CallView,
    turn::{TurnView, UserMessageView},
    view::{ComposerView, MessagesView},
};
use super::{answer, conversations::TitlePartial, html, index};
use crate::{
    App,
    address::Address,
    backend::{BackendError, ServerEvent},
    failure::Failure,
    session::Session,
    toast::Toast,
    visitor::Visitor,
};

/// Messages of one page of a conversation.
const PAGE_SIZE: u16 = 50;

/// Asks for the latest messages of a conversation, by its number or `latest`, or for those before
/// one.
pub(crate) async fn load_messages(
    session: &Session,
    conversation: impl Display,
    before: Option<i64>,
) -> Result<MessageList, BackendError> {
    let query = MessageQuery {
        before,
        limit: Some(PAGE_SIZE),
    };
    let query = serde_urlencoded::to_string(query)
        .map_err(|error| BackendError::Malformed(error.into()))?;
    let path = session.path(format_args!(
        "conversations/{conversation}/messages?{query}"
    ));
    session.backend.get(&path).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MessagesQuery {
    before: String,
}

/// The messages of a conversation as a fragment.
pub(crate) async fn messages(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query: MessagesQuery =
        serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default();
    let before = query.before.parse().ok();
    if !visitor.htmx {
        let mut address = Address::default().at_conversation(id);
        address.before = before;
        return Ok(Redirect::to(&address.href()).into_response());
    }
    let list = load_messages(&session, id, before).await?;
    Ok(html(MessagesView::new(id, list, before, None)))
}

/// The first event of a turn.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Started {
    turn_id: i64,
    conversation_id: i64,
    message_id: i64,
}

/// Reads the first event of a turn and leaves the rest: the turn goes on without us.
async fn first_event(events: impl Stream<Item = ServerEvent>) -> Result<Started, BackendError> {
    let events = std::pin::pin!(events);
    let mut turns = events.filter(|event| std::future::ready(event.name == "turn"));
    let event = turns
        .next()
        .await
        .ok_or_else(|| BackendError::Malformed("the turn did not begin".into()))?;
    serde_json::from_str(&event.data).map_err(|error| BackendError::Malformed(error.into()))
}

/// Fields of the composer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct SayForm {
    message: String,
    conversation_id: String,
    time_zone: String,
    key: String,
    address: String,
}

impl SayForm {
    fn time_zone(&self) -> Option<String> {
        Some(self.time_zone.clone()).filter(|zone| !zone.is_empty())
    }

    /// The text with line ends as everybody but forms writes them.
    fn text(&self) -> String {
        self.message.replace("\r\n", "\n")
    }
}

/// Says something to the assistant.
pub(crate) async fn say(
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<SayForm>,
) -> Result<Response, Failure> {
    let request = ChatRequest {
        conversation_id: form.conversation_id.parse().ok(),
        message: form.text(),
        time_zone: form.time_zone(),
    };
    let path = session.path("chat");
    let events = session
        .backend
        .call_for_events(Method::POST, &path, &request, Some(&form.key))
        .await?;
    let started = first_event(events).await?;
    let address =
        Address::of_page(&visitor, &form.address).at_conversation(started.conversation_id);
    if !visitor.htmx {
        return Ok(to_turn(&address, started.turn_id));
    }
    let message =
        UserMessageView::new(started.message_id, started.conversation_id, request.message);
    let turn = TurnView::started(started.turn_id, started.conversation_id);
    let composer = ComposerView::beside(&turn, &address).partial();
    let title = match request.conversation_id {
        Some(_) => String::new(),
        None => new_title(&session, started.conversation_id).await,
    };
    let mut response = Html(format!("{message}{turn}{composer}{title}")).into_response();
    if let Ok(href) = HeaderValue::from_str(&address.href()) {
        response.headers_mut().insert("hx-replace-url", href);
    }
    Ok(response)
}

/// The title of a conversation that has just begun; it is no matter if it comes later.
async fn new_title(session: &Session, id: i64) -> String {
    let path = session.path(format_args!("conversations/{id}"));
    match session.backend.get::<Conversation>(&path).await {
        Ok(conversation) => TitlePartial {
            title: conversation.title,
        }
        .to_string(),
        Err(_) => String::new(),
    }
}

fn to_turn(address: &Address, turn: i64) -> Response {
    Redirect::to(&format!("{}#turn-{turn}", address.href())).into_response()
}

/// A message with its editor open.
pub(crate) async fn editor(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let form: SayForm = serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default();
    let conversation: i64 = form
        .conversation_id
        .parse()
        .map_err(|_| Failure::new(StatusCode::NOT_FOUND, "This message is not there any more."))?;
    if !visitor.htmx {
        let mut address = Address::of_page(&visitor, &form.address).at_conversation(conversation);
        address.edit_message = Some(id);
        let href = format!("{}#message-{id}", address.href());
        return Ok(Redirect::to(&href).into_response());
    }
    let list = load_messages(&session, conversation, Some(id.saturating_add(1))).await?;
    let message = list
        .messages
        .into_iter()
        .rfind(|message| message.id == id)
        .ok_or_else(|| {
            Failure::new(StatusCode::NOT_FOUND, "This message is not there any more.")
        })?;
    Ok(html(
        UserMessageView::new(id, conversation, message.content).editing(),
    ))
}

/// Replaces a message and has it answered anew.
pub(crate) async fn edit(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<SayForm>,
) -> Result<Response, Failure> {
    let conversation: i64 = form
        .conversation_id
        .parse()
        .map_err(|_| Failure::new(StatusCode::NOT_FOUND, "This message is not there any more."))?;
    let request = MessageEdit {
        message: form.text(),
        time_zone: form.time_zone(),
    };
    let path = session.path(format_args!("conversations/{conversation}/messages/{id}"));
    let events = session
        .backend
        .call_for_events(Method::PUT, &path, &request, Some(&form.key))
        .await?;
    let started = first_event(events).await?;
    let address = Address::of_page(&visitor, &form.address).at_conversation(conversation);
    if !visitor.htmx {
        return Ok(to_turn(&address, started.turn_id));
    }
    let list = load_messages(&session, conversation, None).await?;
    let messages = MessagesView::new(conversation, list, None, None);
    let turn = TurnView::started(started.turn_id, conversation);
    let composer = ComposerView::beside(&turn, &address).partial();
    Ok(Html(format!("{messages}{composer}")).into_response())
}

/// Streams a turn as fragments, from its start, until it ends or waits.
pub(crate) async fn events(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let fragments = stream::fragments(session, id, app.shutdown.clone()).await?;
    Ok(index::relay(fragments))
}

/// Fields of a turn's buttons.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TurnForm {
    option: String,
    key: String,
    address: String,
}

/// Stops a turn; its stream shows it.
pub(crate) async fn stop(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<TurnForm>,
) -> Result<Response, Failure> {
    let path = session.path(format_args!("turns/{id}/stop"));
    let turn: Turn = session.backend.act(Method::POST, &path, None).await?;
    let address = Address::of_page(&visitor, &form.address).at_conversation(turn.conversation_id);
    Ok(answer(&visitor, &address, || {
        StatusCode::NO_CONTENT.into_response()
    }))
}

/// Goes on with a turn that stopped or failed.
pub(crate) async fn retry(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<TurnForm>,
) -> Result<Response, Failure> {
    let path = session.path(format_args!("turns/{id}/retry"));
    resume(&visitor, &session, &path, &json!({}), &form).await
}

/// Answers the question of a turn.
pub(crate) async fn approve(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<TurnForm>,
) -> Result<Response, Failure> {
    let path = session.path(format_args!("turns/{id}/approve"));
    let answer = ApprovalAnswer {
        option: form.option.clone(),
    };
    resume(&visitor, &session, &path, &answer, &form).await
}

/// Has a turn go on and shows it.
async fn resume(
    visitor: &Visitor,
    session: &Session,
    path: &str,
    body: &(impl Serialize + Sync),
    form: &TurnForm,
) -> Result<Response, Failure> {
    let events = session
        .backend
        .call_for_events(Method::POST, path, body, Some(&form.key))
        .await?;
    let started = first_event(events).await?;
    let address = Address::of_page(visitor, &form.address).at_conversation(started.conversation_id);
    if !visitor.htmx {
        return Ok(to_turn(&address, started.turn_id));
    }
    let path = session.path(format_args!("turns/{}", started.turn_id));
    let turn: Turn = session.backend.get(&path).await?;
    let turn = TurnView::of(turn);
    let composer = ComposerView::beside(&turn, &address).partial();
    Ok(Html(format!("{turn}{composer}")).into_response())
}

/// Undoes what one call of a turn did.
pub(crate) async fn undo(
    visitor: Visitor,
    session: Session,
    Path((id, n)): Path<(i64, i32)>,
    axum::Form(form): axum::Form<TurnForm>,
) -> Result<Response, Failure> {
    let path = session.path(format_args!("turns/{id}/calls/{n}/undo"));
    let undone: Undone = session
        .backend
        .act(Method::POST, &path, Some(&form.key))
        .await?;
    let path = session.path(format_args!("turns/{id}"));
    let turn: Turn = session.backend.get(&path).await?;
    let address = Address::of_page(&visitor, &form.address).at_conversation(turn.conversation_id);
    if !visitor.htmx {
        return Ok(to_turn(&address, id));
    }
    let call = turn
        .tool_calls
        .iter()
        .find(|call| call.n == n)
        .map(|call| CallView::new(id, turn.state, call).to_string())
        .unwrap_or_default();
    let toast = Toast::note(undone.message);
    Ok(Html(format!("{call}{}", toast.partial())).into_response())
}
