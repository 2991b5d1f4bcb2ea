//! From the chunks of a streamed chat completion to text and calls. Servers differ, so the types
//! here take what all of them send, and the deltas alone say what is meant: Gemini leaves out the
//! calls' `index` or numbers all of them 0, and several finish with `stop` in spite of calls.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::reasoning::Filter;
use crate::model::{Call, ModelError};

/// Most calls of one step; the loop allows fewer.
const CALLS_MAX: usize = 64;
/// Most bytes of the arguments of all calls of one step.
const ARGUMENTS_MAX: usize = 256 * 1024;
/// More tokens than any answer takes.
const TOKENS_MAX: u64 = 1_000_000_000;
/// Longest id and name of a call, in bytes.
const NAME_MAX: usize = 256;
/// Longest addition to a call that is echoed, in bytes.
const EXTRA_MAX: usize = 64 * 1024;

/// A chunk of the stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    delta: Option<ChoiceDelta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChoiceDelta {
    content: Option<Content>,
    refusal: Option<String>,
    reasoning_content: Option<IgnoredAny>,
    reasoning: Option<IgnoredAny>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallDelta {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionDelta>,
    extra_content: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FunctionDelta {
    name: Option<String>,
    /// Text that is JSON once it is whole; some servers send the JSON itself.
    arguments: Option<Value>,
}

/// What a chunk brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Text for the user.
    pub(super) text: String,
    /// Whether the model said, thought or called anything.
    pub(super) is_token: bool,
}

/// What a whole answer ended with.
#[derive(Debug, Default, PartialEq)]
pub(super) struct End {
    /// Text that was held back.
    pub(super) text: String,
    /// The calls.
    pub(super) calls: Vec<Call>,
    /// Tokens in and out, as the server counts them.
    pub(super) tokens: (u64, u64),
}

#[derive(Debug, Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    extra: Option<Value>,
}

/// Puts the answer together.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    filter: Filter,
    has_text: bool,
    calls: Vec<PartialCall>,
    argument_bytes: usize,
    finish_reason: Option<String>,
    tokens: (u64, u64),
}

impl Assembler {
    /// Takes the next chunk.
    ///
    /// # Errors
    /// [`ModelError::BrokeOff`] when it is an error in place of an answer, or more than any answer
    /// needs.
    pub(super) fn push(&mut self, chunk: Chunk) -> Result<Progress, ModelError> {
        if chunk.error.is_some() {
            return Err(ModelError::BrokeOff("an error in the stream".to_owned()));
        }
        if let Some(usage) = &chunk.usage {
            let count = |name| {
                let count = usage.get(name).and_then(Value::as_u64).unwrap_or(0);
                count.min(TOKENS_MAX)
            };
            let (input, output) = self.tokens;
            // Some servers count on in every chunk.
            self.tokens = (
                input.max(count("prompt_tokens")),
                output.max(count("completion_tokens")),
            );
        }
        let Some(choice) = chunk.choices.into_iter().flatten().next() else {
            return Ok(Progress::default());
        };
        if let Some(reason) = choice.finish_reason {
            self.finish_reason = Some(reason);
        }
        let delta = choice.delta.unwrap_or_default();
        let mut progress = Progress {
            is_token: delta.reasoning.is_some() || delta.reasoning_content.is_some(),
            ..Progress::default()
        };
        let content = match delta.content {
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
            None => String::new(),
        };
        let content = content + &delta.refusal.unwrap_or_default();
        if !content.is_empty() {
            progress.is_token = true;
            progress.text = self.filter.push(&content);
            self.has_text |= !progress.text.trim().is_empty();
        }
        for call in delta.tool_calls.into_iter().flatten() {
            progress.is_token = true;
            self.add(call)?;
        }
        Ok(progress)
    }

