//! What the agent's loop asks of a model: given the conversation so far and the tools, stream back
//! text and tool calls. Every model is driven through this by the same loop.

use std::{sync::Arc, time::Duration};

use futures_util::stream::BoxStream;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

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
    /// The arguments: an object, not yet checked against the tool's schema.
    pub args: Value,
    /// What the model's server added to the call and wants to see again with it.
    pub extra: Option<Value>,
}

/// Where arguments stand that could not be read.
const UNREADABLE: &str = "unreadable";
/// How much of them is kept, in characters.
const UNREADABLE_MAX: usize = 1_000;

impl Call {
    /// Reads arguments as a model writes them. Those that are no JSON object are kept as text.
    #[must_use]
    pub fn read_args(text: &str) -> Value {
        if text.trim().is_empty() {
            return json!({});
        }
        match serde_json::from_str(text) {
            Ok(args @ Value::Object(_)) => args,
            _ => json!({UNREADABLE: text.chars().take(UNREADABLE_MAX).collect::<String>()}),
        }
    }

    /// Whether these are arguments that could not be read.
    #[must_use]
    pub fn is_unreadable(args: &Value) -> bool {
        args.get(UNREADABLE).is_some()
    }
}

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// More of the text.
    Text(String),
    /// A complete call.
    Call(Call),
    /// Who answered, and what it took. Models that count nothing leave it out.
    Usage(Usage),
}

/// What a step took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The model's name.
    pub model: String,
    /// Tokens that it read.
    pub input_tokens: u64,
    /// Tokens that it wrote, its thoughts included.
    pub output_tokens: u64,
}

/// Why a model gave no answer. The texts are for the logs and hold nothing that a user wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// It could not be reached, or failed.
    #[error("the model is unavailable: {0}")]
    Unavailable(String),
    /// It has too much to do, or we have asked too much of it.
    #[error("the model is busy: {told}")]
    Busy {
        /// What it said.
        told: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// It does not know the key or the model, or does not take the request.
    #[error("the model refused the request: {0}")]
    Refused(String),
    /// The conversation is longer than it can read.
    #[error("the conversation is too long for the model")]
    TooLong,
    /// The first or the next token did not come in time.
    #[error("the model fell silent")]
    Silent,
    /// Its answer ended in the middle, or was none.
    #[error("the answer broke off: {0}")]
    BrokeOff(String),
}

impl ModelError {
    /// Its name in the metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Busy { .. } => "busy",
            Self::Refused(_) => "refused",
            Self::TooLong => "too_long",
            Self::Silent => "silent",
            Self::BrokeOff(_) => "broke_off",
        }
    }

    /// The sentences for the user.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => {
                "The assistant cannot be reached just now. Your message is kept: try again."
            }
            Self::Busy { .. } => {
                "The assistant has too much to do just now. Your message is kept: try again in a minute."
            }
            Self::Refused(_) => {
                "The assistant's model refused the request. Your message is kept; whoever runs this site has to look at its settings."
            }
            Self::TooLong => {
                "This conversation has grown too long for the assistant. Start a new one and say it there."
            }
            Self::Silent => "The assistant fell silent. Your message is kept: try again.",
            Self::BrokeOff(_) => {
                "The assistant's answer broke off. Your message is kept: try again."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_arguments() {
        assert_eq!(Call::read_args(r#"{"task_id": 3}"#), json!({"task_id": 3}));
        assert_eq!(Call::read_args(" "), json!({}));
        for wrong in ["{\"task_id\": ", "3", "[]", "null", "\"x\""] {
            let args = Call::read_args(wrong);
            assert!(args.is_object() && Call::is_unreadable(&args), "{args}");
        }
        assert!(Call::read_args(&"x".repeat(1_000_000)).to_string().len() < 1_100);
    }
}
