//! What the templates of the chat show.

use askama::Template;
use serde_json::Value;
use todo_api::{
    Approval, ConversationList, Message, MessageList, Role, Settings, ToolCall, Turn, TurnState,
    Undo,
};

use crate::{
    address::Address,
    markdown,
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
        use crate::address::Open;

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
            Some((id, list)) => MessagesView::new(id, list, address.edit_message),
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
    pub(crate) fn new(conversation: i64, list: MessageList, editing: Option<i64>) -> Self {
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

/// What the user said.
#[derive(Template)]
#[template(path = "chat/message.html")]
pub(crate) struct UserMessageView {
    id: i64,
    conversation: i64,
    content: String,
    is_editing: bool,
    key: String,
}

impl UserMessageView {
    pub(crate) fn new(id: i64, conversation: i64, content: String) -> Self {
        Self {
            id,
            conversation,
            content,
            is_editing: false,
            key: String::new(),
        }
    }

    /// The same with its editor open.
    pub(crate) fn editing(self) -> Self {
        Self {
            is_editing: true,
            key: fresh_key(),
            ..self
        }
    }
}

/// What the assistant did and said in one turn.
#[derive(Clone, Debug, Template)]
#[template(path = "chat/turn.html")]
pub(crate) struct TurnView {
    pub(super) id: i64,
    pub(super) conversation_id: i64,
    pub(super) state: TurnState,
    pub(super) calls: Vec<ToolCall>,
    /// Markdown.
    pub(super) text: String,
    pub(super) approval: Option<Approval>,
    pub(super) error: Option<String>,
    key: String,
}

impl TurnView {
    /// A turn of which nothing is known yet.
    pub(crate) fn started(id: i64, conversation_id: i64) -> Self {
        Self {
            id,
            conversation_id,
            state: TurnState::Running,
            calls: Vec::new(),
            text: String::new(),
            approval: None,
            error: None,
            key: fresh_key(),
        }
    }

    pub(crate) fn of(turn: Turn) -> Self {
        Self {
            state: turn.state,
            calls: turn.tool_calls,
            text: turn.response,
            approval: turn.approval,
            error: turn.error,
            ..Self::started(turn.id, turn.conversation_id)
        }
    }

    /// The turn of a user's message that has no answer.
    fn unanswered(message: &Message) -> Self {
        Self {
            state: message.state,
            approval: message.approval.clone(),
            error: message.error.clone(),
            ..Self::started(message.turn_id, message.conversation_id)
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.state == TurnState::Running
    }

    fn state(&self) -> &'static str {
        match self.state {
            TurnState::Running => "running",
            TurnState::Waiting => "waiting",
            TurnState::Done => "done",
            TurnState::Stopped => "stopped",
            TurnState::Failed => "failed",
            TurnState::Interrupted => "interrupted",
        }
    }

    /// Why there is no full answer, and that it can be retried.
    fn trouble(&self) -> Option<&str> {
        match self.state {
            TurnState::Running | TurnState::Waiting | TurnState::Done => None,
            TurnState::Stopped => Some("Stopped."),
            TurnState::Failed => Some(self.error.as_deref().unwrap_or("The answer failed.")),
            TurnState::Interrupted => Some("The answer was interrupted."),
        }
    }

    /// The text as HTML.
    pub(super) fn html(&self) -> String {
        markdown::render(&self.text)
    }

    /// The calls as HTML.
    pub(super) fn calls_html(&self) -> String {
        self.calls
            .iter()
            .map(|call| CallView::new(self.id, self.state, call).to_string())
            .collect()
    }

    /// What a screen reader says when the turn has ended.
    pub(super) fn spoken(&self) -> String {
        let mut spoken = markdown::spoken(&self.text);
        for more in [
            self.approval
                .as_ref()
                .map(|approval| approval.question.as_str()),
            self.trouble(),
        ]
        .into_iter()
        .flatten()
        {
            if !spoken.is_empty() {
                spoken.push(' ');
            }
            spoken.push_str(more);
        }
        spoken
    }
}

impl From<Message> for TurnView {
    fn from(message: Message) -> Self {
        Self {
            state: message.state,
            calls: message.tool_calls,
            text: message.content,
            approval: message.approval,
            error: message.error,
            ..Self::started(message.turn_id, message.conversation_id)
        }
    }
}

/// One call of a tool: a quiet line that opens.
#[derive(Template)]
#[template(path = "chat/call.html")]
pub(crate) struct CallView {
    turn: i64,
    n: i32,
    /// What it does or did, in words.
    sentence: String,
    tool: String,
    writes: bool,
    state: CallState,
    args: String,
    result: String,
    undo: Undo,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CallState {
    Running,
    /// The turn stopped or waits before it.
    Open,
    Failed,
    Done,
}

impl CallView {
    pub(crate) fn new(turn: i64, turn_state: TurnState, call: &ToolCall) -> Self {
        let state = match &call.result {
            Value::Null if turn_state == TurnState::Running => CallState::Running,
            Value::Null => CallState::Open,
            result if result.get("error").is_some() => CallState::Failed,
            _ => CallState::Done,
        };
        Self {
            turn,
            n: call.n,
            sentence: sentence(call, state),
            tool: call.tool.clone(),
            writes: call.tool != "list_tasks",
            state,
            args: pretty(&call.args),
            result: match state {
                CallState::Running | CallState::Open => String::new(),
                _ => pretty(&call.result),
            },
            undo: call.undo,
        }
    }

    fn can_undo(&self) -> bool {
        self.undo == Undo::Available
    }

    fn is_undone(&self) -> bool {
        self.undo == Undo::Undone
    }

    fn is_running(&self) -> bool {
        self.state == CallState::Running
    }

    fn is_failed(&self) -> bool {
        self.state == CallState::Failed
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A call in words: "Added “Buy milk”".
fn sentence(call: &ToolCall, state: CallState) -> String {
    let (doing, done, failed) = match call.tool.as_str() {
        "add_task" => ("Adding", "Added", "Could not add"),
        "list_tasks" => (
            "Looking through",
            "Looked through",
            "Could not look through",
        ),
        "complete_task" if call.args["completed"] == false => {
            ("Reopening", "Reopened", "Could not reopen")
        }
        "complete_task" => ("Completing", "Completed", "Could not complete"),
        "delete_task" => ("Deleting", "Deleted", "Could not delete"),
        "update_task" => ("Changing", "Changed", "Could not change"),
        other => return other.to_owned(),
    };
    let verb = match state {
        CallState::Running => doing,
        CallState::Open => return format!("Not done: {} {}", doing.to_lowercase(), object(call)),
        CallState::Failed => failed,
        CallState::Done => done,
    };
    format!("{verb} {}", object(call))
}

/// What a call is about.
fn object(call: &ToolCall) -> String {
    let of = |value: &Value| value["title"].as_str().map(|title| format!("“{title}”"));
    if call.tool == "list_tasks" {
        let list = call.result.as_array().or(call.result["tasks"].as_array());
        let count = list.map(Vec::len);
        return match count {
            Some(1) => "your tasks: 1 found".into(),
            Some(n) => format!("your tasks: {n} found"),
            None => "your tasks".into(),
        };
    }
    of(&call.result)
        .or_else(|| of(&call.args))
        .or_else(|| call.args["task_id"].as_i64().map(|id| format!("task {id}")))
        .unwrap_or_else(|| "a task".into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

    fn call(tool: &str, args: Value, result: Value) -> ToolCall {
        ToolCall {
            n: 1,
            tool: tool.into(),
            args,
            result,
            undo: Undo::Available,
        }
    }

    #[test]
    fn calls_are_told_in_words() {
        for (call, told) in [
            (
                call("add_task", json!({"title": "Buy milk"}), Value::Null),
                "Adding “Buy milk”",
            ),
            (
                call(
                    "add_task",
                    json!({"title": "x"}),
                    json!({"task_id": 1, "title": "Buy milk"}),
                ),
                "Added “Buy milk”",
            ),
            (
                call(
                    "complete_task",
                    json!({"task_id": 3}),
                    json!({"error": "There is no task 3."}),
                ),
                "Could not complete task 3",
            ),
            (
                call("list_tasks", json!({}), json!([{"id": 1}, {"id": 2}])),
                "Looked through your tasks: 2 found",
            ),
        ] {
            let view = CallView::new(1, TurnState::Running, &call);
            assert_eq!(view.sentence, told);
        }
    }

    #[test]
    fn a_call_that_waits_for_an_answer_is_not_told_as_done() {
        let call = call("delete_task", json!({"task_id": 3}), Value::Null);
        let view = CallView::new(1, TurnState::Waiting, &call);
        assert_eq!(view.sentence, "Not done: deleting task 3");
    }

    #[test]
    fn hostile_text_stays_text_everywhere_in_a_turn() {
        let turn = TurnView {
            state: TurnState::Failed,
            calls: vec![call(
                HOSTILE,
                json!({"title": HOSTILE}),
                json!({"title": HOSTILE}),
            )],
            text: HOSTILE.into(),
            approval: Some(Approval {
                id: 1,
                question: HOSTILE.into(),
                options: vec![HOSTILE.into()],
            }),
            error: Some(HOSTILE.into()),
            ..TurnView::started(1, 1)
        };
        for state in [TurnState::Failed, TurnState::Waiting, TurnState::Running] {
            let html = TurnView {
                state,
                ..turn.clone()
            }
            .to_string();
            assert!(
                !html.contains("<script") && !html.contains("<img"),
                "{html}"
            );
        }
        let message = UserMessageView::new(1, 1, HOSTILE.into());
        assert!(!message.to_string().contains("<script"));
        assert!(!message.editing().to_string().contains("<script"));
    }
}
