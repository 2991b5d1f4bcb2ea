//! Turns as they stand, the messages of a conversation, stopping turns, and how those end that run
//! in no process.

use std::time::Duration;

use todo_api::{MessageList, MessageQuery, Turn, TurnEvent, TurnState};

use super::{
    abandoned,
    begin::{self, Begun},
    queries::{self, EventRow, TurnChange, TurnRow, state_name},
    view::{self, EVENTS_MAX, closing},
};
use crate::{
    app::App,
    caller::UserId,
    conversations,
    db::types::At,
    error::Error,
    extract::page_limit,
    idempotency::MaybeKey,
    writes::{Reserve, UserWrite},
};

/// A turn as it stands.
pub(super) async fn get(app: &App, user_id: &UserId, id: i64) -> Result<view::Whole, Error> {
    let mut conn = app.db.read().await?;
    let whole = view::whole(&mut conn, user_id, id).await?;
    if !whole.row.is_abandoned(app.clock.now()) {
        return Ok(whole);
    }
    drop(conn);
    abandoned::interrupt_if_abandoned(app, user_id, id).await?;
    view::whole(&mut app.db.read().await?, user_id, id).await
}

/// The messages of a conversation, or of the newest one.
///
/// # Errors
/// [`Error::Invalid`] for a limit out of range, [`Error::NotFound`] when there is no such
/// conversation.
pub(super) async fn messages(
    app: &App,
    user_id: &UserId,
    conversation: Option<i64>,
    query: MessageQuery,
) -> Result<MessageList, Error> {
    let limit = page_limit(query.limit, "messages")?;
    let mut conn = app.db.read().await?;
    let found = match conversation {
        Some(id) => conversations::queries::find(&mut conn, user_id, id).await?,
        None => conversations::queries::list(&mut conn, user_id, None, None, 1)
            .await?
            .pop(),
    };
    let id = found.ok_or(Error::NotFound("conversation"))?.id;
    if let Some(turn) = queries::unfinished(&mut conn, user_id, id).await?
        && turn.is_abandoned(app.clock.now())
    {
        drop(conn);
        abandoned::interrupt_if_abandoned(app, user_id, turn.id).await?;
        conn = app.db.read().await?;
    }
    let limit = usize::from(limit);
    let mut rows =
        queries::latest_messages(&mut conn, user_id, id, query.before, limit as i64 + 1).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let messages = view::messages(&mut conn, user_id, rows, app.clock.now()).await?;
    Ok(MessageList { messages, has_more })
}

/// Stops a turn; one that has finished stays as it is.
pub(super) async fn stop(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    id: i64,
) -> Result<Turn, Error> {
    let MaybeKey(key) = key;
    let request = async move |write: &mut UserWrite| {
        if begin::replayed(write, key.as_ref()).await?.is_some() {
            return Ok(());
        }
        let user_id = write.user_id.clone();
        let row = queries::turn(&mut write.conn, &user_id, id)
            .await?
            .ok_or(Error::NotFound("turn"))?;
        match row.state() {
            TurnState::Waiting => end(write, row, TurnState::Stopped, Vec::new()).await?,
            TurnState::Running => {
                queries::request_stop(&mut write.conn, &user_id, id).await?;
            }
            _ => {}
        }
        let asked = Begun {
            turn_id: id,
            replayed: false,
        };
        begin::keep(write, key, asked).await
    };
    app.write(user_id, Reserve::default(), request).await?;
    if let Some(running) = app.turns.get(user_id, id) {
        running.stop.cancel();
    }
    // Another process looks for stops several times a second.
    for _ in 0..40 {
        let whole = get(app, user_id, id).await?;
        if whole.row.state() != TurnState::Running {
            return Ok(whole.turn(app.clock.now()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(get(app, user_id, id).await?.turn(app.clock.now()))
}

/// Ends a turn that runs in no process, with these last events before the closing one.
pub(super) async fn end(
    write: &mut UserWrite,
    row: TurnRow,
    state: TurnState,
    mut events: Vec<TurnEvent>,
) -> Result<(), Error> {
    let (user_id, now) = (write.user_id.clone(), write.now);
    events.push(closing(state, None));
    let mut last = queries::last_seq(&mut write.conn, &user_id, row.id)
        .await?
        .unwrap_or(row.last_seq);
    if row.state() == TurnState::Running {
        // Its process, if it lives after all, has told its listeners of events that nobody else
        // knows; these are not to bear the same numbers.
        last += EVENTS_MAX;
    }
    let rows = EventRow::numbered(&row.user_id, row.id, last + 1, events);
    let last_seq = rows.last().map_or(last, |row| row.seq);
    queries::insert_events(&mut write.conn, &rows).await?;
    let change = TurnChange {
        state: state_name(state).to_owned(),
        owner: None,
        lease_until: None,
        stop_requested: false,
        approval: None,
        approved: row.approved,
        error: None,
        last_seq,
        updated_at: At(now),
    };
    queries::change_turn(&mut write.conn, &user_id, row.id, change).await?;
    write.changed.conversations.push(row.conversation_id);
    Ok(())
}
