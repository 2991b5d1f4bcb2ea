//! The conversations: their list with its search, renaming and deleting.

use askama::Template;
use axum::{
    extract::{Path, RawQuery},
    http::{Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use todo_api::{Conversation, ConversationList, ConversationPatch, ConversationQuery, Settings};

use super::{Look, html};
use crate::{
    address::{Address, plain},
    backend::BackendError,
    failure::Failure,
    session::Session,
    toast::Toast,
    visitor::Visitor,
};

/// Conversations of one list; older ones are found by searching.
const LIST_SIZE: u16 = 50;

/// The list.
#[derive(Clone, Debug, Template)]
#[template(path = "conversations/list.html")]
pub(crate) struct ConversationsView {
    items: Vec<Item>,
    search: String,
    /// The conversation that is shown in the chat.
    open: Option<i64>,
    has_more: bool,
}

#[derive(Clone, Debug)]
struct Item {
    id: i64,
    title: String,
    href: String,
    is_open: bool,
    is_running: bool,
}

impl ConversationsView {
    pub(crate) fn new(list: ConversationList, search: &str, open: Option<i64>) -> Self {
        let item = |conversation: Conversation| Item {
            id: conversation.id,
            href: Address::default().at_conversation(conversation.id).href(),
            is_open: Some(conversation.id) == open,
            is_running: conversation.unfinished_turn.is_some(),
            title: conversation.title,
        };
        Self {
            has_more: list.next_cursor.is_some(),
            items: list.conversations.into_iter().map(item).collect(),
            search: search.to_owned(),
            open,
        }
    }
}

/// The list as a page of its own.
#[derive(Template)]
#[template(path = "conversations.html")]
struct ConversationsPage {
    look: Look,
    list: ConversationsView,
}

/// Asks for the conversations whose titles contain `search`.
pub(crate) async fn load(
    session: &Session,
    search: &str,
) -> Result<ConversationList, BackendError> {
    let search = search.trim();
    let query = ConversationQuery {
        search: (!search.is_empty()).then(|| plain(search, todo_api::SEARCH_MAX)),
        limit: Some(LIST_SIZE),
        cursor: None,
    };
    let query = serde_urlencoded::to_string(query)
        .map_err(|error| BackendError::Malformed(error.into()))?;
    let path = session.path(format_args!("conversations?{query}"));
    session.backend.get(&path).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    search: String,
    open: String,
}

/// The list: a fragment in the chat, or a page of its own.
pub(crate) async fn list(
    visitor: Visitor,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query: ListQuery =
        serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default();
    let open = query.open.parse().ok();
    if visitor.htmx {
        let list = load(&session, &query.search).await?;
        // A refresh may overtake the answer to a renaming, or follow one in another tab.
        let title = list
            .conversations
            .iter()
            .find(|conversation| Some(conversation.id) == open)
            .map(|conversation| conversation.title.clone());
        let list = ConversationsView::new(list, &query.search, open);
        return Ok(with_title(&list, title));
    }
    let settings = session.path("settings");
    let (list, settings) = tokio::try_join!(
        load(&session, &query.search),
        session.backend.get::<Settings>(&settings)
    )?;
    Ok(html(ConversationsPage {
        look: Look::of(settings.theme),
        list: ConversationsView::new(list, &query.search, open),
    }))
}

/// Fields of the forms of one conversation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConversationForm {
    title: String,
    search: String,
    open: String,
}

/// Gives a conversation another title.
pub(crate) async fn rename(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<ConversationForm>,
) -> Result<Response, Failure> {
    let patch = ConversationPatch { title: form.title };
    let path = session.path(format_args!("conversations/{id}"));
    let renamed: Conversation = session
        .backend
        .call(Method::PATCH, &path, &patch, None)
        .await?;
    if !visitor.htmx {
        return Ok(Redirect::to("/conversations").into_response());
    }
    let open: Option<i64> = form.open.parse().ok();
    let list = load(&session, &form.search).await?;
    let list = ConversationsView::new(list, &form.search, open);
    Ok(with_title(
        &list,
        (open == Some(id)).then_some(renamed.title),
    ))
}

/// The list and, for its place over the chat, the title of the open conversation.
fn with_title(list: &ConversationsView, title: Option<String>) -> Response {
    let title = title.map(|title| TitlePartial { title }.to_string());
    axum::response::Html(format!("{list}{}", title.unwrap_or_default())).into_response()
}

/// The title over the chat, on its way to its place.
#[derive(Template)]
#[template(
    source = r##"<hx-partial hx-target="#chat-title" hx-swap="textContent">{{ title }}</hx-partial>"##,
    ext = "html"
)]
pub(crate) struct TitlePartial {
    pub(crate) title: String,
}

/// Deletes a conversation. What its turns did to tasks stays.
pub(crate) async fn delete(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<ConversationForm>,
) -> Result<Response, Failure> {
    let path = session.path(format_args!("conversations/{id}"));
    session
        .backend
        .act::<serde_json::Value>(Method::DELETE, &path, None)
        .await?;
    let open: Option<i64> = form.open.parse().ok();
    let start = Address::default().at_new_conversation().href();
    if !visitor.htmx {
        return Ok(Redirect::to("/conversations").into_response());
    }
    if open == Some(id) {
        return Ok(([("hx-redirect", start)], StatusCode::NO_CONTENT).into_response());
    }
    let list = load(&session, &form.search).await?;
    let list = ConversationsView::new(list, &form.search, open);
    let toast = Toast::note("Deleted the conversation.");
    Ok(axum::response::Html(format!("{list}{}", toast.partial())).into_response())
}
