//! REST for the settings and the export of a user.

use axum::{Json as Answer, extract::State, http::StatusCode, response::Response};
use todo_api::{Problem, Settings, SettingsPatch};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{queries, rules};
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
    OpenApiRouter::new().routes(routes!(get, change))
}

/// Gets the settings.
#[utoipa::path(get, path = "/settings", tag = "accounts", params(("user_id" = String, Path)), responses(
    (status = 200, body = Settings),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn get(State(app): State<App>, caller: Caller) -> Result<Answer<Settings>, Error> {
    let mut conn = app.db.read().await?;
    let user = queries::user(&mut conn, caller.user_id.as_str()).await?;
    let user = user.ok_or(Error::Unauthorized("This account no longer exists."))?;
    Ok(Answer(rules::settings(&user)))
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
    let effect = async move |write: &mut UserWrite| {
        let user = rules::change_settings(write, patch).await?;
        Ok(rules::settings(&user))
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
