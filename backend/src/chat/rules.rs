//! What can be done with turns: begin, stop, retry, approve, edit and resend, undo.

use std::future::Future;

use jiff::{SignedDuration, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::json;
use todo_api::{CONVERSATION_TITLE_MAX, MESSAGE_MAX, Turn, TurnEvent, TurnState, Undo, Undone};

use super::{
    calls::{self, CallRef},
    queries::{self, EventRow, MessageRow, TurnChange, TurnRow, state_name},
    run::{self, Answer},
    running::LEASE,
    view::{self, closing},
};
use crate::{
    app::App,
    caller::UserId,
    conversations,
    db::types::{At, Json},
    error::Error,
    idempotency::{self, IdempotencyKey, MaybeKey},
    tasks,
    writes::{Reserve, UserWrite},
};

/// Events of finished turns are kept for so long; afterwards they are made anew from the message.
const KEEP_EVENTS: SignedDuration = SignedDuration::from_hours(1);
/// Length of a conversation's first title, in characters.
const FIRST_TITLE: usize = 60;

/// Which turn a request began, kept under its idempotency key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) turn_id: i64,
    /// Whether an earlier request with the same key began it.
    #[serde(skip)]
    pub(super) replayed: bool,
}

/// What the user says, and where.
pub(super) enum Say {
    /// A message in a conversation, or in a new one.
    Message { conversation: Option<i64> },
    /// A new text in place of an earlier message.
    Edit { conversation: i64, message: i64 },
}

/// Stores the user's message and begins the turn that answers it.
///
/// # Errors
/// [`Error::Invalid`] for the message or the time zone, [`Error::NotFound`] for the conversation,
/// `turn_in_progress` (409) while another turn of it runs, [`Error::Unavailable`] while shutting down.
pub(super) async fn say(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    say: Say,
    message: &str,
    time_zone: Option<String>,
) -> Result<Begun, Error> {
    let message = check_message(message)?;
    let time_zone = time_zone.map(check_zone).transpose()?;
    let permit = admit(app)?;
    let owner = app.turns.owner().to_owned();
    let conversations = i64::from(matches!(say, Say::Message { conversation: None }));
    let reserve = Reserve {
        conversations,
        turns: 1,
        messages: 2,
        ..Reserve::default()
    };
    let MaybeKey(key) = key;
    let store = async move |write: &mut UserWrite| {
        if let Some(begun) = replayed(write, key.as_ref()).await? {
            return Ok((begun, None));
        }
        let row = open(write, say, message, time_zone, &owner).await?;
        let begun = Begun {
            turn_id: row.id,
            replayed: false,
        };
        keep(write, key, begun).await?;
        Ok((begun, Some(row)))
    };
    let (begun, row) = app.write(user_id, reserve, store).await?;
    if let Some(row) = row {
        let running = app.turns.begin(user_id, row.id, 1);
        let app = app.clone();
        app.clone().lifecycle.spawn_work(async move {
            run::run(app, row, running, Answer::None).await;
            drop(permit);
        });
    }
    Ok(begun)
}

fn admit(app: &App) -> Result<tokio::sync::OwnedSemaphorePermit, Error> {
    if app.lifecycle.soft().is_cancelled() {
        return Err(Error::Unavailable("shutting down".to_owned()));
    }
    app.turns.admit()
}

fn check_message(text: &str) -> Result<String, Error> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Error::field("message", "Say something.")),
        length if length > MESSAGE_MAX => Err(Error::field(
            "message",
            format!("A message has at most {MESSAGE_MAX} characters."),
        )),
        _ if text.contains('\0') => Err(Error::field(
            "message",
            "A message cannot contain a NUL character.",
        )),
        _ => Ok(text.to_owned()),
    }
}

fn check_zone(name: String) -> Result<String, Error> {
    match TimeZone::get(&name) {
        Ok(_) if name.len() <= 64 => Ok(name),
        _ => Err(Error::field(
            "time_zone",
            "Use an IANA time zone such as Europe/Berlin.",
        )),
    }
}

async fn replayed(
    write: &mut UserWrite,
    key: Option<&IdempotencyKey>,
) -> Result<Option<Begun>, Error> {
    let Some(key) = key else { return Ok(None) };
    let Some((_, answer)) = idempotency::find(write, key).await? else {
        return Ok(None);
    };
    let begun: Begun =
        serde_json::from_str(&answer).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Some(Begun {
        replayed: true,
        ..begun
    }))
}

