//! What the tools take. The descriptions are what a model reads.

use schemars::JsonSchema;
use serde::Deserialize;
use todo_api::{DueDate, Patch, Priority, TaskSort, TaskStatus};

/// Arguments of `add_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddTask {
    /// What is to be done, in a few words: 1 to 200 characters, without the date, priority or tags.
    pub(super) title: String,
    /// Details, up to 1,000 characters.
    #[serde(default)]
    pub(super) description: Option<String>,
    /// How urgent it is; none when the user did not say.
    #[serde(default)]
    pub(super) priority: Option<Priority>,
    /// When it falls due. Use a full-date unless the user gave a time of day.
    #[serde(default)]
    pub(super) due_date: Option<DueDate>,
    /// Up to 20 tags without the leading #.
    #[serde(default)]
    pub(super) tags: Option<Vec<String>>,
}

/// Arguments of `add_tasks`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddTasks {
    /// The tasks to add, in the order in which they are to be numbered: 1 to 50.
    #[schemars(length(min = 1, max = 50))]
    pub(super) tasks: Vec<AddTask>,
}

/// Arguments of `list_tasks`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListTasks {
    /// Which tasks by completion; all when absent.
    #[serde(default)]
    pub(super) status: Option<TaskStatus>,
    /// Text that title or description contain, ignoring case.
    #[serde(default)]
    pub(super) search: Option<String>,
    /// A tag that the tasks bear, without the leading #.
    #[serde(default)]
    pub(super) tag: Option<String>,
    /// Their priority.
    #[serde(default)]
    pub(super) priority: Option<Priority>,
    /// Only tasks due before this date or moment.
    #[serde(default)]
    pub(super) due_before: Option<DueDate>,
    /// Only tasks due at or after this date or moment.
    #[serde(default)]
    pub(super) due_after: Option<DueDate>,
    /// The order; newest first when absent.
    #[serde(default)]
    pub(super) sort: Option<TaskSort>,
    /// The most tasks to give, 1 to 200; up to 1,000 when absent.
    #[serde(default)]
    pub(super) limit: Option<u16>,
}

/// Arguments of `complete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteTask {
    /// The task's number, as the user sees it.
    pub(super) task_id: i64,
    /// False opens it again; true when absent.
    #[serde(default)]
    pub(super) completed: Option<bool>,
}

/// Arguments of `complete_tasks`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteTasks {
    /// The tasks' numbers, as the user sees them: 1 to 50.
    #[schemars(length(min = 1, max = 50))]
    pub(super) task_ids: Vec<i64>,
    /// False opens them again; true when absent.
    #[serde(default)]
    pub(super) completed: Option<bool>,
}

/// Arguments of `delete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteTask {
    /// The task's number, as the user sees it.
    pub(super) task_id: i64,
}

/// Arguments of `update_task`: absent leaves a field unchanged, null clears it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateTask {
    /// The task's number, as the user sees it.
    pub(super) task_id: i64,
    /// A new title.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) title: Patch<String>,
    /// A new description.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) description: Patch<String>,
    /// A new priority.
    #[serde(default)]
    #[schemars(with = "Option<Priority>")]
    pub(super) priority: Patch<Priority>,
    /// A new due date.
    #[serde(default)]
    #[schemars(with = "Option<DueDate>")]
    pub(super) due_date: Patch<DueDate>,
    /// All tags that it is to have, in place of the old ones.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) tags: Patch<Vec<String>>,
    /// Whether it is done.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub(super) completed: Patch<bool>,
}
