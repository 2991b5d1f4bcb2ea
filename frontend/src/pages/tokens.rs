//! The settings' section on personal access tokens.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use todo_api::{CreatedPersonalToken, NewPersonalToken, PersonalToken, Scope};

use super::{
    clock::Clock,
    html,
    settings::{done, load},
};
use crate::{
    App,
    backend::{AuthAnswer, BackendError},
    failure::Failure,
    session::Session,
    visitor::Visitor,
};

/// What the section shows.
#[derive(Default)]
pub(super) struct Tokens {
    pub(super) list: Vec<TokenView>,
    /// The secret of one that was made just now: it is shown this once.
    pub(super) made: Option<String>,
    /// The name that was asked for, when it was refused.
    pub(super) name: String,
}

impl Tokens {
    pub(super) fn new(tokens: Vec<PersonalToken>, clock: &Clock) -> Self {
        let view = |token: PersonalToken| TokenView {
            scope: if token.scopes.contains(&Scope::Write) {
                "may read and change"
            } else {
                "may read"
            },
            until: clock.say_moment(token.expires_at),
            used: token.last_used_at.map_or_else(
                || "Never used".to_owned(),
                |used| format!("Last used {}", clock.say_moment(used)),
            ),
            id: token.id,
            name: token.name,
        };
        Self {
            list: tokens.into_iter().map(view).collect(),
            ..Self::default()
        }
    }
}

/// A token in the list.
pub(super) struct TokenView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scope: &'static str,
    pub(super) until: String,
    pub(super) used: String,
}

/// Fields of the section's forms.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenForm {
    id: String,
    name: String,
    scope: String,
    days: String,
}

/// Makes a token and shows its secret.
pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    axum::Form(form): axum::Form<TokenForm>,
) -> Result<Response, Failure> {
    let new = NewPersonalToken {
        name: form.name,
        scopes: vec![if form.scope == "write" {
            Scope::Write
        } else {
            Scope::Read
        }],
        expires_in_days: form.days.parse().ok(),
    };
    let made: Result<AuthAnswer<CreatedPersonalToken>, BackendError> = app
        .backend(&visitor)
        .with_cookie()
        .auth("/api/auth/create-personal-token", Some(&new))
        .await;
    let is_refused = |error: &BackendError| {
        error.status().is_client_error() && error.status() != StatusCode::UNAUTHORIZED
    };
    match made {
        Ok(answer) => {
            let mut page = load(&app, &visitor, &session).await?;
            page.tokens.made = Some(answer.body.token);
            Ok(html(page))
        }
        Err(error) if is_refused(&error) => {
            let sentence = error.field("name").map(str::to_owned);
            let sentence = sentence.unwrap_or_else(|| error.sentence());
            let mut page = load(&app, &visitor, &session).await?;
            page.errors = vec![("token-name", sentence)];
            page.tokens.name = new.name;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends a token.
pub(crate) async fn revoke(
    State(app): State<App>,
    visitor: Visitor,
    axum::Form(form): axum::Form<TokenForm>,
) -> Result<Response, Failure> {
    app.backend(&visitor)
        .with_cookie()
        .auth::<Value>(
            "/api/auth/revoke-personal-token",
            Some(&json!({ "id": form.id })),
        )
        .await?;
    Ok(done("token"))
}
