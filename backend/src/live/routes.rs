//! The stream of a user's changes.

use std::time::Duration;

use axum::{
    extract::State,
    response::{Response, sse::Event},
};
use futures_util::stream;
use todo_api::{Changed, Problem};
use tokio::sync::broadcast::{self, error::RecvError};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::queries;
use crate::{
    app::App,
    caller::{Caller, UserId},
    error::Error,
    sse,
};

/// When a page connects again after an orderly end.
const RECONNECT: Duration = Duration::from_millis(500);

/// The routes under `/api/{user_id}`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Streams what changes: `changed` events, the current version first. A hint to fetch, not data.
#[utoipa::path(get, path = "/events", tag = "live", operation_id = "events", params(("user_id" = String, Path)), responses(
    (status = 200, content_type = "text/event-stream", body = String),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn events(State(app): State<App>, caller: Caller) -> Result<Response, Error> {
    let user_id = caller.user_id.clone();
    let receiver = app.live.subscribe(&user_id)?;
    let first = current(&app, &user_id).await?;
    let of_stream = app.clone();
    let events = stream::unfold(Some((receiver, Some(first))), move |state| {
        let (app, user_id) = (of_stream.clone(), user_id.clone());
        async move {
            let (mut receiver, first) = state?;
            if let Some(first) = first {
                return Some((show(&first), Some((receiver, None))));
            }
            tokio::select! {
                changed = next(&app, &user_id, &mut receiver) => {
                    Some((show(&changed?), Some((receiver, None))))
                }
                () = app.lifecycle.soft().cancelled() => {
                    Some((Event::default().comment("restarting").retry(RECONNECT), None))
                }
            }
        }
    });
    Ok(sse::respond(&app, caller, events))
}

/// The next change; whoever was too slow is told the latest version only.
async fn next(
    app: &App,
    user_id: &UserId,
    receiver: &mut broadcast::Receiver<Changed>,
) -> Option<Changed> {
    match receiver.recv().await {
        Ok(changed) => Some(changed),
        Err(RecvError::Lagged(_)) => current(app, user_id).await.ok(),
        Err(RecvError::Closed) => None,
    }
}

async fn current(app: &App, user_id: &UserId) -> Result<Changed, Error> {
    let version = queries::version(&mut app.db.read().await?, user_id).await?;
    let version = version.ok_or(Error::Unauthorized("This account no longer exists."))?;
    Ok(Changed {
        version,
        ..Changed::default()
    })
}

fn show(changed: &Changed) -> Event {
    let data = serde_json::to_string(changed).unwrap_or_default();
    Event::default()
        .id(changed.version.to_string())
        .event("changed")
        .data(data)
}
