//! How a turn goes on: tried again after it failed, was stopped or interrupted, or with the user's
//! answer to its question.

use std::future::Future;

use todo_api::TurnState;

use super::{
    abandoned,
    begin::{self, Begun},
    queries::{self, EventRow, TurnChange, TurnRow, state_name},
    run::Answer,
    running::LEASE,
    view,
};
use crate::{
    app::App,
    caller::UserId,
    db::types::At,
    error::Error,
    idempotency::MaybeKey,
    writes::{Reserve, UserWrite},
};

/// Goes on with the latest turn of its conversation after it failed, was stopped or interrupted.
pub(super) async fn retry(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    id: i64,
) -> Result<Begun, Error> {
    abandoned::interrupt_if_abandoned(app, user_id, id).await?;
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
    let owner = app.turns.owner().to_owned();
    let most = app.config.chat.max_turns_per_user;
    let MaybeKey(key) = key;
    let store = async move |write: &mut UserWrite| {
        if let Some(begun) = begin::replayed(write, key.as_ref()).await? {
            return Ok((begun, None));
        }
        let user_id = write.user_id.clone();
        let row = queries::turn(&mut write.conn, &user_id, id)
            .await?
            .ok_or(Error::NotFound("turn"))?;
        let (approved, answer, replay) = check(write, &row).await?;
        begin::check_number(write, most).await?;
        let row = own(write, row, approved, replay, owner).await?;
        let begun = Begun {
            turn_id: id,
            replayed: false,
        };
        begin::keep(write, key, begun).await?;
        Ok((begun, Some((row, answer))))
    };
    begin::start(app, user_id, Reserve::default(), store).await
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
        let events = EventRow::numbered(&row.user_id, row.id, last_seq + 1, whole.replay(now));
        last_seq = events.last().map_or(last_seq, |event| event.seq);
        queries::insert_events(&mut write.conn, &events).await?;
    }
    write.changed.conversations.push(row.conversation_id);
    Ok(TurnRow {
        last_seq,
        ..whole.row
    })
}
