//! The task list: what its forms do and the fragments that show it.

pub(crate) mod edit;
pub(crate) mod quick_add;
pub(crate) mod view;

use axum::{
    extract::{Path, RawQuery},
    http::{HeaderValue, Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use todo_api::{
    Completion, Deleted, DueDate, Settings, Task, TaskIds, TaskList, TaskQuery, TaskSort,
    TaskStatus,
};

use self::view::ListView;
use super::{answer, clock::Clock, html};
use crate::{
    address::Address,
    backend::BackendError,
    failure::Failure,
    session::Session,
    toast::{Toast, ids_of, ranges},
    visitor::Visitor,
};

/// The tasks that the page shows, as the backend gave them.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) tasks: Vec<Task>,
    pub(crate) has_more: bool,
    /// Tasks that fall due soon, shown or not, so that the page can say when they do.
    pub(crate) due_soon: Vec<Task>,
}

/// Asks for the list.
pub(crate) async fn load(session: &Session, address: &Address) -> Result<Listed, BackendError> {
    let (page, due_soon) = tokio::try_join!(load_pages(session, address), load_due_soon(session))?;
    Ok(Listed {
        tasks: page.tasks,
        has_more: page.next_cursor.is_some(),
        due_soon,
    })
}

async fn load_pages(session: &Session, address: &Address) -> Result<TaskList, BackendError> {
    let mut query = address.task_query();
    let mut list = query_tasks(session, &query).await?;
    for _ in 1..address.pages() {
        let Some(cursor) = list.next_cursor.take() else {
            break;
        };
        query.cursor = Some(cursor);
        let more = query_tasks(session, &query).await?;
        list.tasks.extend(more.tasks);
        list.next_cursor = more.next_cursor;
    }
    Ok(list)
}

async fn query_tasks(session: &Session, query: &TaskQuery) -> Result<TaskList, BackendError> {
    let query = serde_urlencoded::to_string(query)
        .map_err(|error| BackendError::Malformed(error.into()))?;
    let path = session.path(format_args!("tasks?{query}"));
    session.backend.get(&path).await
}

/// Pending tasks that fall due at a moment within the next day.
async fn load_due_soon(session: &Session) -> Result<Vec<Task>, BackendError> {
    const MOST: u16 = 50;
    let now = jiff::Timestamp::now();
    let day = jiff::SignedDuration::from_hours(24);
    let query = TaskQuery {
        status: Some(TaskStatus::Pending),
        sort: Some(TaskSort::DueDate),
        due_after: Some(DueDate::Moment(now)),
        due_before: now.checked_add(day).ok().map(DueDate::Moment),
        limit: Some(MOST),
        ..TaskQuery::default()
    };
    Ok(query_tasks(session, &query).await?.tasks)
}

/// The list as it is now.
async fn current(session: &Session, address: &Address) -> Result<ListView, BackendError> {
    let settings = session.path("settings");
    let (listed, settings) = tokio::try_join!(
        load(session, address),
        session.backend.get::<Settings>(&settings)
    )?;
    Ok(ListView::new(listed, &Clock::of(&settings), address))
}

/// The list, with the filters in the page's address.
pub(crate) async fn list(
    visitor: Visitor,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let address = Address::parse(&query.unwrap_or_default());
    if !visitor.htmx {
        return Ok(Redirect::to(&address.href()).into_response());
    }
    let address = address.with_chat_of(&Address::of_page(&visitor, ""));
    let mut response = html(current(&session, &address).await?);
    // A list that only refreshes itself leaves the page's address alone.
    let is_refresh = visitor.source.as_deref() == Some("div#task-list");
    if !is_refresh && let Ok(href) = HeaderValue::from_str(&address.settled().href()) {
        response.headers_mut().insert("hx-replace-url", href);
    }
    Ok(response)
}

/// A fragment with what is to be said about it.
fn with_toast(list: ListView, toast: Option<Toast>) -> Response {
    let toast = toast
        .map(|toast| toast.partial().to_string())
        .unwrap_or_default();
    axum::response::Html(format!("{list}{toast}")).into_response()
}

/// Fields of the buttons in the list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ActionForm {
    address: String,
    completed: Option<bool>,
    ids: String,
}

