//! The statements about messages, turns, their steps, calls and events.

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, Selectable, SelectableHelper, dsl::max,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use serde_json::Value;
use todo_api::{Approval, Role, TurnEvent, TurnState};

use crate::{
    caller::UserId,
    db::{
        Conn, on,
        schema::{messages, tool_calls, turn_events, turn_steps, turns, users},
        types::{At, Json},
    },
    tasks::Change,
};

/// A turn as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = turns, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct TurnRow {
    pub(super) user_id: String,
    pub(super) id: i64,
    pub(super) conversation_id: i64,
    pub(super) message_id: i64,
    pub(super) reply_id: i64,
    pub(super) state: String,
    pub(super) time_zone: String,
    pub(super) owner: Option<String>,
    pub(super) lease_until: Option<At>,
    pub(super) stop_requested: bool,
    pub(super) approval: Option<Json<Approval>>,
    pub(super) approved: i32,
    pub(super) error: Option<String>,
    pub(super) last_seq: i64,
    pub(super) created_at: At,
    pub(super) updated_at: At,
}

impl TurnRow {
    pub(super) fn state(&self) -> TurnState {
        parse_state(&self.state)
    }

    pub(super) fn approval(&self) -> Option<Approval> {
        self.approval.clone().map(|Json(approval)| approval)
    }

    /// Whether it claims to run, but its process has not said so for too long.
    pub(super) fn is_abandoned(&self, now: Timestamp) -> bool {
        self.state() == TurnState::Running && self.lease_until.is_none_or(|until| until.0 < now)
    }
}

/// What changes about a turn when it changes its state.
#[derive(AsChangeset)]
#[diesel(table_name = turns, treat_none_as_null = true)]
pub(super) struct TurnChange {
    pub(super) state: String,
    pub(super) owner: Option<String>,
    pub(super) lease_until: Option<At>,
    pub(super) stop_requested: bool,
    pub(super) approval: Option<Json<Approval>>,
    pub(super) approved: i32,
    pub(super) error: Option<String>,
    pub(super) last_seq: i64,
    pub(super) updated_at: At,
}

/// A message as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct MessageRow {
    pub(super) user_id: String,
    pub(super) id: i64,
    pub(super) conversation_id: i64,
    pub(super) turn_id: i64,
    pub(super) role: String,
    pub(super) content: String,
    pub(super) hidden: bool,
    pub(super) created_at: At,
}

impl MessageRow {
    pub(super) fn role(&self) -> Role {
        if self.role == "user" {
            Role::User
        } else {
            Role::Assistant
        }
    }
}

/// One answer of the model within a turn: what it said before the calls it asked for.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = turn_steps, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct StepRow {
    pub(super) user_id: String,
    pub(super) turn_id: i64,
    pub(super) step: i32,
    pub(super) said: String,
}

/// A tool call as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = tool_calls, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct CallRow {
    pub(super) user_id: String,
    pub(super) turn_id: i64,
    pub(super) n: i32,
    pub(super) step: i32,
    pub(super) call_id: String,
    pub(super) tool: String,
    pub(super) args: Json<Value>,
    pub(super) result: Option<Json<Value>>,
    pub(super) changes: Option<Json<Vec<Change>>>,
    pub(super) finished_at: Option<At>,
    pub(super) undone_at: Option<At>,
}

/// An event as it is stored.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = turn_events)]
pub(super) struct EventRow {
    pub(super) user_id: String,
    pub(super) turn_id: i64,
    pub(super) seq: i64,
    pub(super) event: Json<TurnEvent>,
}

/// The column's word for a state.
pub(super) const fn state_name(state: TurnState) -> &'static str {
    match state {
        TurnState::Running => "running",
        TurnState::Waiting => "waiting",
        TurnState::Done => "done",
        TurnState::Stopped => "stopped",
        TurnState::Failed => "failed",
        TurnState::Interrupted => "interrupted",
    }
}

fn parse_state(name: &str) -> TurnState {
    match name {
        "running" => TurnState::Running,
        "waiting" => TurnState::Waiting,
        "done" => TurnState::Done,
        "stopped" => TurnState::Stopped,
        "failed" => TurnState::Failed,
        _ => TurnState::Interrupted,
    }
}

pub(super) async fn turn(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
) -> QueryResult<Option<TurnRow>> {
    on!(conn, |conn| turns::table
        .find((user_id.as_str(), id))
        .select(TurnRow::as_select())
        .first(conn)
        .await
        .optional())
}

pub(super) async fn turns(
    conn: &mut Conn,
    user_id: &UserId,
    ids: &[i64],
) -> QueryResult<Vec<TurnRow>> {
    on!(conn, |conn| turns::table
        .filter(turns::user_id.eq(user_id.as_str()))
        .filter(turns::id.eq_any(ids))
        .select(TurnRow::as_select())
        .load(conn)
        .await)
}

