//! REST for tasks.

use axum::{Json as Answer, extract::State, http::StatusCode, response::Response};
use todo_api::{
    Completion, Deleted, NewTask, Problem, Tags, Task, TaskIds, TaskList, TaskPatch, TaskQuery,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    fields::{Edit, Fields},
    rules,
};
use crate::{
    app::App,
    caller::Caller,
    error::Error,
    extract::{Json, OptionalJson, Query, TaskId},
    idempotency::{MaybeKey, answer},
    writes::{Reserve, UserWrite},
};

/// The routes under `/api/{user_id}`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(complete))
        .routes(routes!(restore))
        .routes(routes!(clear_completed))
        .routes(routes!(restore_all))
        .routes(routes!(tags))
}

/// Lists tasks, newest first by default.
#[utoipa::path(get, path = "/tasks", tag = "tasks", operation_id = "list_tasks", params(("user_id" = String, Path), TaskQuery), responses(
    (status = 200, body = TaskList),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<TaskQuery>,
) -> Result<Answer<TaskList>, Error> {
    let mut conn = rules::reader(&app.db, &query).await?;
    rules::list(&mut conn, &caller.user_id, &query)
        .await
        .map(Answer)
}

/// Adds a task.
#[utoipa::path(post, path = "/tasks", tag = "tasks", operation_id = "create_task", request_body = NewTask, params(("user_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = Task),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: MaybeKey,
    Json(task): Json<NewTask>,
) -> Result<Response, Error> {
    let fields = Fields::new(task)?;
    let reserve = Reserve {
        tasks: 1,
        ..Reserve::default()
    };
    let effect = async move |write: &mut UserWrite| Ok(rules::add(write, fields).await?.0);
    answer(
        &app,
        &caller.user_id,
        key,
        StatusCode::CREATED,
        reserve,
        effect,
    )
    .await
}

/// Gets a task.
#[utoipa::path(get, path = "/tasks/{id}", tag = "tasks", operation_id = "get_task", params(("user_id" = String, Path), ("id" = i64, Path)), responses(
    (status = 200, body = Task),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    TaskId(id): TaskId,
) -> Result<Answer<Task>, Error> {
    let mut conn = app.db.read().await?;
    rules::get(&mut conn, &caller.user_id, id).await.map(Answer)
}

/// Changes a task: absent fields stay, `null` clears.
#[utoipa::path(put, path = "/tasks/{id}", tag = "tasks", operation_id = "update_task", request_body = TaskPatch, params(("user_id" = String, Path), ("id" = i64, Path)), responses(
    (status = 200, body = Task),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    TaskId(id): TaskId,
    Json(patch): Json<TaskPatch>,
) -> Result<Answer<Task>, Error> {
    let edit = Edit::new(patch)?;
    let effect = async move |write: &mut UserWrite| Ok(rules::update(write, id, &edit).await?.0);
    app.write(&caller.user_id, Reserve::default(), effect)
        .await
        .map(Answer)
}

/// Deletes a task; it can be restored for 30 days.
#[utoipa::path(delete, path = "/tasks/{id}", tag = "tasks", operation_id = "delete_task", params(("user_id" = String, Path), ("id" = i64, Path)), responses(
    (status = 200, body = Deleted),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    TaskId(id): TaskId,
) -> Result<Answer<Deleted>, Error> {
    let effect = async move |write: &mut UserWrite| Ok(rules::delete(write, id).await?.0);
    let task = app
        .write(&caller.user_id, Reserve::default(), effect)
        .await?;
    Ok(Answer(Deleted {
        message: format!("Deleted “{}”.", task.title),
    }))
}

/// Toggles whether a task is done, or sets it.
#[utoipa::path(patch, path = "/tasks/{id}/complete", tag = "tasks", operation_id = "complete_task", request_body = Option<Completion>, params(("user_id" = String, Path), ("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = Task),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn complete(
    State(app): State<App>,
    caller: Caller,
    TaskId(id): TaskId,
    key: MaybeKey,
    OptionalJson(completion): OptionalJson<Completion>,
) -> Result<Response, Error> {
    let completed = completion.map(|completion| completion.completed);
    let effect =
        async move |write: &mut UserWrite| Ok(rules::complete(write, id, completed).await?.0);
    answer(
        &app,
        &caller.user_id,
        key,
        StatusCode::OK,
        Reserve::default(),
        effect,
    )
    .await
}

/// Restores a task that was deleted in the last 30 days.
#[utoipa::path(post, path = "/tasks/{id}/restore", tag = "tasks", operation_id = "restore_task", params(("user_id" = String, Path), ("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = Task),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn restore(
    State(app): State<App>,
    caller: Caller,
    TaskId(id): TaskId,
    key: MaybeKey,
) -> Result<Response, Error> {
    let effect = async move |write: &mut UserWrite| rules::restore(write, id).await;
    answer(
        &app,
        &caller.user_id,
        key,
        StatusCode::OK,
        Reserve::default(),
        effect,
    )
    .await
}

/// Deletes all completed tasks.
#[utoipa::path(post, path = "/tasks/clear-completed", tag = "tasks", operation_id = "clear_completed_tasks", params(("user_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = TaskIds),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn clear_completed(
    State(app): State<App>,
    caller: Caller,
    key: MaybeKey,
) -> Result<Response, Error> {
    let effect = async move |write: &mut UserWrite| {
        Ok(TaskIds {
            ids: rules::clear_completed(write).await?,
        })
    };
    answer(
        &app,
        &caller.user_id,
        key,
        StatusCode::OK,
        Reserve::default(),
        effect,
    )
    .await
}

/// Restores several deleted tasks; those that cannot be restored are left out of the answer.
#[utoipa::path(post, path = "/tasks/restore", tag = "tasks", operation_id = "restore_tasks", request_body = TaskIds, params(("user_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = TaskIds),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn restore_all(
    State(app): State<App>,
    caller: Caller,
    key: MaybeKey,
    Json(TaskIds { ids }): Json<TaskIds>,
) -> Result<Response, Error> {
    let effect = async move |write: &mut UserWrite| {
        Ok(TaskIds {
            ids: rules::restore_all(write, &ids).await?,
        })
    };
    answer(
        &app,
        &caller.user_id,
        key,
        StatusCode::OK,
        Reserve::default(),
        effect,
    )
    .await
}

/// Lists the tags in use.
#[utoipa::path(get, path = "/tags", tag = "tasks", operation_id = "list_tags", params(("user_id" = String, Path)), responses(
    (status = 200, body = Tags),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn tags(State(app): State<App>, caller: Caller) -> Result<Answer<Tags>, Error> {
    // They are those of every task.
    let mut conn = app.db.read_alone().await?;
    rules::tags(&mut conn, &caller.user_id)
        .await
        .map(|tags| Answer(Tags { tags }))
}
