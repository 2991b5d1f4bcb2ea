//! What the tools give back.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use todo_api::{DueDate, Priority, Task};

/// What a write did.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Created,
    Completed,
    Deleted,
    Updated,
}

/// The result of a write.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Written {
    pub(super) task_id: i64,
    pub(super) status: Status,
    pub(super) title: String,
}

/// The result of a batch: what each of its writes did, in its order.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Batch {
    pub(super) result: Vec<Written>,
}

/// A task in the result of `list_tasks`.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::mcp) struct Listed {
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) completed: bool,
    pub(super) description: Option<String>,
    pub(super) priority: Priority,
    pub(super) due_date: Option<DueDate>,
    pub(super) tags: Vec<String>,
    #[schemars(with = "String")]
    pub(super) created_at: Timestamp,
    #[schemars(with = "String")]
    pub(super) updated_at: Timestamp,
}

/// The result of `list_tasks`: an object, because older protocol versions take nothing else.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ListResult {
    pub(super) result: Vec<Listed>,
}

impl From<Task> for Listed {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            title: task.title,
            completed: task.completed,
            description: task.description,
            priority: task.priority,
            due_date: task.due_date,
            tags: task.tags,
            created_at: task.created_at,
            updated_at: task.updated_at,
        }
    }
}
