//! The task page: the list beside the chat.

use std::fmt::Display;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use todo_api::{ConversationList, MessageList, Priority, Settings, TaskSort, TaskStatus};

use super::{
    Look, chat,
    chat::view::ChatView,
    clock::Clock,
    conversations, fresh_key, html,
    tasks::{
        self,
        view::{EditorView, ListView, priority_word},
    },
};
use crate::{
    App,
    address::{Address, Open, Pane},
    backend::BackendError,
    failure::Failure,
    session::Session,
    toast::Toast,
};

/// The whole page.
#[derive(Template)]
#[template(path = "index.html")]
pub(crate) struct Index {
    look: Look,
    name: String,
    chat_first: bool,
    filters: Filters,
    list: ListView,
    chat: ChatView,
    quick_add: QuickAddView,
    notice: Option<Toast>,
}

/// The quick-add line.
#[derive(Template)]
#[template(path = "tasks/quick_add.html")]
struct QuickAddView {
    typed: String,
    error: String,
    key: String,
    address: String,
}

/// The form that filters and sorts the list.
#[derive(Template)]
#[template(path = "tasks/filters.html")]
struct Filters {
    status: &'static str,
    sort: &'static str,
    search: String,
    tag: String,
    tags: Vec<String>,
    priority: &'static str,
    conversation: Option<String>,
    /// Whether those that are tucked away are in use.
    is_narrowed: bool,
}

impl Filters {
    fn new(address: &Address, mut tags: Vec<String>) -> Self {
        let tag = address.tag.clone().unwrap_or_default();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.insert(0, tag.clone());
        }
        Self {
            status: match address.status.unwrap_or_default() {
                TaskStatus::All => "all",
                TaskStatus::Pending => "pending",
                TaskStatus::Completed => "completed",
            },
            sort: match address.sort.unwrap_or_default() {
                TaskSort::Created => "created",
                TaskSort::Title => "title",
                TaskSort::DueDate => "due_date",
                TaskSort::Priority => "priority",
            },
            search: address.search.clone().unwrap_or_default(),
            tags,
            priority: address.priority.map_or("", Priority::as_str),
            conversation: address.c.clone(),
            is_narrowed: !tag.is_empty() || address.priority.is_some() || address.sort.is_some(),
            tag,
        }
    }

    fn statuses(&self) -> [(&'static str, &'static str); 3] {
        [
            ("all", "All"),
            ("pending", "Pending"),
            ("completed", "Completed"),
        ]
    }

    fn sorts(&self) -> [(&'static str, &'static str); 4] {
        [
            ("created", "Newest first"),
            ("due_date", "Due date"),
            ("priority", "Priority"),
            ("title", "Title"),
        ]
    }

    fn priorities(&self) -> [(&'static str, &'static str); 4] {
        [
            Priority::High,
            Priority::Medium,
            Priority::Low,
            Priority::None,
        ]
        .map(|priority| (priority.as_str(), priority_word(priority)))
    }
}

impl Index {
    /// Shows under the quick-add line what is wrong with what was typed.
    pub(super) fn refuse_title(&mut self, typed: &str, sentence: String) {
        typed.clone_into(&mut self.quick_add.typed);
        self.quick_add.error = sentence;
    }

    /// Shows a row's editor with its errors.
    pub(super) fn put_editor(&mut self, editor: EditorView) {
        self.list.put_editor(editor);
    }
}

#[derive(Default, Deserialize)]
struct TagList {
    tags: Vec<String>,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let address = Address::parse(&query.unwrap_or_default());
    Ok(html(load(&app, &session, &address).await?))
}

/// Asks for everything on the page at once.
pub(super) async fn load(
    _app: &App,
    session: &Session,
    address: &Address,
) -> Result<Index, BackendError> {
    let settings_path = session.path("settings");
    let tags_path = session.path("tags");
    let (listed, settings, tags, (conversations, messages)) = tokio::try_join!(
        tasks::load(session, address),
        session.backend.get::<Settings>(&settings_path),
        session.backend.get::<TagList>(&tags_path),
        load_chat(session, address),
    )?;
    let clock = Clock::of(&settings);
    let chat = ChatView::new(address, conversations, messages, &settings);
    let mut look = Look::of(settings.theme);
    look.refresh = chat.is_running().then(|| address.settled().href());
    Ok(Index {
        look,
        name: settings.name,
        chat_first: address.view == Some(Pane::Chat),
        filters: Filters::new(address, tags.tags),
        list: ListView::new(listed, &clock, address),
        quick_add: QuickAddView {
            typed: String::new(),
            error: String::new(),
            key: fresh_key(),
            address: address.settled().query(),
        },
        notice: tasks::notice(address.notice.as_deref(), &address.settled().query())
            .map(Toast::inline),
        chat,
    })
}

/// The conversations and the messages of the open one, if there is one.
async fn load_chat(
    session: &Session,
    address: &Address,
) -> Result<(ConversationList, Option<(i64, MessageList)>), BackendError> {
    let conversations = conversations::load(session, "");
    match address.open() {
        Open::New => Ok((conversations.await?, None)),
        Open::Latest => {
            let messages = load_messages(session, "latest", None);
            let (conversations, messages) = tokio::try_join!(conversations, messages)?;
            Ok((conversations, messages.and_then(numbered)))
        }
        Open::Number(id) => {
            let messages = load_messages(session, id, address.before);
            let (conversations, messages) = tokio::try_join!(conversations, messages)?;
            Ok((conversations, messages.map(|messages| (id, messages))))
        }
    }
}

/// The messages with their conversation's number, which they know themselves.
fn numbered(messages: MessageList) -> Option<(i64, MessageList)> {
    let id = messages.messages.first()?.conversation_id;
    Some((id, messages))
}

/// The messages of a conversation; none when it is not there.
async fn load_messages(
    session: &Session,
    conversation: impl Display,
    before: Option<i64>,
) -> Result<Option<MessageList>, BackendError> {
    match chat::load_messages(session, conversation, before).await {
        Ok(messages) => Ok(Some(messages)),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}

/// Passes on the hints that something changed, until the process ends.
pub(crate) async fn live(State(app): State<App>, session: Session) -> Response {
    let events: stream::BoxStream<'static, Event> =
        match session.backend.events(&session.path("events")).await {
            Ok(events) => events
                .map(|event| Event::default().event(event.name).data(event.data))
                .boxed(),
            Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
                return StatusCode::UNAUTHORIZED.into_response();
            }
            // The page tries again by itself.
            Err(_) => stream::empty().boxed(),
        };
    relay(events.take_until(app.shutdown.clone().cancelled_owned()))
}

/// An event stream that no proxy holds back.
pub(super) fn relay(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events.map(Ok::<_, std::convert::Infallible>);
    let keep_alive = KeepAlive::new().interval(std::time::Duration::from_secs(15));
    let sse = Sse::new(events).keep_alive(keep_alive);
    ([("x-accel-buffering", "no")], sse).into_response()
}
