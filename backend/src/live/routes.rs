//! The stream of a user's changes.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use todo_api::{Changed, Problem};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::Instant,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::queries;
use crate::{
    app::App,
    caller::{Caller, UserId},
    error::Error,
};

/// How often a silent stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
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
    let user_id = caller.user_id;
    let receiver = app.live.subscribe(&user_id)?;
    let first = current(&app, &user_id).await?;
    let seconds = caller
        .expires_at
        .saturating_sub(app.clock.now().as_second());
    let expires =
        Instant::now() + Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(86_400));
    let state = Some((receiver, Some(first)));
    let events = stream::unfold(state, move |state| {
        let (app, user_id) = (app.clone(), user_id.clone());
        async move {
            let (mut receiver, first) = state?;
            if let Some(first) = first {
                return Some((Ok::<_, Infallible>(show(&first)), Some((receiver, None))));
            }
            tokio::select! {
                changed = next(&app, &user_id, &mut receiver) => {
                    Some((Ok(show(&changed?)), Some((receiver, None))))
                }
                () = tokio::time::sleep_until(expires) => {
                    Some((Ok(Event::default().event("expired").data("{}")), None))
                }
                () = app.lifecycle.soft().cancelled() => {
                    Some((Ok(Event::default().comment("restarting").retry(RECONNECT)), None))
                }
            }
        }
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
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
