//! What the agent's loop asks of a model: given the conversation so far and the tools, stream back
//! text and tool calls. Every model is driven through this by the same loop.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

/// A source of replies.
pub trait Model: Send + Sync {
    /// What the page calls it: `builtin`, or the model's name.
    fn name(&self) -> &str;

    /// Streams the next step of the conversation: some text, then the calls it wants to have made.
    /// A step without calls is the end of the turn.
    fn respond(&self, request: Request) -> BoxStream<'static, Result<Delta, ModelError>>;
}

/// One step's question to a model.
#[derive(Clone, Debug)]
pub struct Request {
    /// The history, oldest first, ending with the user's message or with the results of the calls
    /// that the model made in answer to it.
    pub messages: Vec<ModelMessage>,
    /// The tools it may call.
    pub tools: Arc<[Tool]>,
    /// When the user's message came.
    pub now: Timestamp,
    /// The user's time zone.
    pub zone: TimeZone,
}

/// A message as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelMessage {
    /// The user said this.
    User(String),
    /// The model said this and asked for these calls.
    Assistant {
        /// Its text, possibly empty.
        text: String,
        /// The calls of that step.
        calls: Vec<Call>,
    },
    /// What a call gave back.
    ToolResult {
        /// Which call.
        call_id: String,
        /// Its structured content. An error is an object with `error`, a sentence, and `code`.
        content: Value,
    },
}

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The JSON schema of its arguments.
    pub parameters: Map<String, Value>,
}

/// A call that a model asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Unique within the turn.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// The arguments, not yet checked.
    pub args: Value,
}

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// More of the text.
    Text(String),
    /// A complete call.
    Call(Call),
}

/// Why a model gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It could not be reached, refused, stalled or broke off.
    #[error("the model is unavailable: {0}")]
    Unavailable(String),
}
