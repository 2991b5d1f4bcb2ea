//! Changing a task in its row.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use todo_api::{Patch, Priority, Task, TaskPatch};

use super::{
    current,
    view::{EditorView, RowView},
};
use crate::{
    App,
    address::Address,
    backend::BackendError,
    failure::Failure,
    pages::{
        clock::{BadDate, Clock},
        html, index,
    },
    session::Session,
    visitor::Visitor,
};

async fn clock(session: &Session) -> Result<Clock, BackendError> {
    let settings = session.backend.get(&session.path("settings")).await?;
    Ok(Clock::of(&settings))
}

/// One row as it is shown, for leaving its editor.
pub(crate) async fn close(
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
pub(crate) async fn open(
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
    pub(super) title: String,
    pub(super) description: String,
    pub(super) date: String,
    pub(super) time: String,
    pub(super) priority: String,
    pub(super) tags: String,
    address: String,
}

impl EditForm {
    fn patch(&self, clock: &Clock) -> Result<TaskPatch, BadDate> {
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
pub(crate) async fn save(
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
        Err(BadDate) => editor.refuse(
            "date",
            "Enter a date such as 2026-11-27, and a time such as 17:00.",
        ),
        Ok(patch) => {
            let path = session.path(format_args!("tasks/{id}"));
            let saved = session
                .backend
                .call::<Task>(Method::PUT, &path, &patch, None);
            match saved.await {
                Ok(_) if visitor.htmx => return Ok(html(current(&session, &address).await?)),
                Ok(_) => {
                    let back = format!("{}#task-{id}", address.settled().href());
                    return Ok(Redirect::to(&back).into_response());
                }
                Err(error) if error.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                    editor.refuse_all(&error);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    refuse(&app, &visitor, &session, &address, editor).await
}

/// Shows the editor again with what is wrong.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    address: &Address,
    editor: EditorView,
) -> Result<Response, Failure> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if visitor.htmx {
        let mut response = (status, html(&editor)).into_response();
        let headers = response.headers_mut();
        if let Ok(target) = HeaderValue::from_str(&format!("#task-{}", editor.id)) {
            headers.insert("hx-retarget", target);
        }
        headers.insert("hx-reswap", HeaderValue::from_static("outerHTML"));
        return Ok(response);
    }
    let mut page = index::load(app, session, &address.editing(editor.id)).await?;
    page.put_editor(editor);
    Ok((status, html(page)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_however_they_are_separated() {
        let form = EditForm {
            tags: "#home, shop  garden,,#".into(),
            ..EditForm::default()
        };
        assert_eq!(form.tags(), ["home", "shop", "garden"]);
    }
}