async fn keep(
    write: &mut UserWrite,
    key: Option<IdempotencyKey>,
    begun: Begun,
) -> Result<(), Error> {
    let Some(key) = key else { return Ok(()) };
    let answer = json!(begun).to_string();
    idempotency::keep(write, key, axum::http::StatusCode::OK, answer).await
}

/// Stores message, reply and turn.
async fn open(
    write: &mut UserWrite,
    say: Say,
    text: String,
    time_zone: Option<String>,
    owner: &str,
) -> Result<TurnRow, Error> {
    let (user_id, now) = (write.user_id.clone(), write.now);
    let time_zone = match time_zone {
        Some(name) => name,
        None => queries::time_zone(&mut write.conn, &user_id)
            .await?
            .unwrap_or_else(|| "UTC".to_owned()),
    };
    let conversation = match say {
        Say::Message {
            conversation: Some(id),
        }
        | Say::Edit {
            conversation: id, ..
        } => {
            let found = conversations::queries::find(&mut write.conn, &user_id, id).await?;
            found.ok_or(Error::NotFound("conversation"))?;
            make_way(write, id).await?;
            conversations::queries::touch(&mut write.conn, &user_id, id, now).await?;
            queries::sweep_events(&mut write.conn, &user_id, id, now - KEEP_EVENTS).await?;
            id
        }
        Say::Message { conversation: None } => {
            let id = write.next_conversation_id();
            let row = conversations::queries::Row::new(&user_id, id, first_title(&text), now);
            conversations::queries::insert(&mut write.conn, &row).await?;
            id
        }
    };
    let turn = write.next_turn_id();
    let message = match say {
        Say::Edit { message, .. } => {
            let old = queries::message(&mut write.conn, &user_id, message).await?;
            let old = old.filter(|old| {
                old.conversation_id == conversation && !old.hidden && old.role == "user"
            });
            let old = old.ok_or(Error::NotFound("message"))?;
            queries::hide_after(&mut write.conn, &user_id, conversation, old.id).await?;
            queries::edit_message(&mut write.conn, &user_id, old.id, &text, turn).await?;
            old.id
        }
        Say::Message { .. } => {
            let id = write.next_message_id();
            queries::insert_message(
                &mut write.conn,
                &new_message(&user_id, id, conversation, turn, "user", text, now),
            )
            .await?;
            id
        }
    };
    let reply = write.next_message_id();
    let empty = new_message(
        &user_id,
        reply,
        conversation,
        turn,
        "assistant",
        String::new(),
        now,
    );
    queries::insert_message(&mut write.conn, &empty).await?;
    let row = TurnRow {
        user_id: user_id.to_string(),
        id: turn,
        conversation_id: conversation,
        message_id: message,
        reply_id: reply,
        state: state_name(TurnState::Running).to_owned(),
        time_zone,
        owner: Some(owner.to_owned()),
        lease_until: Some(At(now + LEASE)),
        stop_requested: false,
        approval: None,
        approved: 0,
        error: None,
        last_seq: 1,
        created_at: At(now),
        updated_at: At(now),
    };
    queries::insert_turn(&mut write.conn, &row).await?;
    let event = TurnEvent::Turn {
        turn_id: turn,
        conversation_id: conversation,
        message_id: message,
    };
    let event = EventRow {
        user_id: user_id.to_string(),
        turn_id: turn,
        seq: 1,
        event: Json(event),
    };
    queries::insert_events(&mut write.conn, &[event]).await?;
    write.changed.conversations.push(conversation);
    Ok(row)
}

fn new_message(
    user_id: &UserId,
    id: i64,
    conversation_id: i64,
    turn_id: i64,
    role: &str,
    content: String,
    now: jiff::Timestamp,
) -> MessageRow {
    MessageRow {
        user_id: user_id.to_string(),
        id,
        conversation_id,
        turn_id,
        role: role.to_owned(),
        content,
        hidden: false,
        created_at: At(now),
    }
}

/// The first line of the first message, cut at a word.
fn first_title(text: &str) -> String {
    let line: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|char| !char.is_control())
        .collect();
    if line.chars().count() <= FIRST_TITLE {
        return if line.is_empty() {
            "Conversation".to_owned()
        } else {
            line
        };
    }
    let cut: String = line
        .chars()
        .take(FIRST_TITLE.min(CONVERSATION_TITLE_MAX))
        .collect();
    let cut = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{cut}…")
}

