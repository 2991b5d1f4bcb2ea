//! From the conversation to the body of a Chat Completions request.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::prompt;
use crate::model::{Call, ModelMessage, Request, Tool};

/// Most bytes of the messages before the user's last one; older ones are left out.
const HISTORY_MAX: usize = 64 * 1024;
/// Most bytes of a tool's result in this turn, and in earlier ones.
const RESULT_MAX: usize = 64 * 1024;
const EARLIER_RESULT_MAX: usize = 2 * 1024;

/// The body of a request that streams its answer.
pub(super) fn body(model: &str, max_output_tokens: Option<u32>, request: &Request) -> Value {
    let mut body = json!({
        "model": model,
        "messages": messages(request),
        "tools": request.tools.iter().map(tool).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if let Some(max) = max_output_tokens {
        body["max_completion_tokens"] = max.into();
    }
    body
}

fn tool(tool: &Tool) -> Value {
    json!({"type": "function", "function": {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }})
}

fn messages(request: &Request) -> Vec<Value> {
    let is_user = |message: &ModelMessage| matches!(message, ModelMessage::User(_));
    let last = request.messages.iter().rposition(is_user).unwrap_or(0);
    let (earlier, current) = request.messages.split_at(last);
    let system = json!({"role": "system", "content": prompt::system(request.now, &request.zone)});
    std::iter::once(system)
        .chain(latest(exchange(earlier, EARLIER_RESULT_MAX)))
        .chain(exchange(current, RESULT_MAX))
        .collect()
}

/// The messages in the dialect. Every call has a result there, or servers refuse the request: one
/// that was not made says so.
fn exchange(messages: &[ModelMessage], result_max: usize) -> Vec<Value> {
    let mut exchange = Vec::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        match message {
            ModelMessage::User(text) => exchange.push(json!({"role": "user", "content": text})),
            ModelMessage::Assistant { text, calls } if calls.is_empty() => {
                if !text.is_empty() {
                    exchange.push(json!({"role": "assistant", "content": text}));
                }
            }
            ModelMessage::Assistant { text, calls } => {
                exchange.push(json!({
                    "role": "assistant",
                    "content": (!text.is_empty()).then_some(text),
                    "tool_calls": calls.iter().map(tool_call).collect::<Vec<_>>(),
                }));
                for call in calls {
                    let result = result_of(&messages[at + 1..], &call.id);
                    exchange.push(json!({
                        "role": "tool",
                        "tool_call_id": call.id,
                        "content": shorten(&result, result_max),
                    }));
                }
            }
            // Told with its call.
            ModelMessage::ToolResult { .. } => {}
        }
    }
    exchange
}

fn tool_call(call: &Call) -> Value {
    // A server that reads the history would stumble over what was no JSON; the result says it.
    let args = if Call::is_unreadable(&call.args) {
        "{}".to_owned()
    } else {
        call.args.to_string()
    };
    let mut told = json!({
        "id": call.id,
        "type": "function",
        "function": {"name": call.tool, "arguments": args},
    });
    if let Some(extra) = &call.extra {
        told["extra_content"] = extra.clone();
    }
    told
}

/// What a call gave back, among the results that follow its step.
fn result_of(following: &[ModelMessage], id: &str) -> Value {
    let results = following.iter().map_while(|message| match message {
        ModelMessage::ToolResult { call_id, content } => Some((call_id, content)),
        _ => None,
    });
    let found = results.into_iter().find(|(call_id, _)| *call_id == id);
    found.map_or_else(
        || json!({"error": "This call was not made.", "code": "not_made"}),
        |(_, content)| content.clone(),
    )
}

/// A result as text, cut where it is longer than allowed. A list keeps its first elements whole.
fn shorten(result: &Value, max: usize) -> String {
    let whole = result.to_string();
    if whole.len() <= max {
        return whole;
    }
    let Value::Array(elements) = result else {
        return json!({"error": "This result was too long to be kept.", "code": "too_long"})
            .to_string();
    };
    let mut kept: Vec<String> = Vec::new();
    let mut length = 0;
    for element in elements {
        let element = element.to_string();
        length += element.len() + 1;
        if length > max {
            break;
        }
        kept.push(element);
    }
    let more = elements.len() - kept.len();
    kept.push(json!({"left_out": more, "hint": "ask for fewer"}).to_string());
    format!("[{}]", kept.join(","))
}

/// As many of the latest messages as may be shown, from a message of the user on.
fn latest(messages: Vec<Value>) -> VecDeque<Value> {
    let mut kept = VecDeque::new();
    let mut length = 0;
    for message in messages.into_iter().rev() {
        length += message.to_string().len();
        if length > HISTORY_MAX {
            break;
        }
        kept.push_front(message);
    }
    while kept
        .front()
        .is_some_and(|message| message["role"] != "user")
    {
        kept.pop_front();
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;

    use super::*;

    fn request(messages: Vec<ModelMessage>) -> Request {
        Request {
            messages,
            tools: Arc::new([]),
            now: "2026-11-24T12:00:00Z".parse().unwrap(),
            zone: TimeZone::UTC,
        }
    }

    fn user(text: &str) -> ModelMessage {
        ModelMessage::User(text.to_owned())
    }

    fn calls(ids: &[&str]) -> ModelMessage {
        let call = |id: &&str| Call {
            id: (*id).to_owned(),
            tool: "list_tasks".to_owned(),
            args: json!({}),
            extra: Some(json!({"google": {"thought_signature": "CiQ="}})),
        };
        ModelMessage::Assistant {
            text: String::new(),
            calls: ids.iter().map(call).collect(),
        }
    }

    fn result(id: &str, content: Value) -> ModelMessage {
        ModelMessage::ToolResult {
            call_id: id.to_owned(),
            content,
        }
    }

    #[test]
    fn every_call_is_told_with_what_its_server_added_and_with_a_result() {
        let messages = vec![
            user("What is there?"),
            calls(&["a", "b"]),
            result("b", json!([1])),
            user("And now?"),
        ];
        let told = messages_of(messages);
        assert_eq!(told[0]["role"], "system");
        assert_eq!(told[2]["content"], Value::Null);
        let call = &told[2]["tool_calls"][0];
        assert_eq!(call["extra_content"]["google"]["thought_signature"], "CiQ=");
        assert_eq!(call["function"]["arguments"], "{}");
        assert_eq!(told[3]["tool_call_id"], "a");
        assert!(told[3]["content"].as_str().unwrap().contains("not made"));
        assert_eq!(
            (&told[4]["tool_call_id"], &told[4]["content"]),
            (&json!("b"), &json!("[1]"))
        );
        assert_eq!(told[5], json!({"role": "user", "content": "And now?"}));
    }

    fn messages_of(given: Vec<ModelMessage>) -> Vec<Value> {
        body("m", None, &request(given))["messages"]
            .as_array()
            .unwrap()
            .clone()
    }

    #[test]
    fn long_results_and_old_messages_are_left_out() {
        let list: Value = (0..2_000)
            .map(|id| json!({"id": id, "title": "x".repeat(40)}))
            .collect();
        let told = messages_of(vec![
            user("old"),
            calls(&["a"]),
            result("a", list.clone()),
            user("now"),
            calls(&["a"]),
            result("a", list),
        ]);
        let length = |at: usize| told[at]["content"].as_str().unwrap().len();
        assert!(length(3) < EARLIER_RESULT_MAX + 100 && length(6) < RESULT_MAX + 100);
        let now: Value = serde_json::from_str(told[6]["content"].as_str().unwrap()).unwrap();
        let now = now.as_array().unwrap();
        assert_eq!(now.last().unwrap()["left_out"], 2_000 - (now.len() - 1));

        let long = "x".repeat(HISTORY_MAX / 3);
        let told = messages_of(vec![user(&long), user(&long), user(&long), user("now")]);
        assert_eq!(told.len(), 4, "the oldest is left out");
    }

    #[test]
    fn the_bound_on_tokens_is_passed_on() {
        let body = |max| body("m", max, &request(vec![user("Hi")]));
        assert_eq!(body(Some(500))["max_completion_tokens"], 500);
        assert_eq!(body(None).get("max_completion_tokens"), None);
        assert_eq!(body(None)["stream"], true);
    }
}
