//! REST for the settings and the export of a user.

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use todo_api::{Problem, Settings, SettingsPatch};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{export, model::UserRow, queries, rules};
use crate::{
    app::App,
    caller::Caller,
    error::Error,
    extract::Json,
    idempotency::{MaybeKey, answer},
    writes::{Reserve, UserWrite},
};

/// The routes under `/api/{user_id}`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get, change))
        .routes(routes!(download))
}

/// Gets the settings.
#[utoipa::path(get, path = "/settings", tag = "accounts", params(("user_id" = String, Path)), responses(
    (status = 200, body = Settings),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn get(State(app): State<App>, caller: Caller) -> Result<Answer<Settings>, Error> {
    let user = user(&app, &caller).await?;
    Ok(Answer(rules::settings(&app, &user)))
}

/// Changes settings: absent fields stay.
#[utoipa::path(patch, path = "/settings", tag = "accounts", request_body = SettingsPatch, params(("user_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = Settings),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: MaybeKey,
    Json(patch): Json<SettingsPatch>,
) -> Result<Response, Error> {
    let of_effect = app.clone();
    let effect = async move |write: &mut UserWrite| {
        let user = rules::change_settings(write, patch).await?;
        Ok(rules::settings(&of_effect, &user))
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

/// Downloads everything of the user: settings, sessions, tasks, conversations with their messages
/// and what the assistant did.
#[utoipa::path(get, path = "/export", tag = "accounts", params(("user_id" = String, Path)), responses(
    (status = 200, body = Object, content_type = "application/json", headers(("content-disposition" = String))),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn download(State(app): State<App>, caller: Caller) -> Result<Response, Error> {
    let user = user(&app, &caller).await?;
    let day = app.clock.now().strftime("%Y-%m-%d");
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"todo-{day}.json\""),
        ),
    ];
    let document = export::document(&app, user, caller.user_id);
    Ok((headers, document).into_response())
}

async fn user(app: &App, caller: &Caller) -> Result<UserRow, Error> {
    let mut conn = app.db.read().await?;
    let user = queries::user(&mut conn, caller.user_id.as_str()).await?;
    user.ok_or(Error::Unauthorized("This account no longer exists."))
}