/// Ends the conversation's unfinished turn if it can be: one that waits is answered with no, one
/// whose process is gone was interrupted.
async fn make_way(write: &mut UserWrite, conversation: i64) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let Some(row) = queries::unfinished(&mut write.conn, &user_id, conversation).await? else {
        return Ok(());
    };
    if row.state() == TurnState::Waiting {
        return decline(write, row).await;
    }
    if row.is_abandoned(write.now) {
        return interrupt(write, row).await;
    }
    Err(Error::Conflict {
        code: "turn_in_progress",
        detail: "The assistant is still answering. Wait for it or stop it, then send this again."
            .to_owned(),
    })
}

/// Answers the question of a waiting turn with no, and ends it.
async fn decline(write: &mut UserWrite, row: TurnRow) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let result = json!({"error": "You said no, so this was not done.", "code": "declined"});
    let mut events = Vec::new();
    for call in queries::calls(&mut write.conn, &user_id, &[row.id]).await? {
        if call.result.is_none() {
            calls::finish(
                write,
                CallRef {
                    turn: row.id,
                    n: call.n,
                },
                &result,
                &[],
            )
            .await?;
            events.push(TurnEvent::ToolResult {
                n: call.n,
                result: result.clone(),
                undo: Undo::None,
            });
        }
    }
    end(write, row, TurnState::Done, events).await
}

/// Marks a turn whose process is gone. Its text and its results stay.
async fn interrupt(write: &mut UserWrite, row: TurnRow) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let text = view::streamed(&mut write.conn, &user_id, row.id).await?;
    queries::set_content(&mut write.conn, &user_id, row.reply_id, &text).await?;
    end(write, row, TurnState::Interrupted, Vec::new()).await
}

