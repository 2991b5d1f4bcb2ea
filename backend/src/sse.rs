//! Server-sent events as every stream of the product sends them, and how many streams a user may
//! keep open.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, stream};

use crate::{
    app::App,
    caller::{Caller, UserId},
    error::Error,
};

/// Most streams of one user in one process: a page has two.
const STREAMS_MAX: usize = 64;
/// How often a silent stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// When a page connects again after an orderly end.
const RECONNECT: Duration = Duration::from_millis(500);

/// The open streams of this process, counted by user.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<UserId, usize>>>);

/// An open stream: counts until it is dropped.
pub struct OpenStream {
    streams: Streams,
    user_id: UserId,
}

impl Streams {
    /// Counts one more stream of a user.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] when the user has 64 already.
    pub fn open(&self, user_id: &UserId) -> Result<OpenStream, Error> {
        let mut counts = self.lock();
        let count = counts.entry(user_id.clone()).or_default();
        if *count >= STREAMS_MAX {
            let detail = "Too many pages of yours are open. Close some and try again.".to_owned();
            return Err(Error::TooManyRequests {
                retry_after: 10,
                detail,
            });
        }
        *count += 1;
        Ok(OpenStream {
            streams: self.clone(),
            user_id: user_id.clone(),
        })
    }

    /// Whether anybody listens.
    #[must_use]
    pub fn is_any_open(&self) -> bool {
        !self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut counts = self.streams.lock();
        if let Some(count) = counts.get_mut(&self.user_id) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.user_id);
            }
        }
    }
}

/// Answers with these events; with `expired` as the last one when the caller's credential ends.
pub fn respond(
    app: &App,
    caller: Caller,
    open: OpenStream,
    events: impl Stream<Item = Event> + Send + 'static,
) -> Response {
    let ended = Box::pin(caller.ended(app.clone()));
    let state = Some((Box::pin(events), ended, open));
    let events = stream::unfold(state, async |state| {
        let (mut events, mut ended, open) = state?;
        tokio::select! {
            event = events.next() => {
                Some((Ok::<_, Infallible>(event?), Some((events, ended, open))))
            }
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

/// Tells a page to connect again, which leads it to another replica.
pub fn reconnect() -> Event {
    Event::default().comment("restarting").retry(RECONNECT)
}
