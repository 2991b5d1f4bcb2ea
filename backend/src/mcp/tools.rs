//! The tools: their names, arguments, results, and what they do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use todo_api::{
    DueDate, NewTask, Patch, Priority, Task, TaskPatch, TaskQuery, TaskSort, TaskStatus,
};

use crate::{
    app::App,
    caller::Caller,
    chat::calls::{self, CallRef},
    error::Error,
    extract,
    tasks::{self, Change, Edit, Fields, rules},
    writes::{Reserve, UserWrite},
};

/// Arguments of `add_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddTask {
    /// What is to be done, in a few words: 1 to 200 characters, without the date, priority or tags.
    title: String,
    /// Details, up to 1,000 characters.
    #[serde(default)]
    description: Option<String>,
    /// How urgent it is; none when the user did not say.
    #[serde(default)]
    priority: Option<Priority>,
    /// When it falls due. Use a full-date unless the user gave a time of day.
    #[serde(default)]
    due_date: Option<DueDate>,
    /// Up to 20 tags without the leading #.
    #[serde(default)]
    tags: Option<Vec<String>>,
}

/// Arguments of `list_tasks`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListTasks {
    /// Which tasks by completion; all when absent.
    #[serde(default)]
    status: Option<TaskStatus>,
    /// Text that title or description contain, ignoring case.
    #[serde(default)]
    search: Option<String>,
    /// A tag that the tasks bear, without the leading #.
    #[serde(default)]
    tag: Option<String>,
    /// Their priority.
    #[serde(default)]
    priority: Option<Priority>,
    /// Only tasks due before this date or moment.
    #[serde(default)]
    due_before: Option<DueDate>,
    /// Only tasks due at or after this date or moment.
    #[serde(default)]
    due_after: Option<DueDate>,
    /// The order; newest first when absent.
    #[serde(default)]
    sort: Option<TaskSort>,
    /// The most tasks to give, 1 to 200; up to 1,000 when absent.
    #[serde(default)]
    limit: Option<u16>,
}

/// Arguments of `complete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteTask {
    /// The task's number, as the user sees it.
    task_id: i64,
    /// False opens it again; true when absent.
    #[serde(default)]
    completed: Option<bool>,
}

/// Arguments of `delete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteTask {
    /// The task's number, as the user sees it.
    task_id: i64,
}

/// Arguments of `update_task`: absent leaves a field unchanged, null clears it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateTask {
    /// The task's number, as the user sees it.
    task_id: i64,
    /// A new title.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    title: Patch<String>,
    /// A new description.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    description: Patch<String>,
    /// A new priority.
    #[serde(default)]
    #[schemars(with = "Option<Priority>")]
    priority: Patch<Priority>,
    /// A new due date.
    #[serde(default)]
    #[schemars(with = "Option<DueDate>")]
    due_date: Patch<DueDate>,
    /// All tags that it is to have, in place of the old ones.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    tags: Patch<Vec<String>>,
    /// Whether it is done.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    completed: Patch<bool>,
}

/// What a write did.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Created,
    Completed,
    Deleted,
    Updated,
}

/// The result of a write.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Written {
    task_id: i64,
    status: Status,
    title: String,
}

/// A task in the result of `list_tasks`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Listed {
    id: i64,
    title: String,
    completed: bool,
    description: Option<String>,
    priority: Priority,
    due_date: Option<DueDate>,
    tags: Vec<String>,
    created_at: String,
    updated_at: String,
}

/// The result of `list_tasks`: an object, because older protocol versions take nothing else.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ListResult {
    result: Vec<Listed>,
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
            created_at: task.created_at.to_string(),
            updated_at: task.updated_at.to_string(),
        }
    }
}

/// Runs a tool for a caller. A write that is a turn's call is noted in the transaction of its
/// effect, so that the same call takes effect once.
pub(super) async fn run(
    app: &App,
    caller: &Caller,
    name: &str,
    args: Value,
    call: Option<CallRef>,
) -> Result<Value, Error> {
    match name {
        "add_task" => {
            let args: AddTask = read(args)?;
            let fields = Fields::new(NewTask {
                title: args.title,
                description: args.description,
                priority: args.priority,
                due_date: args.due_date,
                tags: args.tags,
            })?;
            let effect = async move |write: &mut UserWrite| {
                written(Status::Created, rules::add(write, fields).await?)
            };
            write(
                app,
                caller,
                call,
                Reserve {
                    tasks: 1,
                    ..Reserve::default()
                },
                effect,
            )
            .await
        }
        "list_tasks" => list(app, caller, read(args)?).await,
        "complete_task" => {
            let args: CompleteTask = read(args)?;
            let completed = args.completed.unwrap_or(true);
            let status = if completed {
                Status::Completed
            } else {
                Status::Updated
            };
            let effect = async move |write: &mut UserWrite| {
                written(
                    status,
                    rules::complete(write, args.task_id, Some(completed)).await?,
                )
            };
            write(app, caller, call, Reserve::default(), effect).await
        }
        "delete_task" => {
            let DeleteTask { task_id } = read(args)?;
            let effect = async move |write: &mut UserWrite| {
                written(Status::Deleted, rules::delete(write, task_id).await?)
            };
            write(app, caller, call, Reserve::default(), effect).await
        }
        "update_task" => {
            let args: UpdateTask = read(args)?;
            let edit = Edit::new(TaskPatch {
                title: args.title,
                description: args.description,
                priority: args.priority,
                due_date: args.due_date,
                tags: args.tags,
                completed: args.completed,
            })?;
            let effect = async move |write: &mut UserWrite| {
                written(
                    Status::Updated,
                    rules::update(write, args.task_id, &edit).await?,
                )
            };
            write(app, caller, call, Reserve::default(), effect).await
        }
        _ => Err(Error::NotFound("tool")),
    }
}

fn read<T: DeserializeOwned>(args: Value) -> Result<T, Error> {
    extract::parse(args.to_string().as_bytes())
}

async fn list(app: &App, caller: &Caller, args: ListTasks) -> Result<Value, Error> {
    let query = TaskQuery {
        status: args.status,
        sort: args.sort,
        search: args.search,
        tag: args.tag,
        priority: args.priority,
        due_before: args.due_before,
        due_after: args.due_after,
        limit: args.limit,
        cursor: None,
    };
    let mut conn = app.db.read().await?;
    let tasks = rules::list(&mut conn, &caller.user_id, &query).await?.tasks;
    Ok(json!(ListResult {
        result: tasks.into_iter().map(Listed::from).collect()
    }))
}

fn written(
    status: Status,
    (task, change): tasks::rules::Changed,
) -> Result<(Value, Change), Error> {
    Ok((
        json!(Written {
            task_id: task.id,
            status,
            title: task.title
        }),
        change,
    ))
}

async fn write<F>(
    app: &App,
    caller: &Caller,
    call: Option<CallRef>,
    reserve: Reserve,
    effect: F,
) -> Result<Value, Error>
where
    F: for<'a> AsyncFnOnce(&'a mut UserWrite) -> Result<(Value, Change), Error>
        + for<'a> crate::writes::Body<'a, (Value, Change), Error>
        + 'static,
{
    let owner = app.turns.owner().to_owned();
    let once = async move |write: &mut UserWrite| {
        if let Some(call) = call
            && let Some(result) = calls::finished(write, call, &owner).await?
        {
            return Ok(result);
        }
        let (result, change) = effect(write).await?;
        if let Some(call) = call {
            calls::finish(write, call, &result, &[change]).await?;
        }
        Ok(result)
    };
    app.write(&caller.user_id, reserve, once).await
}
