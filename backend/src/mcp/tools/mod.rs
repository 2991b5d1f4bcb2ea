//! The tools: what an assistant can do with a person's tasks. Here is what clients and models are
//! told of them.

mod arguments;
mod results;
mod run;

use std::sync::{Arc, LazyLock};

use rmcp::{
    handler::server::tool::schema_for_type,
    model::{Tool, ToolAnnotations},
};
use schemars::JsonSchema;
use serde_json::Value;
use todo_api::Scope;
use todo_assistant::model;

use arguments::{
    AddTask, AddTasks, CompleteTask, CompleteTasks, DeleteTask, ListTasks, UpdateTask,
};
use results::{Batch, ListResult, Written};

pub(super) use results::Listed;
pub(super) use run::{listed, run};

/// Most tasks of one batch.
const BATCH_MAX: usize = 50;

/// What a tool does to the tasks.
#[derive(Clone, Copy)]
enum Kind {
    /// It looks.
    Reads,
    /// It adds something, each time again.
    Adds,
    /// It changes something; a second time changes nothing more.
    Changes,
    /// It takes something away.
    Deletes,
}

/// The tools as clients see them.
pub(super) static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    vec![
        tool::<AddTask, Written>(
            "add_task",
            "Add a task",
            "Adds a task to the user's list.",
            Kind::Adds,
        ),
        tool::<AddTasks, Batch>(
            "add_tasks",
            "Add several tasks",
            "Adds several tasks to the user's list in one call: all of them, or none if one cannot \
             be added.",
            Kind::Adds,
        ),
        tool::<ListTasks, ListResult>(
            "list_tasks",
            "List tasks",
            "Lists the user's tasks, newest first, optionally only some of them.",
            Kind::Reads,
        ),
        tool::<CompleteTask, Written>(
            "complete_task",
            "Complete a task",
            "Marks a task as done, or opens it again.",
            Kind::Changes,
        ),
        tool::<CompleteTasks, Batch>(
            "complete_tasks",
            "Complete several tasks",
            "Marks several tasks as done, or opens them again, in one call: all of them, or none if \
             one is not there.",
            Kind::Changes,
        ),
        tool::<DeleteTask, Written>(
            "delete_task",
            "Delete a task",
            "Deletes a task. The user can undo it for 30 days.",
            Kind::Deletes,
        ),
        tool::<UpdateTask, Written>(
            "update_task",
            "Change a task",
            "Changes some fields of a task: fields that are absent stay, null clears.",
            Kind::Changes,
        ),
    ]
});

fn tool<Args: JsonSchema + 'static, Output: JsonSchema + 'static>(
    name: &'static str,
    title: &str,
    description: &'static str,
    kind: Kind,
) -> Tool {
    let mut tool = Tool::new(name, description, schema_for_type::<Args>());
    tool.title = Some(title.to_owned());
    tool.output_schema = Some(schema_for_type::<Output>());
    tool.with_annotations(
        ToolAnnotations::with_title(title)
            .read_only(matches!(kind, Kind::Reads))
            .destructive(matches!(kind, Kind::Deletes))
            .idempotent(!matches!(kind, Kind::Adds))
            .open_world(false),
    )
}

/// The tool of this name.
pub(super) fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// What a credential has to be good for to call a tool; none when there is no such tool.
pub(super) fn scope(name: &str) -> Option<Scope> {
    let annotations = find(name)?.annotations.as_ref()?;
    Some(if annotations.read_only_hint == Some(true) {
        Scope::Read
    } else {
        Scope::Write
    })
}

/// Whether a tool destroys something.
pub(super) fn is_destructive(name: &str) -> bool {
    let annotations = find(name).and_then(|tool| tool.annotations.as_ref());
    annotations.is_some_and(|annotations| annotations.destructive_hint == Some(true))
}

/// How many writes a call makes: a batch as many as it names tasks.
pub(super) fn writes(name: &str, args: &Value) -> usize {
    let batch = match name {
        "add_tasks" => args["tasks"].as_array(),
        "complete_tasks" => args["task_ids"].as_array(),
        _ => None,
    };
    match scope(name) {
        Some(Scope::Write) => batch.map_or(1, Vec::len),
        _ => 0,
    }
}

/// The tools as a model sees them: they are the same for everyone.
pub(super) static MODEL_TOOLS: LazyLock<Arc<[model::Tool]>> = LazyLock::new(|| {
    TOOLS
        .iter()
        .map(|tool| model::Tool {
            name: tool.name.to_string(),
            description: tool.description.as_deref().unwrap_or_default().to_owned(),
            parameters: (*tool.input_schema).clone(),
        })
        .collect()
});
