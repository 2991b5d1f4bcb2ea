//! The stream of a user's changes.

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
    let open = app.streams.open(&caller.user_id)?;
    let user_id = caller.user_id.clone();
    let receiver = app.live.subscribe(&user_id);
    let first = current(&app, &user_id).await?;
    let listening = app.clone();
    let events = stream::unfold(Some((receiver, None)), move |state| {
        let (app, user_id, first) = (listening.clone(), user_id.clone(), first.clone());
        async move {
            let (mut receiver, told) = state?;
            let Some(told) = told else {
                return Some((show(&first), Some((receiver, Some(first.version)))));
            };
            tokio::select! {
                changed = next(&app, &user_id, &mut receiver, told) => {
                    let changed = changed?;
                    Some((show(&changed), Some((receiver, Some(changed.version)))))
                }
                () = app.lifecycle.soft().cancelled() => Some((sse::reconnect(), None)),
            }
        }
    });
    Ok(sse::respond(&app, caller, open, events))
}

/// The next change after that version; whoever was too slow is told the latest version only.
async fn next(
    app: &App,
    user_id: &UserId,
    receiver: &mut broadcast::Receiver<Changed>,
    told: i64,
) -> Option<Changed> {
    loop {
        let changed = match receiver.recv().await {
            Ok(changed) => changed,
            Err(RecvError::Lagged(_)) => current(app, user_id).await.ok()?,
            Err(RecvError::Closed) => return None,
        };
        if changed.version > told {
            return Some(changed);
        }
    }
}

async fn current(app: &App, user_id: &UserId) -> Result<Changed, Error> {
    let version = queries::version(&mut app.db.read_alone().await?, user_id).await?;
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
