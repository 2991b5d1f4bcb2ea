//! The task list: what its forms do and the fragments that show it.

pub(crate) mod view;

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use todo_api::{
    Completion, Deleted, DueDate, NewTask, Patch, Priority, Settings, Task, TaskIds, TaskList,
    TaskPatch, TaskQuery, TaskSort, TaskStatus,
};

use self::view::{EditorView, ListView, RowView};
use super::{answer, clock::Clock, html};
use crate::{
    App,
    address::Address,
    backend::BackendError,
    failure::Failure,
    pages::index,
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

async fn clock(session: &Session) -> Result<Clock, BackendError> {
    let settings = session.backend.get(&session.path("settings")).await?;
    Ok(Clock::of(&settings))
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

/// Fields of the quick-add line.
#[derive(Deserialize)]
pub(crate) struct AddForm {
    #[serde(default)]
    title: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    address: String,
}

/// Adds a task from the quick-add line.
pub(crate) async fn add(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<AddForm>,
) -> Result<Response, Failure> {
    let address = Address::of_page(&visitor, &form.address);
    let quick = QuickAdd::read(&form.title);
    let path = session.path("tasks");
    let added = session
        .backend
        .call::<Task>(Method::POST, &path, &quick.task, Some(&form.key))
        .await;
    let task = match added {
        Ok(task) => task,
        Err(error) if error.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            return refuse_title(&app, &visitor, &session, &address, &form.title, &error).await;
        }
        Err(error) => return Err(error.into()),
    };
    if !visitor.htmx {
        return Ok(Redirect::to(&address.settled().href()).into_response());
    }
    let list = current(&session, &address).await?;
    let toast = if list.shows(task.id) {
        None
    } else {
        let text = format!(
            "Added “{}” as task {}; the filter hides it.",
            task.title, task.id
        );
        Some(Toast::note(text).with_link("Show all", address.unfiltered().href()))
    };
    Ok(with_toast(list, toast))
}

/// What the quick-add line says: words, `#tags`, and `!high`, `!medium` or `!low`.
struct QuickAdd {
    task: NewTask,
}

impl QuickAdd {
    fn read(line: &str) -> Self {
        let mut task = NewTask::default();
        let mut words = Vec::new();
        let mut tags = Vec::new();
        for word in line.split_whitespace() {
            let tag = word.strip_prefix('#').filter(|tag| !tag.is_empty());
            match (tag, priority_mark(word)) {
                (Some(tag), _) => tags.push(tag.to_owned()),
                (_, Some(priority)) => task.priority = Some(priority),
                _ => words.push(word),
            }
        }
        task.title = words.join(" ");
        if !tags.is_empty() {
            task.tags = Some(tags);
        }
        Self { task }
    }
}

fn priority_mark(word: &str) -> Option<Priority> {
    Some(match word.to_lowercase().as_str() {
        "!high" | "!!!" => Priority::High,
        "!medium" | "!!" => Priority::Medium,
        "!low" => Priority::Low,
        _ => return None,
    })
}

/// Says under the quick-add line what is wrong with it.
async fn refuse_title(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    address: &Address,
    typed: &str,
    error: &BackendError,
) -> Result<Response, Failure> {
    let sentence = error
        .field("title")
        .map_or_else(|| error.sentence(), str::to_owned);
    if visitor.htmx {
        let mut headers = HeaderMap::new();
        headers.insert("hx-retarget", HeaderValue::from_static("#quick-add-error"));
        headers.insert("hx-reswap", HeaderValue::from_static("textContent"));
        let text = askama::filters::escape(sentence, askama::filters::Html)
            .map(|text| text.to_string())
            .unwrap_or_default();
        let body = axum::response::Html(text);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, headers, body).into_response());
    }
    let mut page = index::load(app, session, address).await?;
    page.refuse_title(typed, sentence);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response())
}

/// A fragment with what is to be said about it.
fn with_toast(list: ListView, toast: Option<Toast>) -> Response {
    let toast = toast
        .map(|toast| toast.partial().to_string())
        .unwrap_or_default();
    axum::response::Html(format!("{list}{toast}")).into_response()
}