async fn end(
    write: &mut UserWrite,
    row: TurnRow,
    state: TurnState,
    mut events: Vec<TurnEvent>,
) -> Result<(), Error> {
    let (user_id, now) = (write.user_id.clone(), write.now);
    events.push(closing(state, None));
    let last = queries::last_seq(&mut write.conn, &user_id, row.id)
        .await?
        .unwrap_or(row.last_seq);
    let rows: Vec<EventRow> = (last + 1..)
        .zip(events)
        .map(|(seq, event)| EventRow {
            user_id: row.user_id.clone(),
            turn_id: row.id,
            seq,
            event: Json(event),
        })
        .collect();
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

/// Marks a turn as interrupted if its process is gone; says whether it was.
pub(super) async fn interrupt_if_abandoned(
    app: &App,
    user_id: &UserId,
    id: i64,
) -> Result<bool, Error> {
    let mark = async move |write: &mut UserWrite| {
        let user_id = write.user_id.clone();
        match queries::turn(&mut write.conn, &user_id, id).await? {
            Some(row) if row.is_abandoned(write.now) => interrupt(write, row).await.map(|()| true),
            _ => Ok(false),
        }
    };
    app.write(user_id, Reserve::default(), mark).await
}

/// Marks all turns as interrupted whose processes are gone.
///
/// # Errors
/// The database's.
pub async fn interrupt_abandoned(app: &App) -> Result<(), Error> {
    let abandoned = queries::abandoned(&mut app.db.read().await?, app.clock.now()).await?;
    for (user_id, turn) in abandoned {
        if let Some(user_id) = UserId::new(&user_id) {
            interrupt_if_abandoned(app, &user_id, turn).await?;
        }
    }
    Ok(())
}

/// A turn as it stands.
pub(super) async fn get(app: &App, user_id: &UserId, id: i64) -> Result<view::Whole, Error> {
    let mut conn = app.db.read().await?;
    let whole = view::whole(&mut conn, user_id, id).await?;
    if !whole.row.is_abandoned(app.clock.now()) {
        return Ok(whole);
    }
    drop(conn);
    interrupt_if_abandoned(app, user_id, id).await?;
    view::whole(&mut app.db.read().await?, user_id, id).await
}

/// Stops a turn; one that has finished stays as it is.
pub(super) async fn stop(app: &App, user_id: &UserId, id: i64) -> Result<Turn, Error> {
    let request = async move |write: &mut UserWrite| {
        let user_id = write.user_id.clone();
        let row = queries::turn(&mut write.conn, &user_id, id)
            .await?
            .ok_or(Error::NotFound("turn"))?;
        match row.state() {
            TurnState::Waiting => end(write, row, TurnState::Stopped, Vec::new()).await,
            TurnState::Running => queries::request_stop(&mut write.conn, &user_id, id)
                .await
                .map(drop)
                .map_err(Error::from),
            _ => Ok(()),
        }
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
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(get(app, user_id, id).await?.turn(app.clock.now()))
}

/// Goes on with the latest turn of its conversation after it failed, was stopped or interrupted.
pub(super) async fn retry(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    id: i64,
) -> Result<Begun, Error> {
    interrupt_if_abandoned(app, user_id, id).await?;
    let check = async move |write: &mut UserWrite, row: &TurnRow| {
        if !matches!(
            row.state(),
            TurnState::Failed | TurnState::Stopped | TurnState::Interrupted
        ) {
            return Err(Error::Conflict {
                code: "not_retryable",
                detail: "Only a turn that failed, was stopped or interrupted can be tried again."
                    .to_owned(),
            });
        }
        let user_id = write.user_id.clone();
        let latest =
            queries::latest_messages(&mut write.conn, &user_id, row.conversation_id, None, 1)
                .await?;
        if latest
            .first()
            .is_none_or(|message| message.turn_id != row.id)
        {
            return Err(Error::Conflict {
                code: "not_retryable",
                detail: "The conversation went on since. Edit the message or send it again."
                    .to_owned(),
            });
        }
        Ok((row.approved, Answer::None, Replay::Anew))
    };
    resume(app, user_id, key, id, check).await
}

/// Answers the question of a waiting turn.
pub(super) async fn approve(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    id: i64,
    option: String,
) -> Result<Begun, Error> {
    let check = async move |write: &mut UserWrite, row: &TurnRow| {
        let Some(approval) = row.approval().filter(|_| row.state() == TurnState::Waiting) else {
            return Err(Error::Conflict {
                code: "not_waiting",
                detail: "This turn does not wait for an answer any more.".to_owned(),
            });
        };
        let Some(at) = approval.options.iter().position(|known| *known == option) else {
            return Err(Error::field(
                "option",
                format!("Answer with one of: {}.", approval.options.join(", ")),
            ));
        };
        let user_id = write.user_id.clone();
        let last = queries::calls(&mut write.conn, &user_id, &[row.id])
            .await?
            .last()
            .map_or(0, |call| call.n);
        Ok(if at == 0 {
            (last, Answer::Yes, Replay::Append)
        } else {
            (row.approved, Answer::No, Replay::Append)
        })
    };
    resume(app, user_id, key, id, check).await
}

/// How the events of a turn that goes on relate to those before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replay {
    /// They follow.
    Append,
    /// The turn is told again from its first event, under higher numbers.
    Anew,
}

/// What decides whether a turn goes on, and how.
trait Check<'a>: FnOnce(&'a mut UserWrite, &'a TurnRow) -> Self::Future + Send {
    type Future: Future<Output = Result<(i32, Answer, Replay), Error>> + Send;
}

impl<'a, F, Fut> Check<'a> for F
where
    F: FnOnce(&'a mut UserWrite, &'a TurnRow) -> Fut + Send,
    Fut: Future<Output = Result<(i32, Answer, Replay), Error>> + Send,
{
    type Future = Fut;
}

async fn resume<F>(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    id: i64,
    check: F,
) -> Result<Begun, Error>
where
    F: for<'a> AsyncFnOnce(&'a mut UserWrite, &'a TurnRow) -> Result<(i32, Answer, Replay), Error>
        + for<'a> Check<'a>
        + 'static,
{
    let permit = admit(app)?;
    let owner = app.turns.owner().to_owned();
    let MaybeKey(key) = key;
    let store = async move |write: &mut UserWrite| {
        if let Some(begun) = replayed(write, key.as_ref()).await? {
            return Ok((begun, None));
        }
        let user_id = write.user_id.clone();
        let row = queries::turn(&mut write.conn, &user_id, id)
            .await?
            .ok_or(Error::NotFound("turn"))?;
        let (approved, answer, replay) = check(write, &row).await?;
        let row = own(write, row, approved, replay, owner).await?;
        let begun = Begun {
            turn_id: id,
            replayed: false,
        };
        keep(write, key, begun).await?;
        Ok((begun, Some((row, answer))))
    };
    let (begun, resumed) = app.write(user_id, Reserve::default(), store).await?;
    if let Some((row, answer)) = resumed {
        let running = app.turns.begin(user_id, id, row.last_seq);
        let app = app.clone();
        app.clone().lifecycle.spawn_work(async move {
            run::run(app, row, running, answer).await;
            drop(permit);
        });
    }
    Ok(begun)
}

