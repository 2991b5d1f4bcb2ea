//! Server-sent events as every stream of the product sends them.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, stream};

use crate::{app::App, caller::Caller};

/// How often a silent stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Answers with these events; with `expired` as the last one when the caller's credential ends.
pub fn respond(
    app: &App,
    caller: Caller,
    events: impl Stream<Item = Event> + Send + 'static,
) -> Response {
    let ended = Box::pin(caller.ended(app.clone()));
    let state = Some((Box::pin(events), ended));
    let events = stream::unfold(state, async |state| {
        let (mut events, mut ended) = state?;
        tokio::select! {
            event = events.next() => Some((Ok::<_, Infallible>(event?), Some((events, ended)))),
            () = &mut ended => Some((Ok(Event::default().event("expired").data("{}")), None)),
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
    response
}