/// Marks a task as done or as not done.
pub(crate) async fn complete(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<ActionForm>,
) -> Result<Response, Failure> {
    let address = Address::of_page(&visitor, &form.address).settled();
    let path = session.path(format_args!("tasks/{id}/complete"));
    let completed = Completion {
        completed: form.completed.unwrap_or(true),
    };
    session
        .backend
        .call::<Task>(Method::PATCH, &path, &completed, None)
        .await?;
    refreshed(&visitor, &session, &address, None).await
}

/// Deletes a task; the toast brings it back.
pub(crate) async fn delete(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<ActionForm>,
) -> Result<Response, Failure> {
    let mut address = Address::of_page(&visitor, &form.address).settled();
    let path = session.path(format_args!("tasks/{id}"));
    session
        .backend
        .act::<Deleted>(Method::DELETE, &path, None)
        .await?;
    let toast = Toast::note(format!("Deleted task {id}.")).with_restore(&[id], &form.address);
    address.notice = Some(format!("deleted:{id}"));
    refreshed(&visitor, &session, &address, Some(toast)).await
}

/// Deletes all completed tasks; the toast brings them back.
pub(crate) async fn clear_completed(
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<ActionForm>,
) -> Result<Response, Failure> {
    let mut address = Address::of_page(&visitor, &form.address).settled();
    let path = session.path("tasks/clear-completed");
    let cleared: TaskIds = session.backend.act(Method::POST, &path, None).await?;
    address.notice = Some(format!("cleared:{}", ranges(&cleared.ids)));
    let toast = notice(address.notice.as_deref(), &form.address);
    refreshed(&visitor, &session, &address, toast).await
}

/// Brings deleted tasks back.
pub(crate) async fn restore(
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<ActionForm>,
) -> Result<Response, Failure> {
    let mut address = Address::of_page(&visitor, &form.address).settled();
    let path = session.path("tasks/restore");
    let ids = ids_of(&form.ids);
    let restored: TaskIds = session
        .backend
        .call(Method::POST, &path, &ids, None)
        .await?;
    address.notice = Some(format!("restored:{}", restored.ids.len()));
    let toast = notice(address.notice.as_deref(), &form.address);
    refreshed(&visitor, &session, &address, toast).await
}

async fn refreshed(
    visitor: &Visitor,
    session: &Session,
    address: &Address,
    toast: Option<Toast>,
) -> Result<Response, Failure> {
    if !visitor.htmx {
        return Ok(answer(visitor, address, || StatusCode::OK.into_response()));
    }
    let list = current(session, &address.settled()).await?;
    Ok(with_toast(list, toast))
}

/// What the page's address says has just been done.
pub(crate) fn notice(notice: Option<&str>, address: &str) -> Option<Toast> {
    let (kind, what) = notice?.split_once(':')?;
    match kind {
        "deleted" => {
            let id: i64 = what.parse().ok()?;
            Some(Toast::note(format!("Deleted task {id}.")).with_restore(&[id], address))
        }
        "cleared" => {
            let ids = ids_of(what).ids;
            Some(match ids.len() {
                0 => Toast::note("There was nothing to clear."),
                1 => Toast::note("Cleared 1 completed task.").with_restore(&ids, address),
                n => {
                    Toast::note(format!("Cleared {n} completed tasks.")).with_restore(&ids, address)
                }
            })
        }
        "restored" => {
            let n: usize = what.parse().ok()?;
            Some(Toast::note(match n {
                0 => "Nothing was left to bring back.".to_owned(),
                1 => "Brought 1 task back.".to_owned(),
                n => format!("Brought {n} tasks back."),
            }))
        }
        _ => None,
    }
}
