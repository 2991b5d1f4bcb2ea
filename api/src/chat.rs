//! Conversations, their messages, and turns: one message of the user with all that answers it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Longest message of a user, in characters.
pub const MESSAGE_MAX: usize = 4_000;
/// Longest title of a conversation, in characters.
pub const CONVERSATION_TITLE_MAX: usize = 200;

/// A conversation, titled from its first message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    /// Counts per user from 1.
    pub id: i64,
    /// 1–200 characters.
    pub title: String,
    /// The turn that has not finished yet, if there is one.
    pub unfinished_turn: Option<i64>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last written to.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// Selects conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    /// Text that the title contains, ignoring case; up to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200)]
    pub search: Option<String>,
    /// Size of the page, 1–200; without it the list holds up to 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before, with the same search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 2000)]
    pub cursor: Option<String>,
}

/// A page of conversations, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationList {
    /// Newest first.
    pub conversations: Vec<Conversation>,
    /// Where the next page starts, if there is one.
    pub next_cursor: Option<String>,
}

/// Renames a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationPatch {
    /// 1–200 characters after trimming.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Role {
    User,
    Assistant,
}

/// Where a turn stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TurnState {
    /// The agent is at work.
    Running,
    /// The agent waits for an answer of the user.
    Waiting,
    /// Answered.
    Done,
    /// The user stopped it.
    Stopped,
    /// The model failed.
    Failed,
    /// Its process died.
    Interrupted,
}

impl TurnState {
    /// Whether nothing more will come, unless the user retries.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        !matches!(self, Self::Running | Self::Waiting)
    }
}

/// What can be done about a tool call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Undo {
    /// It wrote nothing.
    #[default]
    None,
    /// It can be undone.
    Available,
    /// It was undone.
    Undone,
    /// It is older than 30 days.
    Expired,
}

/// One call of a tool within a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolCall {
    /// Its number within the turn, from 1.
    pub n: i32,
    /// The tool's name.
    pub tool: String,
    /// The arguments it was called with.
    #[schema(value_type = Object)]
    pub args: Value,
    /// What it gave back, an object or a list; null while it has not finished.
    pub result: Value,
    /// Whether its effect can be undone.
    #[serde(default)]
    pub undo: Undo,
}

/// What an answer took, as the model's server counts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// The model that answered.
    pub model: String,
    /// Tokens that it read, over all steps.
    pub input_tokens: i64,
    /// Tokens that it wrote, its thoughts included.
    pub output_tokens: i64,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Counts per user from 1.
    pub id: i64,
    /// Its conversation.
    pub conversation_id: i64,
    /// The turn that it opens or answers.
    pub turn_id: i64,
    /// Who wrote it.
    pub role: Role,
    /// Plain text from a user, Markdown from the assistant.
    pub content: String,
    /// What the assistant did.
    pub tool_calls: Vec<ToolCall>,
    /// Where the message's turn stands.
    pub state: TurnState,
    /// The question that the turn waits on, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Why the turn failed: a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the answer took, where the model counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Selects messages of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessageQuery {
    /// Only messages before this id: the page further up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
    /// Size of the page, 1–200; without it the list holds the latest 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}

/// The messages of a conversation, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageList {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether there are older ones: ask with `before` the first id of these.
    pub has_more: bool,
}

/// Says something to the assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatRequest {
    /// A new conversation begins when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<i64>,
    /// 1–4,000 characters.
    #[schema(min_length = 1, max_length = 4000)]
    pub message: String,
    /// IANA name; the user's setting when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub time_zone: Option<String>,
}

/// Replaces a message of the user; the later ones are hidden and the agent answers anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageEdit {
    /// 1–4,000 characters.
    #[schema(min_length = 1, max_length = 4000)]
    pub message: String,
    /// IANA name; the user's setting when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub time_zone: Option<String>,
}

/// A question that the loop asks before it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Its id within the turn.
    pub id: i64,
    /// A sentence for people.
    pub question: String,
    /// The answers that `approve` takes; the first means yes, the last no.
    pub options: Vec<String>,
}

/// Answers the question of a waiting turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalAnswer {
    /// One of the question's options.
    #[schema(max_length = 200)]
    pub option: String,
}

/// The answer to a chat request in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChatResponse {
    /// Where the conversation goes on.
    pub conversation_id: i64,
    /// The turn that was taken.
    pub turn_id: i64,
    /// Where the turn stands.
    pub state: TurnState,
    /// The assistant's reply, Markdown.
    pub response: String,
    /// What the assistant did.
    pub tool_calls: Vec<ToolCall>,
    /// The question that the turn waits on, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Why the turn failed: a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Turn {
    /// Counts per user from 1.
    pub id: i64,
    /// Its conversation.
    pub conversation_id: i64,
    /// The user's message that opened it.
    pub message_id: i64,
    /// Where it stands.
    pub state: TurnState,
    /// The reply so far, Markdown.
    pub response: String,
    /// What the assistant did so far.
    pub tool_calls: Vec<ToolCall>,
    /// The question that it waits on, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Why it failed: a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the answer took, where the model counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// One event of a turn. On the stream the SSE `event` is the type in `snake_case`, `id` the turn's
/// sequence number, and `data` the fields as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TurnEvent {
    /// First: the user's message is stored.
    Turn {
        /// The turn.
        turn_id: i64,
        /// Its conversation.
        conversation_id: i64,
        /// The user's message.
        message_id: i64,
    },
    /// The reply goes on.
    Text {
        /// What to append to the reply.
        delta: String,
    },
    /// A tool is called.
    ToolCall {
        /// The call's number within the turn, from 1.
        n: i32,
        /// The tool's name.
        tool: String,
        /// Its arguments.
        #[schema(value_type = Object)]
        args: Value,
    },
    /// A tool has answered.
    ToolResult {
        /// The call's number.
        n: i32,
        /// What it gave back.
        result: Value,
        /// Whether its effect can be undone.
        undo: Undo,
    },
    /// The turn waits for the user's answer. The stream ends.
    Approval(Approval),
    /// The turn is answered. The stream ends.
    Done {},
    /// The user stopped it. The stream ends.
    Stopped {},
    /// The model failed. The stream ends.
    Failed {
        /// A sentence for people.
        error: String,
    },
    /// The process that ran it died. The stream ends.
    Interrupted {},
}

impl TurnEvent {
    /// The SSE event name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Turn { .. } => "turn",
            Self::Text { .. } => "text",
            Self::ToolCall { .. } => "tool_call",
            Self::ToolResult { .. } => "tool_result",
            Self::Approval(_) => "approval",
            Self::Done {} => "done",
            Self::Stopped {} => "stopped",
            Self::Failed { .. } => "failed",
            Self::Interrupted {} => "interrupted",
        }
    }

    /// Whether the stream ends after it: the turn finished, or waits for the user.
    #[must_use]
    pub const fn ends_stream(&self) -> bool {
        matches!(
            self,
            Self::Approval(_)
                | Self::Done {}
                | Self::Stopped {}
                | Self::Failed { .. }
                | Self::Interrupted {}
        )
    }
}

/// What an undo did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Undone {
    /// A sentence for people.
    pub message: String,
    /// The ids of the tasks as they are now again.
    pub tasks: Vec<i64>,
}