/// Makes a turn run again, in this process.
async fn own(
    write: &mut UserWrite,
    row: TurnRow,
    approved: i32,
    replay: Replay,
    owner: String,
) -> Result<TurnRow, Error> {
    let (user_id, now) = (write.user_id.clone(), write.now);
    let mut last_seq = queries::last_seq(&mut write.conn, &user_id, row.id)
        .await?
        .unwrap_or(0)
        .max(row.last_seq);
    let change = TurnChange {
        state: state_name(TurnState::Running).to_owned(),
        owner: Some(owner),
        lease_until: Some(At(now + LEASE)),
        stop_requested: false,
        approval: None,
        approved,
        error: None,
        last_seq,
        updated_at: At(now),
    };
    queries::change_turn(&mut write.conn, &user_id, row.id, change).await?;
    queries::set_content(&mut write.conn, &user_id, row.reply_id, "").await?;
    let whole = view::whole(&mut write.conn, &user_id, row.id).await?;
    if replay == Replay::Anew {
        queries::delete_events(&mut write.conn, &user_id, row.id).await?;
        let events: Vec<EventRow> = (last_seq + 1..)
            .zip(whole.replay(now))
            .map(|(seq, event)| EventRow {
                user_id: row.user_id.clone(),
                turn_id: row.id,
                seq,
                event: Json(event),
            })
            .collect();
        last_seq = events.last().map_or(last_seq, |event| event.seq);
        queries::insert_events(&mut write.conn, &events).await?;
    }
    write.changed.conversations.push(row.conversation_id);
    Ok(TurnRow {
        last_seq,
        ..whole.row
    })
}

/// Undoes what a call changed, as one unit. A second time does nothing.
pub(super) async fn undo(write: &mut UserWrite, turn: i64, n: i32) -> Result<Undone, Error> {
    let (user_id, now) = (write.user_id.clone(), write.now);
    queries::turn(&mut write.conn, &user_id, turn)
        .await?
        .ok_or(Error::NotFound("turn"))?;
    let calls = queries::calls(&mut write.conn, &user_id, &[turn]).await?;
    let call = calls
        .into_iter()
        .find(|call| call.n == n)
        .ok_or(Error::NotFound("call"))?;
    let changes = match (call.undo(now), &call.changes) {
        (Undo::Undone, _) => {
            return Ok(Undone {
                message: "This was undone already.".to_owned(),
                tasks: Vec::new(),
            });
        }
        (Undo::Available, Some(Json(changes))) => changes,
        (Undo::Expired, _) => {
            let detail = "This is more than 30 days ago and can no longer be undone.".to_owned();
            return Err(Error::Conflict {
                code: "undo_expired",
                detail,
            });
        }
        _ => {
            let detail = "This call changed nothing, so there is nothing to undo.".to_owned();
            return Err(Error::Conflict {
                code: "nothing_to_undo",
                detail,
            });
        }
    };
    let undone = tasks::rules::undo(write, changes).await?;
    queries::set_undone(&mut write.conn, &user_id, turn, n, now).await?;
    write.changed.conversations.extend(
        queries::turn(&mut write.conn, &user_id, turn)
            .await?
            .map(|row| row.conversation_id),
    );
    let message = match undone.as_slice() {
        [task] => format!("Undone: “{}” is as it was before.", task.title),
        tasks => format!("Undone: {} tasks are as they were before.", tasks.len()),
    };
    Ok(Undone {
        message,
        tasks: undone.iter().map(|task| task.id).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::has_control;

    #[test]
    fn a_conversation_is_titled_from_the_first_line_cut_at_a_word() {
        assert_eq!(first_title("Add milk\nand eggs"), "Add milk");
        let long = "word ".repeat(30);
        let title = first_title(&long);
        assert!(
            title.ends_with("word…") && title.chars().count() <= FIRST_TITLE + 1,
            "{title}"
        );
        assert!(!has_control(&first_title("a\tb")));
        assert_eq!(first_title("\u{7}"), "Conversation");
    }
}
