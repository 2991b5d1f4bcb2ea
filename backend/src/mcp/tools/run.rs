//! What the tools do: the way from a call to the rules that REST goes by too.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use todo_api::{NewTask, Scope, TaskPatch, TaskQuery};

use super::{
    BATCH_MAX,
    arguments::{
        AddTask, AddTasks, CompleteTask, CompleteTasks, DeleteTask, ListTasks, UpdateTask,
    },
    results::{Batch, ListResult, Listed, Status, Written},
    scope,
};
use crate::{
    app::App,
    caller::{Caller, UserId},
    chat::calls::{self, CallRef},
    error::Error,
    extract,
    tasks::{Change, Edit, Fields, rules},
    writes::{Body, Reserve, UserWrite},
};

/// What a write gives back, and what it changed.
type Effect = (Value, Vec<Change>);

/// Runs a tool for a caller. A write that is a turn's call is noted in the transaction of its
/// effect, so that the same call takes effect once.
pub(in crate::mcp) async fn run(
    app: &App,
    caller: &Caller,
    name: &str,
    args: Value,
    call: Option<CallRef>,
) -> Result<Value, Error> {
    caller.require(scope(name).unwrap_or(Scope::Write))?;
    match name {
        "add_task" => {
            let task = fields(read(args)?)?;
            let effect = async move |write: &mut UserWrite| {
                one(Status::Created, rules::add(write, task).await?)
            };
            write(app, caller, call, tasks(1), effect).await
        }
        "add_tasks" => {
            let AddTasks { tasks: new } = read(args)?;
            check_batch("tasks", new.len())?;
            let new: Vec<Fields> = new.into_iter().map(fields).collect::<Result<_, _>>()?;
            let reserve = tasks(new.len() as i64);
            let effect = async move |write: &mut UserWrite| {
                let mut done = Vec::with_capacity(new.len());
                for task in new {
                    done.push(rules::add(write, task).await?);
                }
                many(Status::Created, done)
            };
            write(app, caller, call, reserve, effect).await
        }
        "list_tasks" => list(app, caller, read(args)?).await,
        "complete_task" => {
            let CompleteTask { task_id, completed } = read(args)?;
            let completed = completed.unwrap_or(true);
            let effect = async move |write: &mut UserWrite| {
                let done = rules::complete(write, task_id, Some(completed)).await?;
                one(completion(completed), done)
            };
            write(app, caller, call, Reserve::default(), effect).await
        }
        "complete_tasks" => {
            let CompleteTasks {
                task_ids,
                completed,
            } = read(args)?;
            check_batch("task_ids", task_ids.len())?;
            let completed = completed.unwrap_or(true);
            let effect = async move |write: &mut UserWrite| {
                let mut done = Vec::with_capacity(task_ids.len());
                for id in task_ids {
                    let completing = rules::complete(write, id, Some(completed)).await;
                    done.push(completing.map_err(|error| name_the_task(error, id))?);
                }
                many(completion(completed), done)
            };
            write(app, caller, call, Reserve::default(), effect).await
        }
        "delete_task" => {
            let DeleteTask { task_id } = read(args)?;
            let effect = async move |write: &mut UserWrite| {
                one(Status::Deleted, rules::delete(write, task_id).await?)
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
                let done = rules::update(write, args.task_id, &edit).await?;
                one(Status::Updated, done)
            };
            write(app, caller, call, Reserve::default(), effect).await
        }
        _ => Err(Error::NotFound("tool")),
    }
}

fn read<T: DeserializeOwned>(args: Value) -> Result<T, Error> {
    extract::parse(args.to_string().as_bytes())
}

fn fields(task: AddTask) -> Result<Fields, Error> {
    Fields::new(NewTask {
        title: task.title,
        description: task.description,
        priority: task.priority,
        due_date: task.due_date,
        tags: task.tags,
    })
}

const fn tasks(tasks: i64) -> Reserve {
    Reserve {
        tasks,
        conversations: 0,
        turns: 0,
        messages: 0,
    }
}

fn check_batch(field: &str, size: usize) -> Result<(), Error> {
    if (1..=BATCH_MAX).contains(&size) {
        Ok(())
    } else {
        let sentence = format!("A batch holds 1 to {BATCH_MAX} tasks.");
        Err(Error::field(field, sentence))
    }
}

/// A batch that fails changes nothing, and says which task it failed at.
fn name_the_task(error: Error, id: i64) -> Error {
    match error {
        Error::NotFound(_) => Error::field(
            "task_ids",
            format!("There is no task {id}, so nothing was changed."),
        ),
        error => error,
    }
}

const fn completion(completed: bool) -> Status {
    if completed {
        Status::Completed
    } else {
        Status::Updated
    }
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
    let result = listed(app, &caller.user_id, &query).await?;
    Ok(json!(ListResult { result }))
}

/// A user's tasks as the tools show them.
pub(in crate::mcp) async fn listed(
    app: &App,
    user_id: &UserId,
    query: &TaskQuery,
) -> Result<Vec<Listed>, Error> {
    let mut conn = rules::reader(&app.db, query).await?;
    let list = rules::list(&mut conn, user_id, query).await?;
    Ok(list.tasks.into_iter().map(Listed::from).collect())
}

fn written(status: Status, task: &todo_api::Task) -> Written {
    Written {
        task_id: task.id,
        status,
        title: task.title.clone(),
    }
}

fn one(status: Status, (task, change): rules::Changed) -> Result<Effect, Error> {
    Ok((json!(written(status, &task)), vec![change]))
}

fn many(status: Status, done: Vec<rules::Changed>) -> Result<Effect, Error> {
    let result = done.iter().map(|(task, _)| written(status, task)).collect();
    let changes = done.into_iter().map(|(_, change)| change).collect();
    Ok((json!(Batch { result }), changes))
}

async fn write<F>(
    app: &App,
    caller: &Caller,
    call: Option<CallRef>,
    reserve: Reserve,
    effect: F,
) -> Result<Value, Error>
where
    F: for<'a> AsyncFnOnce(&'a mut UserWrite) -> Result<Effect, Error>
        + for<'a> Body<'a, Effect, Error>
        + 'static,
{
    let owner = app.turns.owner().to_owned();
    let once = async move |write: &mut UserWrite| {
        if let Some(call) = call
            && let Some(result) = calls::finished(write, call, &owner).await?
        {
            return Ok(result);
        }
        let (result, changes) = effect(write).await?;
        if let Some(call) = call {
            calls::finish(write, call, &result, &changes).await?;
        }
        Ok(result)
    };
    app.write(&caller.user_id, reserve, once).await
}