/// The unfinished turn of a conversation; an index allows at most one.
pub(super) async fn unfinished(
    conn: &mut Conn,
    user_id: &UserId,
    conversation: i64,
) -> QueryResult<Option<TurnRow>> {
    on!(conn, |conn| turns::table
        .filter(turns::user_id.eq(user_id.as_str()))
        .filter(turns::conversation_id.eq(conversation))
        .filter(turns::state.eq_any(["running", "waiting"]))
        .select(TurnRow::as_select())
        .first(conn)
        .await
        .optional())
}

pub(super) async fn insert_turn(conn: &mut Conn, row: &TurnRow) -> QueryResult<usize> {
    on!(conn, |conn| diesel::insert_into(turns::table)
        .values(row)
        .execute(conn)
        .await)
}

pub(super) async fn change_turn(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    change: TurnChange,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(
        turns::table.find((user_id.as_str(), id))
    )
    .set(change)
    .execute(conn)
    .await)
}

pub(super) async fn request_stop(conn: &mut Conn, user_id: &UserId, id: i64) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(
        turns::table.find((user_id.as_str(), id))
    )
    .set(turns::stop_requested.eq(true))
    .execute(conn)
    .await)
}

/// Says that the owner of these turns lives, and tells which it still owns: users and turns.
pub(super) async fn renew_leases(
    conn: &mut Conn,
    owner: &str,
    until: Timestamp,
) -> QueryResult<Vec<(String, i64)>> {
    on!(conn, |conn| diesel::update(turns::table)
        .filter(turns::owner.eq(owner))
        .filter(turns::state.eq("running"))
        .set(turns::lease_until.eq(Some(At(until))))
        .returning((turns::user_id, turns::id))
        .get_results(conn)
        .await)
}

/// The running turns of this owner that are to stop: users and turns.
pub(super) async fn to_stop(conn: &mut Conn, owner: &str) -> QueryResult<Vec<(String, i64)>> {
    on!(conn, |conn| turns::table
        .filter(turns::owner.eq(owner))
        .filter(turns::state.eq("running"))
        .filter(turns::stop_requested.eq(true))
        .select((turns::user_id, turns::id))
        .load(conn)
        .await)
}

/// Turns whose process has not renewed its lease: the users and the turns.
pub(super) async fn abandoned(conn: &mut Conn, now: Timestamp) -> QueryResult<Vec<(String, i64)>> {
    on!(conn, |conn| turns::table
        .filter(turns::state.eq("running"))
        .filter(turns::lease_until.lt(Some(At(now))))
        .select((turns::user_id, turns::id))
        .limit(1_000)
        .load(conn)
        .await)
}

pub(super) async fn insert_message(conn: &mut Conn, row: &MessageRow) -> QueryResult<usize> {
    on!(conn, |conn| diesel::insert_into(messages::table)
        .values(row)
        .execute(conn)
        .await)
}

pub(super) async fn message(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
) -> QueryResult<Option<MessageRow>> {
    on!(conn, |conn| messages::table
        .find((user_id.as_str(), id))
        .select(MessageRow::as_select())
        .first(conn)
        .await
        .optional())
}

pub(super) async fn set_content(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    content: &str,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(
        messages::table.find((user_id.as_str(), id))
    )
    .set(messages::content.eq(content))
    .execute(conn)
    .await)
}

/// Points a message of the user at the turn that now answers it.
pub(super) async fn edit_message(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    content: &str,
    turn_id: i64,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(
        messages::table.find((user_id.as_str(), id))
    )
    .set((messages::content.eq(content), messages::turn_id.eq(turn_id)))
    .execute(conn)
    .await)
}

pub(super) async fn hide_after(
    conn: &mut Conn,
    user_id: &UserId,
    conversation: i64,
    id: i64,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(messages::table)
        .filter(messages::user_id.eq(user_id.as_str()))
        .filter(messages::conversation_id.eq(conversation))
        .filter(messages::id.gt(id))
        .set(messages::hidden.eq(true))
        .execute(conn)
        .await)
}