/// One row as it is shown, for leaving its editor.
pub(crate) async fn row(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let address = Address::of_page(&visitor, "");
    if !visitor.htmx {
        return Ok(Redirect::to(&address.settled().href()).into_response());
    }
    let path = session.path(format_args!("tasks/{id}"));
    let (task, clock) = tokio::try_join!(session.backend.get::<Task>(&path), clock(&session))?;
    Ok(html(RowView::new(&task, &clock, &address)))
}

/// One row with its editor open.
pub(crate) async fn edit(
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let address = Address::of_page(&visitor, "");
    if !visitor.htmx {
        return Ok(Redirect::to(&address.editing(id).href()).into_response());
    }
    let path = session.path(format_args!("tasks/{id}"));
    let (task, clock) = tokio::try_join!(session.backend.get::<Task>(&path), clock(&session))?;
    Ok(html(EditorView::new(&task, &clock, &address)))
}

/// Fields of a row's editor.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EditForm {
    title: String,
    description: String,
    date: String,
    time: String,
    priority: String,
    tags: String,
    address: String,
}

impl EditForm {
    fn patch(&self, clock: &Clock) -> Result<TaskPatch, super::clock::BadDate> {
        let due = clock.read_fields(&self.date, &self.time)?;
        let description = self.description.trim().replace("\r\n", "\n");
        let priority = match self.priority.as_str() {
            "low" => Priority::Low,
            "medium" => Priority::Medium,
            "high" => Priority::High,
            _ => Priority::None,
        };
        Ok(TaskPatch {
            title: Patch::Set(self.title.clone()),
            description: if description.is_empty() {
                Patch::Clear
            } else {
                Patch::Set(description)
            },
            priority: Patch::Set(priority),
            due_date: due.map_or(Patch::Clear, Patch::Set),
            tags: Patch::Set(self.tags()),
            completed: Patch::Keep,
        })
    }

    fn tags(&self) -> Vec<String> {
        self.tags
            .split(|c: char| c == ',' || c.is_whitespace())
            .map(|tag| tag.trim_start_matches('#'))
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

/// Saves what was changed in a row's editor.
pub(crate) async fn change(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    Path(id): Path<i64>,
    axum::Form(form): axum::Form<EditForm>,
) -> Result<Response, Failure> {
    let address = Address::of_page(&visitor, &form.address);
    let clock = clock(&session).await?;
    let mut editor = EditorView::from_form(id, &form, &address);
    match form.patch(&clock) {
        Err(_) => editor.refuse(
            "date",
            "Enter a date such as 2026-11-27, and a time such as 17:00.",
        ),
        Ok(patch) => {
            let path = session.path(format_args!("tasks/{id}"));
            let saved = session
                .backend
                .call::<Task>(Method::PUT, &path, &patch, None)
                .await;
            match saved {
                Ok(_) => {
                    let list = current(&session, &address);
                    let list = if visitor.htmx {
                        Some(list.await?)
                    } else {
                        None
                    };
                    return Ok(match list {
                        Some(list) => html(list),
                        None => {
                            let back = format!("{}#task-{id}", address.settled().href());
                            Redirect::to(&back).into_response()
                        }
                    });
                }
                Err(error) if error.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                    editor.refuse_all(&error);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if visitor.htmx {
        let target = HeaderValue::from_str(&format!("#task-{id}"));
        let mut response = (status, html(editor)).into_response();
        let headers = response.headers_mut();
        if let Ok(target) = target {
            headers.insert("hx-retarget", target);
        }
        headers.insert("hx-reswap", HeaderValue::from_static("outerHTML"));
        return Ok(response);
    }
    let mut page = index::load(&app, &session, &address.editing(id)).await?;
    page.put_editor(editor);
    Ok((status, html(page)).into_response())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_add_line_takes_tags_and_a_priority() {
        let task = QuickAdd::read("  Buy   milk #home !high #shop ").task;
        assert_eq!(task.title, "Buy milk");
        assert_eq!(task.priority, Some(Priority::High));
        assert_eq!(task.tags, Some(vec!["home".into(), "shop".into()]));
        let plain = QuickAdd::read("Call # 5 today!").task;
        assert_eq!(plain.title, "Call # 5 today!");
        assert_eq!(plain.tags, None);
    }

    #[test]
    fn tags_are_read_however_they_are_separated() {
        let form = EditForm {
            tags: "#home, shop  garden,,#".into(),
            ..EditForm::default()
        };
        assert_eq!(form.tags(), ["home", "shop", "garden"]);
    }
}
