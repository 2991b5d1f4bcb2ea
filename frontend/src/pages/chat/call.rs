//! One call of a tool, as a line of the chat.

use askama::Template;
use serde_json::Value;
use todo_api::{ToolCall, TurnState, Undo};

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
        "add_task" | "add_tasks" => ("Adding", "Added", "Could not add"),
        "list_tasks" => (
            "Looking through",
            "Looked through",
            "Could not look through",
        ),
        "complete_task" | "complete_tasks" if call.args["completed"] == false => {
            ("Reopening", "Reopened", "Could not reopen")
        }
        "complete_task" | "complete_tasks" => ("Completing", "Completed", "Could not complete"),
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
    let batch = call.args["tasks"].as_array();
    if let Some(batch) = batch.or(call.args["task_ids"].as_array()) {
        return match batch.len() {
            1 => "1 task".into(),
            n => format!("{n} tasks"),
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
                call(
                    "add_tasks",
                    json!({"tasks": [{"title": "Milk"}, {"title": "Eggs"}]}),
                    json!([{"task_id": 1}, {"task_id": 2}]),
                ),
                "Added 2 tasks",
            ),
            (
                call(
                    "complete_tasks",
                    json!({"task_ids": [3], "completed": false}),
                    Value::Null,
                ),
                "Reopening 1 task",
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
}