/// The latest messages of a conversation that are not hidden, latest first.
pub(super) async fn latest_messages(
    conn: &mut Conn,
    user_id: &UserId,
    conversation: i64,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<MessageRow>> {
    on!(conn, |conn| messages::table
        .filter(messages::user_id.eq(user_id.as_str()))
        .filter(messages::conversation_id.eq(conversation))
        .filter(messages::id.lt(before.unwrap_or(i64::MAX)))
        .filter(messages::hidden.eq(false))
        .select(MessageRow::as_select())
        .order(messages::id.desc())
        .limit(limit)
        .load(conn)
        .await)
}

/// The steps of these turns, in order.
pub(super) async fn steps(
    conn: &mut Conn,
    user_id: &UserId,
    turns: &[i64],
) -> QueryResult<Vec<StepRow>> {
    on!(conn, |conn| turn_steps::table
        .filter(turn_steps::user_id.eq(user_id.as_str()))
        .filter(turn_steps::turn_id.eq_any(turns))
        .select(StepRow::as_select())
        .order((turn_steps::turn_id, turn_steps::step))
        .load(conn)
        .await)
}

/// The tool calls of these turns, in order.
pub(super) async fn calls(
    conn: &mut Conn,
    user_id: &UserId,
    turns: &[i64],
) -> QueryResult<Vec<CallRow>> {
    on!(conn, |conn| tool_calls::table
        .filter(tool_calls::user_id.eq(user_id.as_str()))
        .filter(tool_calls::turn_id.eq_any(turns))
        .select(CallRow::as_select())
        .order((tool_calls::turn_id, tool_calls::n))
        .load(conn)
        .await)
}

pub(super) async fn insert_step(
    conn: &mut Conn,
    step: &StepRow,
    calls: &[CallRow],
) -> QueryResult<()> {
    on!(conn, |conn| diesel::insert_into(turn_steps::table)
        .values(step)
        .execute(conn)
        .await)?;
    for call in calls {
        on!(conn, |conn| diesel::insert_into(tool_calls::table)
            .values(call)
            .execute(conn)
            .await)?;
    }
    Ok(())
}

pub(super) async fn set_undone(
    conn: &mut Conn,
    user_id: &UserId,
    turn: i64,
    n: i32,
    now: Timestamp,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(tool_calls::table.find((
        user_id.as_str(),
        turn,
        n
    )))
    .set(tool_calls::undone_at.eq(Some(At(now))))
    .execute(conn)
    .await)
}

/// Stores events; those that are there already stay as they are.
pub(super) async fn insert_events(conn: &mut Conn, events: &[EventRow]) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => {
            // PostgreSQL takes at most 65,535 parameters, four for each event.
            for chunk in events.chunks(10_000) {
                diesel::insert_into(turn_events::table)
                    .values(chunk)
                    .on_conflict_do_nothing()
                    .execute(conn)
                    .await?;
            }
        }
        // Diesel cannot insert several rows in one statement through async SQLite.
        Conn::Sqlite(conn) => {
            for event in events {
                diesel::insert_into(turn_events::table)
                    .values(event)
                    .on_conflict_do_nothing()
                    .execute(conn)
                    .await?;
            }
        }
    }
    Ok(())
}

/// Events of a turn after this one, in order.
pub(super) async fn events_after(
    conn: &mut Conn,
    user_id: &UserId,
    turn: i64,
    seq: i64,
    limit: i64,
) -> QueryResult<Vec<(i64, Json<TurnEvent>)>> {
    on!(conn, |conn| turn_events::table
        .filter(turn_events::user_id.eq(user_id.as_str()))
        .filter(turn_events::turn_id.eq(turn))
        .filter(turn_events::seq.gt(seq))
        .select((turn_events::seq, turn_events::event))
        .order(turn_events::seq)
        .limit(limit)
        .load(conn)
        .await)
}

/// The number of a turn's last stored event.
pub(super) async fn last_seq(
    conn: &mut Conn,
    user_id: &UserId,
    turn: i64,
) -> QueryResult<Option<i64>> {
    on!(conn, |conn| turn_events::table
        .filter(turn_events::user_id.eq(user_id.as_str()))
        .filter(turn_events::turn_id.eq(turn))
        .select(max(turn_events::seq))
        .first(conn)
        .await)
}

pub(super) async fn delete_events(
    conn: &mut Conn,
    user_id: &UserId,
    turn: i64,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::delete(turn_events::table)
        .filter(turn_events::user_id.eq(user_id.as_str()))
        .filter(turn_events::turn_id.eq(turn))
        .execute(conn)
        .await)
}

/// Drops the events of a conversation's turns that finished long ago: who asks for them again gets
/// them made anew from the stored message.
pub(super) async fn sweep_events(
    conn: &mut Conn,
    user_id: &UserId,
    conversation: i64,
    finished_before: Timestamp,
) -> QueryResult<usize> {
    on!(conn, |conn| {
        let old = turns::table
            .filter(turns::user_id.eq(user_id.as_str()))
            .filter(turns::conversation_id.eq(conversation))
            .filter(turns::state.ne_all(["running", "waiting"]))
            .filter(turns::updated_at.lt(At(finished_before)))
            .select(turns::id);
        diesel::delete(turn_events::table)
            .filter(turn_events::user_id.eq(user_id.as_str()))
            .filter(turn_events::turn_id.eq_any(old))
            .execute(conn)
            .await
    })
}

/// The user's time zone, once known.
pub(super) async fn time_zone(conn: &mut Conn, user_id: &UserId) -> QueryResult<Option<String>> {
    on!(conn, |conn| users::table
        .find(user_id.as_str())
        .select(users::time_zone)
        .first(conn)
        .await
        .optional())
    .map(Option::flatten)
}
