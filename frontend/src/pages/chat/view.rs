//! The chat with everything around it, as its templates show it.

use askama::Template;
use todo_api::{ConversationList, MessageList, Role, Settings};

use super::turn::{TurnView, UserMessageView};
use crate::{
    address::{Address, Open},
    pages::{conversations::ConversationsView, fresh_key},
};

/// What to try in an empty chat.
const EXAMPLES: [&str; 4] = [
    "Add buy milk tomorrow at 5pm #home",
    "What's pending?",
    "Add milk and eggs, and mark task 1 as done",
    "What can you do?",
];

/// The chat with everything around it.
#[derive(Template)]
#[template(path = "chat/panel.html")]
pub(crate) struct ChatView {
    title: String,
    conversation: Option<i64>,
    messages: MessagesView,
    composer: ComposerView,
    conversations: ConversationsView,
    new_href: String,
    /// Who answers: empty for the built-in assistant, or the model's name.
    model: String,
    /// Whether the browser should tell its time zone with a message.
    asks_time_zone: bool,
    /// Whether the conversation asked for is gone.
    is_gone: bool,
}

impl ChatView {
    pub(crate) fn new(
        address: &Address,
        conversations: ConversationList,
        messages: Option<(i64, MessageList)>,
        settings: &Settings,
    ) -> Self {
        let is_gone = matches!(address.open(), Open::Number(_)) && messages.is_none();
        let conversation = messages.as_ref().map(|(id, _)| *id);
        let title = conversations
            .conversations
            .iter()
            .find(|item| Some(item.id) == conversation)
            .map_or_else(
                || match conversation {
                    Some(id) => format!("Conversation {id}"),
                    None => "New chat".to_owned(),
                },
                |item| item.title.clone(),
            );
        let messages = match messages {
            Some((id, list)) => MessagesView::new(id, list, address.before, address.edit_message),
            None => MessagesView::default(),
        };
        let mut address = address.settled();
        if let Some(id) = conversation {
            address.c = Some(id.to_string());
        }
        Self {
            title,
            conversation,
            composer: ComposerView {
                conversation,
                running: messages.running(),
                key: fresh_key(),
                address: address.query(),
            },
            messages,
            conversations: ConversationsView::new(conversations, "", conversation),
            new_href: address.at_new_conversation().href(),
            model: match settings.assistant.as_str() {
                "builtin" => String::new(),
                model => model.to_owned(),
            },
            asks_time_zone: settings.time_zone.is_none(),
            is_gone,
        }
    }

    /// Whether an answer is coming.
    pub(crate) fn is_running(&self) -> bool {
        self.messages.running().is_some()
    }

    fn examples(&self) -> [&'static str; 4] {
        EXAMPLES
    }
}

/// What the composer knows besides its text, and its button.
#[derive(Template)]
#[template(path = "chat/composer_state.html")]
pub(crate) struct ComposerView {
    conversation: Option<i64>,
    /// The turn that can be stopped.
    running: Option<i64>,
    key: String,
    address: String,
}

impl ComposerView {
    /// The composer beside a turn.
    pub(crate) fn beside(turn: &TurnView, address: &Address) -> Self {
        Self {
            conversation: Some(turn.conversation_id),
            running: turn.is_running().then_some(turn.id),
            key: fresh_key(),
            address: address.settled().query(),
        }
    }

    /// For the end of a fragment: htmx puts it in the composer.
    pub(crate) fn partial(self) -> ComposerPartial {
        ComposerPartial { state: self }
    }
}

/// The composer's state on its way to its place.
#[derive(Template)]
#[template(
    source = r##"<hx-partial hx-target="#composer-state" hx-swap="innerHTML">{{ state|safe }}</hx-partial>"##,
    ext = "html"
)]
pub(crate) struct ComposerPartial {
    state: ComposerView,
}

/// The messages of a conversation.
#[derive(Default, Template)]
#[template(path = "chat/messages.html")]
pub(crate) struct MessagesView {
    conversation: i64,
    entries: Vec<Entry>,
    /// Before which message the older ones end, if there are any.
    older: Option<i64>,
}

enum Entry {
    User(UserMessageView),
    Turn(TurnView),
}

impl MessagesView {
    /// The messages `before` one, or the latest; one may have its editor open.
    pub(crate) fn new(
        conversation: i64,
        list: MessageList,
        before: Option<i64>,
        editing: Option<i64>,
    ) -> Self {
        let older = list
            .messages
            .first()
            .filter(|_| list.has_more)
            .map(|m| m.id);
        let mut entries = Vec::with_capacity(list.messages.len());
        let mut messages = list.messages.into_iter().peekable();
        while let Some(message) = messages.next() {
            match message.role {
                Role::User => {
                    let answered = messages
                        .peek()
                        .is_some_and(|next| next.turn_id == message.turn_id);
                    let turn = (!answered).then(|| TurnView::unanswered(&message));
                    let is_edited = editing == Some(message.id);
                    let message = UserMessageView::new(message.id, conversation, message.content);
                    entries.push(Entry::User(if is_edited {
                        message.editing()
                    } else {
                        message
                    }));
                    entries.extend(turn.map(Entry::Turn));
                }
                Role::Assistant => entries.push(Entry::Turn(TurnView::from(message))),
            }
        }
        let last = entries.len().saturating_sub(1);
        for (at, entry) in entries.iter_mut().enumerate() {
            if let Entry::Turn(turn) = entry {
                turn.is_latest = before.is_none() && at == last;
            }
        }
        Self {
            conversation,
            entries,
            older,
        }
    }

    /// The turn that is being answered.
    fn running(&self) -> Option<i64> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Turn(turn) if turn.is_running() => Some(turn.id),
            _ => None,
        })
    }
}
