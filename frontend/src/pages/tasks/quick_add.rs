//! The line above the list that adds a task.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use todo_api::{NewTask, Priority, Task};

use super::{current, with_toast};
use crate::{
    App,
    address::Address,
    backend::BackendError,
    failure::Failure,
    pages::{html, index},
    session::Session,
    toast::Toast,
    visitor::Visitor,
};

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
}
