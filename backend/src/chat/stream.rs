//! A turn's events as a stream: from memory where the turn runs in this process, else from the
//! database. Whoever reads gets every event once and in order, from any process.

use std::{collections::VecDeque, time::Duration};

use axum::response::{Response, sse::Event};
use futures_util::stream;
use todo_api::{TurnEvent, TurnState};

use super::{queries, rules, running::Heard, view};
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

/// Where a reader stands.
struct Reader {
    app: App,
    user_id: UserId,
    turn_id: i64,
    seq: i64,
    ready: VecDeque<(i64, TurnEvent)>,
}

impl Reader {
    /// The next event; none when no more will come.
    async fn next(&mut self) -> Result<Option<(i64, TurnEvent)>, Error> {
        loop {
            if let Some((seq, event)) = self.ready.pop_front() {
                self.seq = seq;
                return Ok(Some((seq, event)));
            }
            if let Some(running) = self.app.turns.get(&self.user_id, self.turn_id) {
                match running.next(self.seq).await {
                    Heard::Event(seq, event) => {
                        self.seq = seq;
                        return Ok(Some((seq, event)));
                    }
                    Heard::End => return Ok(None),
                    Heard::Earlier => {}
                }
            }
            // The state is read first: events that come after it are of a turn that goes on.
            let state = self.state().await?;
            let mut conn = self.app.db.read().await?;
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

    async fn state(&self) -> Result<TurnState, Error> {
        let mut conn = self.app.db.read().await?;
        let row = queries::turn(&mut conn, &self.user_id, self.turn_id)
            .await?
            .ok_or(Error::NotFound("turn"))?;
        drop(conn);
        if row.is_abandoned(self.app.clock.now()) {
            rules::interrupt_if_abandoned(&self.app, &self.user_id, self.turn_id).await?;
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
    let reader = read(app, &caller.user_id, turn_id, seq).await?;
    let hard = app.lifecycle.hard().clone();
    let events = stream::unfold(Some(reader), move |reader| {
        let hard = hard.clone();
        async move {
            let mut reader = reader?;
            tokio::select! {
                next = reader.next() => match next {
                    Ok(Some((seq, event))) => Some((show(seq, &event), Some(reader))),
                    Ok(None) => None,
                    Err(error) => {
                        tracing::warn!(%error, "a stream of events broke off");
                        None
                    }
                },
                () = hard.cancelled() => None,
            }
        }
    });
    Ok(sse::respond(app, caller.clone(), events))
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
