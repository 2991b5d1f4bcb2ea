//! The pages and the fragments that htmx asks for.

mod account;
mod authorize;
mod chat;
mod clock;
mod conversations;
mod grants;
mod index;
mod settings;
mod tasks;
mod tokens;

use askama::Template;
use axum::{
    Router,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use todo_api::Theme;

use crate::{App, address::Address, failure::Failure, visitor::Visitor};

/// What frames a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// The user's choice; the device's when nobody is signed in.
    pub(crate) theme: Theme,
    /// Where a page without JavaScript looks again, while an answer comes.
    pub(crate) refresh: Option<String>,
}

impl Look {
    pub(crate) fn of(theme: Theme) -> Self {
        Self {
            theme,
            refresh: None,
        }
    }

    pub(crate) fn theme(&self) -> &'static str {
        match self.theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// A template as an answer.
pub(crate) fn html(template: impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            Failure::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on the server. Please try again.",
            )
            .into_response()
        }
    }
}

/// The answer to a form: a fragment for htmx, and the page again for everything else.
fn answer(visitor: &Visitor, address: &Address, fragment: impl FnOnce() -> Response) -> Response {
    if visitor.htmx {
        fragment()
    } else {
        Redirect::to(&address.href()).into_response()
    }
}

/// A value that makes sending a form twice do its work once.
fn fresh_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The routes for which one must be signed in.
pub(crate) fn signed_in() -> Router<App> {
    Router::new()
        .route("/", get(index::page))
        .route("/live", get(index::live))
        .route("/tasks", get(tasks::list).post(tasks::quick_add::add))
        .route("/tasks/restore", post(tasks::restore))
        .route("/tasks/clear-completed", post(tasks::clear_completed))
        .route(
            "/tasks/{id}",
            get(tasks::edit::close).post(tasks::edit::save),
        )
        .route("/tasks/{id}/edit", get(tasks::edit::open))
        .route("/tasks/{id}/complete", post(tasks::complete))
        .route("/tasks/{id}/delete", post(tasks::delete))
        .route("/chat", post(chat::say))
        .route("/chat/messages/{id}", post(chat::edit))
        .route("/chat/messages/{id}/edit", get(chat::editor))
        .route("/chat/turns/{id}/events", get(chat::events))
        .route("/chat/turns/{id}/stop", post(chat::stop))
        .route("/chat/turns/{id}/retry", post(chat::retry))
        .route("/chat/turns/{id}/approve", post(chat::approve))
        .route("/chat/turns/{id}/calls/{n}/undo", post(chat::undo))
        .route("/conversations", get(conversations::list))
        .route("/conversations/{id}/messages", get(chat::messages))
        .route("/conversations/{id}/rename", post(conversations::rename))
        .route("/conversations/{id}/delete", post(conversations::delete))
        .route("/settings", get(settings::page).post(settings::save))
        .route("/settings/password", post(settings::change_password))
        .route("/settings/sessions", post(settings::end_session))
        .route("/settings/tokens", post(tokens::create))
        .route("/settings/tokens/revoke", post(tokens::revoke))
        .route("/settings/grants/revoke", post(grants::revoke))
        .route("/settings/delete", post(settings::delete_account))
        .route("/export", get(settings::export))
        .route(
            "/oauth/authorize",
            get(authorize::page).post(authorize::decide),
        )
        .route("/logout", post(account::sign_out))
}

/// The routes for everybody.
pub(crate) fn open() -> Router<App> {
    Router::new()
        .route("/login", get(account::login_page).post(account::sign_in))
        .route("/signup", get(account::signup_page).post(account::sign_up))
        .route("/reset", get(account::reset_page).post(account::reset))
}

/// What is answered where nothing is.
pub(crate) async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}
