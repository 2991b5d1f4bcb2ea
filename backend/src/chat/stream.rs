//! A turn's events as a stream: from memory where the turn runs in this process, else from the
//! database. Whoever reads gets every event once and in order, from any process.

use std::{collections::VecDeque, time::Duration};

use axum::response::{Response, sse::Event};
use futures_util::stream;
use todo_api::{TurnEvent, TurnState};

use super::{abandoned, queries, running::Heard, view};
use crate::{
    app::App,
    caller::{Caller, UserId},
    error::Error,
    sse,
};

/// How often the database is asked for events of a turn that runs elsewhere.
const POLL: Duration = Duration::from_millis(200);
/// Events that are read at once.
const PAGE: i64 = 500;
/// How long a turn that is interrupted because the process ends may take to say so.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where a reader stands.
struct Reader {
    app: App,
    user_id: UserId,
    turn_id: i64,
    seq: i64,
    ready: VecDeque<(i64, TurnEvent)>,
    /// Whether the last event was one after which nothing more comes for now.
    at_rest: bool,
}

impl Reader {
    /// The next event; none when no more will come.
    async fn next(&mut self) -> Result<Option<(i64, TurnEvent)>, Error> {
        loop {
            if let Some((seq, event)) = self.ready.pop_front() {
                return Ok(Some(self.take(seq, event)));
            }
            if let Some(running) = self.app.turns.get(&self.user_id, self.turn_id) {
                match running.next(self.seq).await {
                    Heard::Event(seq, event) => return Ok(Some(self.take(seq, event))),
                    Heard::End if self.at_rest => return Ok(None),
                    // A turn that was lost has its end in the database.
                    Heard::End | Heard::Earlier => {}
                }
            }
            // The state is read first: events that come after it are of a turn that goes on.
            let state = self.state().await?;
            let mut conn = self.app.db.read_alone().await?;
            let stored =
                queries::events_after(&mut conn, &self.user_id, self.turn_id, self.seq, PAGE)
                    .await?;
            drop(conn);
            self.ready
                .extend(stored.into_iter().map(|(seq, event)| (seq, event.0)));
            if self.ready.is_empty() {
                if state != TurnState::Running {
                    return Ok(None);
                }
                tokio::time::sleep(POLL).await;
            }
        }
    }

    fn take(&mut self, seq: i64, event: TurnEvent) -> (i64, TurnEvent) {
        self.seq = seq;
        self.at_rest = event.ends_stream();
        (seq, event)
    }

    async fn state(&self) -> Result<TurnState, Error> {
        let mut conn = self.app.db.read_alone().await?;
        let row = queries::turn(&mut conn, &self.user_id, self.turn_id)
            .await?
            .ok_or(Error::NotFound("turn"))?;
        drop(conn);
        if row.is_abandoned(self.app.clock.now()) {
            abandoned::interrupt_if_abandoned(&self.app, &self.user_id, self.turn_id).await?;
            return Ok(TurnState::Interrupted);
        }
        Ok(row.state())
    }
}

/// Reads the events of a turn after `seq`, until it finishes or waits for the user.
async fn read(app: &App, user_id: &UserId, turn_id: i64, seq: i64) -> Result<Reader, Error> {
    let mut reader = Reader {
        app: app.clone(),
        user_id: user_id.clone(),
        turn_id,
        seq,
        ready: VecDeque::new(),
        at_rest: false,
    };
    if reader.state().await? != TurnState::Running && app.turns.get(user_id, turn_id).is_none() {
        let mut conn = app.db.read().await?;
        // Events of turns that finished long ago are made anew.
        if queries::last_seq(&mut conn, user_id, turn_id)
            .await?
            .is_none()
        {
            let whole = view::whole(&mut conn, user_id, turn_id).await?;
            let replay = whole.replay(app.clock.now());
            let first = whole.row.last_seq + 1 - replay.len() as i64;
            reader.ready = (first..).zip(replay).filter(|(at, _)| *at > seq).collect();
        }
    }
    Ok(reader)
}

/// Waits until a turn finishes or waits for the user.
pub(super) async fn until_rest(app: &App, user_id: &UserId, turn_id: i64) -> Result<(), Error> {
    let mut reader = read(app, user_id, turn_id, 0).await?;
    while reader.next().await?.is_some() {}
    Ok(())
}

/// Answers with the events of a turn after `seq` as server-sent events. The stream ends when the
/// turn finishes or waits for the user, with `expired` when the caller's credential ends.
pub(super) async fn respond(
    app: &App,
    caller: &Caller,
    turn_id: i64,
    seq: i64,
) -> Result<Response, Error> {
    let open = app.streams.open(&caller.user_id)?;
    let reader = read(app, &caller.user_id, turn_id, seq).await?;
    let events = stream::unfold(Some(reader), move |reader| async move {
        let mut reader = reader?;
        let app = reader.app.clone();
        let runs_here = app.turns.get(&reader.user_id, reader.turn_id).is_some();
        tokio::select! {
            next = reader.next() => match next {
                Ok(Some((seq, event))) => Some((show(seq, &event), Some(reader))),
                Ok(None) => None,
                Err(error) => {
                    tracing::debug!(%error, "a stream of events broke off");
                    None
                }
            },
            () = time_to_leave(&app, runs_here) => Some((sse::reconnect(), None)),
        }
    });
    Ok(sse::respond(app, caller.clone(), open, events))
}

/// When readers are sent elsewhere because this process ends: those of a turn that runs here after
/// it has ended, the others at once.
async fn time_to_leave(app: &App, runs_here: bool) {
    if runs_here {
        app.lifecycle.hard().cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    } else {
        app.lifecycle.soft().cancelled().await;
    }
}

/// An event on the wire: its type is the SSE event's, so the data has the other fields only.
fn show(seq: i64, event: &TurnEvent) -> Event {
    // Events are made of strings, numbers and JSON, which always serialize.
    let mut data = serde_json::to_value(event).unwrap_or_default();
    if let Some(fields) = data.as_object_mut() {
        fields.remove("type");
    }
    Event::default()
        .id(seq.to_string())
        .event(event.name())
        .data(data.to_string())
}