    fn add(&mut self, delta: CallDelta) -> Result<(), ModelError> {
        let function = delta.function.unwrap_or_default();
        let id = delta.id.unwrap_or_default();
        let name = function.name.unwrap_or_default();
        let arguments = match function.arguments {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text,
            Some(value) => value.to_string(),
        };
        self.argument_bytes += arguments.len();
        if self.argument_bytes > ARGUMENTS_MAX || id.len() > NAME_MAX || name.len() > NAME_MAX {
            return Err(ModelError::BrokeOff(
                "calls too large to be meant".to_owned(),
            ));
        }
        let at = match delta.index {
            Some(index) => self
                .calls
                .iter()
                .rposition(|call| call.index == Some(index)),
            None => self.calls.len().checked_sub(1),
        };
        let at = at.filter(|&at| !is_another(&self.calls[at], &id, &name));
        let at = at.unwrap_or_else(|| {
            self.calls.push(PartialCall {
                index: delta.index,
                ..PartialCall::default()
            });
            self.calls.len() - 1
        });
        if self.calls.len() > CALLS_MAX {
            return Err(ModelError::BrokeOff(
                "more calls than can be meant".to_owned(),
            ));
        }
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() {
            call.name = name;
        }
        call.arguments.push_str(&arguments);
        let extra = delta.extra_content;
        if let Some(extra) = extra.filter(|extra| extra.to_string().len() <= EXTRA_MAX) {
            call.extra = Some(extra);
        }
        Ok(())
    }

    /// Whether the server has said that this was all.
    pub(super) fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    /// Ends the answer.
    ///
    /// # Errors
    /// [`ModelError::BrokeOff`] when it is not whole, or empty.
    pub(super) fn finish(mut self) -> Result<End, ModelError> {
        if !self.is_finished() {
            return Err(ModelError::BrokeOff("the stream ended early".to_owned()));
        }
        let mut text = self.filter.finish();
        self.has_text |= !text.is_empty();
        if self.calls.is_empty() {
            if !self.has_text {
                return Err(ModelError::BrokeOff("an empty answer".to_owned()));
            }
            if self.finish_reason.as_deref() == Some("length") {
                text += "\n\n*The answer was cut off here: it reached the model's limit.*";
            }
        }
        let mut calls: Vec<Call> = Vec::with_capacity(self.calls.len());
        for (at, call) in self.calls.into_iter().enumerate() {
            let is_taken = calls.iter().any(|other| other.id == call.id);
            let id = if call.id.is_empty() || is_taken {
                format!("call_{:08x}_{at}", rand::random::<u32>())
            } else {
                call.id
            };
            calls.push(Call {
                id,
                tool: call.name,
                args: Call::read_args(&call.arguments),
                extra: call.extra,
            });
        }
        Ok(End {
            text,
            calls,
            tokens: self.tokens,
        })
    }
}

