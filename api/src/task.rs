//! Tasks: what a list shows, what makes one, what changes one, what selects them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{DueDate, Patch};

/// Longest title, in characters after trimming.
pub const TITLE_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 1_000;
/// Most tags of one task.
pub const TAGS_MAX: usize = 20;
/// Longest tag, in characters.
pub const TAG_MAX: usize = 32;
/// Longest search text, in characters.
pub const SEARCH_MAX: usize = 200;
/// Largest page that can be asked for.
pub const PAGE_MAX: u16 = 200;
/// What a list holds when no `limit` is given: earlier clients know no cursor.
pub const LIST_MAX: u16 = 1_000;

/// How urgent a task is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Priority {
    #[default]
    None,
    Low,
    Medium,
    High,
}

impl Priority {
    /// The word of the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// One task of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// Counts per user from 1 and is never reused.
    pub id: i64,
    /// Whose task it is.
    pub user_id: String,
    /// 1–200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Up to 1,000 characters.
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// Whether it is done.
    pub completed: bool,
    /// How urgent it is.
    pub priority: Priority,
    /// When it falls due.
    pub due_date: Option<DueDate>,
    /// Up to 20 tags of 1–32 characters.
    pub tags: Vec<String>,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// What makes a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewTask {
    /// 1–200 characters after trimming.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Up to 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// `none` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// No due date when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<DueDate>,
    /// No tags when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub tags: Option<Vec<String>>,
}

/// What changes a task: absent leaves a field unchanged, `null` clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskPatch {
    /// 1–200 characters after trimming; cannot be cleared.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub title: Patch<String>,
    /// Up to 1,000 characters.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    pub description: Patch<String>,
    /// Cleared to `none`.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[schema(value_type = Option<Priority>)]
    pub priority: Patch<Priority>,
    /// Cleared to no due date.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[schema(value_type = Option<DueDate>)]
    pub due_date: Patch<DueDate>,
    /// Cleared to no tags.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    pub tags: Patch<Vec<String>>,
    /// Cleared to not completed.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[schema(value_type = Option<bool>)]
    pub completed: Patch<bool>,
}

/// Sets the completion of a task; without a body the request toggles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Completion {
    /// Whether the task is done.
    pub completed: bool,
}

/// Which tasks by completion.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TaskStatus {
    #[default]
    All,
    Pending,
    Completed,
}

/// The order of a list.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = list_words)]
pub enum TaskSort {
    /// Newest first.
    #[default]
    Created,
    /// By title, ignoring case.
    Title,
    /// Soonest first, those without a due date last.
    DueDate,
    /// Most urgent first.
    Priority,
}

/// Lists the words of an enumeration under `enum`, as every client reads it. Described one by one,
/// each is a `const`, which those of Google's do not take.
fn list_words(schema: &mut schemars::Schema) {
    if let Some(Value::Array(described)) = schema.remove("oneOf") {
        let words = described
            .iter()
            .filter_map(|word| word.get("const").cloned());
        schema.insert("enum".to_owned(), words.collect());
        schema.insert("type".to_owned(), "string".into());
    }
}

/// Selects and orders the tasks of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Which tasks by completion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    /// The order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<TaskSort>,
    /// Text that title or description contain, ignoring case; up to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200)]
    pub search: Option<String>,
    /// A tag that the tasks bear, ignoring case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 32)]
    pub tag: Option<String>,
    /// Their priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Due before this date or moment; a full-date stands for its first instant in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_before: Option<DueDate>,
    /// Due at or after this date or moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_after: Option<DueDate>,
    /// Size of the page, 1–200; without it the list holds up to 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before, with the same sort and filters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 2000)]
    pub cursor: Option<String>,
}

/// A page of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskList {
    /// The tasks in the order asked for.
    pub tasks: Vec<Task>,
    /// Where the next page starts, if there is one.
    pub next_cursor: Option<String>,
}

/// What a deletion answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deleted {
    /// A sentence for people.
    pub message: String,
}

/// Several tasks by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskIds {
    /// The tasks' ids.
    pub ids: Vec<i64>,
}

/// The tags in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tags {
    /// In alphabetical order.
    pub tags: Vec<String>,
}