/// Whether a delta with this id and name begins another call than the one it would belong to by
/// its index, or by its place.
fn is_another(call: &PartialCall, id: &str, name: &str) -> bool {
    if !id.is_empty() && !call.id.is_empty() {
        return id != call.id;
    }
    // Without ids a call begins with its name, once the one before is whole.
    !name.is_empty()
        && !call.name.is_empty()
        && serde_json::from_str::<IgnoredAny>(&call.arguments).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What comes of the stream that a server sent, as it stands in a file of `streams/`.
    fn read(stream: &str) -> Result<(String, End), ModelError> {
        let mut assembler = Assembler::default();
        let mut text = String::new();
        for data in stream
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
        {
            if data == "[DONE]" {
                break;
            }
            text += &assembler.push(serde_json::from_str(data).unwrap())?.text;
        }
        let mut end = assembler.finish()?;
        text += &std::mem::take(&mut end.text);
        Ok((text, end))
    }

    fn calls(end: &End) -> Vec<(&str, &Value)> {
        end.calls
            .iter()
            .map(|call| (call.tool.as_str(), &call.args))
            .collect()
    }

    #[test]
    fn openai_streams_text_and_then_arguments_in_pieces() {
        let (text, end) = read(include_str!("streams/openai.sse")).unwrap();
        assert_eq!(text, "On it.");
        assert_eq!(
            calls(&end),
            [
                ("add_task", &json!({"title": "Buy milk", "tags": ["home"]})),
                ("list_tasks", &json!({"status": "pending"})),
            ]
        );
        assert_eq!(end.calls[0].id, "call_Qx1");
        assert_eq!(end.tokens, (812, 41));
    }

    #[test]
    fn gemini_gives_no_index_stops_in_spite_of_calls_and_wants_its_signature_back() {
        let (text, end) = read(include_str!("streams/gemini.sse")).unwrap();
        assert_eq!(text, "");
        assert_eq!(
            calls(&end),
            [
                ("complete_task", &json!({"task_id": 3})),
                ("complete_task", &json!({"task_id": 4})),
            ]
        );
        let signature = json!({"google": {"thought_signature": "CiQBjz1rX2c="}});
        assert_eq!(end.calls[0].extra, Some(signature));
        assert_eq!(end.calls[1].extra, None);
        assert_ne!(end.calls[0].id, end.calls[1].id);
        assert_eq!(end.tokens, (634, 38));
    }

    #[test]
    fn ollama_thinks_aside_numbers_every_call_0_and_has_fields_of_its_own() {
        let (text, end) = read(include_str!("streams/ollama.sse")).unwrap();
        assert_eq!(text, "");
        assert_eq!(
            calls(&end),
            [
                ("list_tasks", &json!({})),
                ("delete_task", &json!({"task_id": 7})),
            ]
        );
        assert_eq!(end.tokens, (350, 122));
    }

    #[test]
    fn llama_cpp_leaves_its_thoughts_in_the_text() {
        let (text, end) = read(include_str!("streams/llama-cpp.sse")).unwrap();
        assert_eq!(text, "You have **2** tasks.");
        assert_eq!(end.calls, []);
    }

    #[test]
    fn arguments_that_are_no_json_are_kept_as_such() {
        let chunk = json!({"choices": [{"finish_reason": "tool_calls", "delta": {"tool_calls": [
            {"index": 0, "id": "a", "function": {"name": "add_task", "arguments": "{\"title\": "}},
            {"index": 1, "id": "a", "function": {"name": "add_task", "arguments": ""}},
            {"index": 2, "id": "", "function": {"name": "add_task", "arguments": "[1]"}},
        ]}}]});
        let (_, end) = read(&format!("data: {chunk}")).unwrap();
        let unreadable: Vec<bool> = end
            .calls
            .iter()
            .map(|call| Call::is_unreadable(&call.args))
            .collect();
        assert_eq!(unreadable, [true, false, true]);
        assert_eq!(end.calls[1].args, json!({}));
        let mut ids: Vec<&str> = end.calls.iter().map(|call| call.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 3, "{ids:?}");
    }

    #[test]
    fn what_is_not_whole_is_no_answer() {
        let broke_off = |stream: &str| matches!(read(stream), Err(ModelError::BrokeOff(_)));
        assert!(broke_off(""));
        assert!(broke_off(
            r#"data: {"choices":[{"delta":{"content":"Hel"}}]}"#
        ));
        assert!(broke_off(
            r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#
        ));
        assert!(broke_off(r#"data: {"error":{"message":"overloaded"}}"#));
        assert!(broke_off(
            r#"data: {"choices":[{"delta":{"content":"<think>hm</think>"},"finish_reason":"stop"}]}"#
        ));
        let cut = r#"data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"length"}]}"#;
        assert!(read(cut).unwrap().0.contains("cut off"));
    }

    #[test]
    fn more_than_any_answer_needs_is_refused() {
        let call = |n: usize, arguments: &str| json!({"index": n, "id": n.to_string(), "function": {"name": "x", "arguments": arguments}});
        let mut many = Assembler::default();
        let calls: Vec<Value> = (0..=CALLS_MAX).map(|n| call(n, "{}")).collect();
        let chunk = |calls: &[Value]| -> Chunk {
            serde_json::from_value(json!({"choices": [{"delta": {"tool_calls": calls}}]})).unwrap()
        };
        assert!(many.push(chunk(&calls)).is_err());
        let mut long = Assembler::default();
        let piece = "x".repeat(ARGUMENTS_MAX / 2 + 1);
        assert!(long.push(chunk(&[call(0, &piece)])).is_ok());
        assert!(long.push(chunk(&[call(0, &piece)])).is_err());
    }
}
