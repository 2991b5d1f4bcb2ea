//! The statements about turns.

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use todo_api::{Approval, TurnState};

use crate::{
    caller::UserId,
    db::{
        Conn, on,
        schema::{turns, users},
        types::{At, Json},
    },
};

/// A turn as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = turns, check_for_backend(diesel::pg::Pg))]
pub(in crate::chat) struct TurnRow {
    pub(in crate::chat) user_id: String,
    pub(in crate::chat) id: i64,
    pub(in crate::chat) conversation_id: i64,
    pub(in crate::chat) message_id: i64,
    pub(in crate::chat) reply_id: i64,
    pub(in crate::chat) state: String,
    pub(in crate::chat) time_zone: String,
    pub(in crate::chat) owner: Option<String>,
    pub(in crate::chat) lease_until: Option<At>,
    pub(in crate::chat) stop_requested: bool,
    pub(in crate::chat) approval: Option<Json<Approval>>,
    pub(in crate::chat) approved: i32,
    pub(in crate::chat) error: Option<String>,
    pub(in crate::chat) last_seq: i64,
    pub(in crate::chat) created_at: At,
    pub(in crate::chat) updated_at: At,
}

impl TurnRow {
    pub(in crate::chat) fn state(&self) -> TurnState {
        parse_state(&self.state)
    }

    pub(in crate::chat) fn approval(&self) -> Option<Approval> {
        self.approval.clone().map(|Json(approval)| approval)
    }

    /// Whether it claims to run, but its process has not said so for too long.
    pub(in crate::chat) fn is_abandoned(&self, now: Timestamp) -> bool {
        self.state() == TurnState::Running && self.lease_until.is_none_or(|until| until.0 < now)
    }
}

/// What changes about a turn when it changes its state.
#[derive(AsChangeset)]
#[diesel(table_name = turns, treat_none_as_null = true)]
pub(in crate::chat) struct TurnChange {
    pub(in crate::chat) state: String,
    pub(in crate::chat) owner: Option<String>,
    pub(in crate::chat) lease_until: Option<At>,
    pub(in crate::chat) stop_requested: bool,
    pub(in crate::chat) approval: Option<Json<Approval>>,
    pub(in crate::chat) approved: i32,
    pub(in crate::chat) error: Option<String>,
    pub(in crate::chat) last_seq: i64,
    pub(in crate::chat) updated_at: At,
}

/// The column's word for a state.
pub(in crate::chat) const fn state_name(state: TurnState) -> &'static str {
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

pub(in crate::chat) async fn turn(
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

pub(in crate::chat) async fn turns(
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
pub(in crate::chat) async fn unfinished(
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

/// How many turns of a user run, over all processes.
pub(in crate::chat) async fn count_running(
    conn: &mut Conn,
    user_id: &UserId,
    now: Timestamp,
) -> QueryResult<i64> {
    on!(conn, |conn| turns::table
        .filter(turns::user_id.eq(user_id.as_str()))
        .filter(turns::state.eq("running"))
        .filter(turns::lease_until.ge(Some(At(now))))
        .count()
        .get_result(conn)
        .await)
}

pub(in crate::chat) async fn insert_turn(conn: &mut Conn, row: &TurnRow) -> QueryResult<usize> {
    on!(conn, |conn| diesel::insert_into(turns::table)
        .values(row)
        .execute(conn)
        .await)
}

pub(in crate::chat) async fn change_turn(
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

pub(in crate::chat) async fn request_stop(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(
        turns::table.find((user_id.as_str(), id))
    )
    .set(turns::stop_requested.eq(true))
    .execute(conn)
    .await)
}

/// Says that the owner of these turns lives, and tells which it still owns: users and turns.
pub(in crate::chat) async fn renew_leases(
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
pub(in crate::chat) async fn to_stop(
    conn: &mut Conn,
    owner: &str,
) -> QueryResult<Vec<(String, i64)>> {
    on!(conn, |conn| turns::table
        .filter(turns::owner.eq(owner))
        .filter(turns::state.eq("running"))
        .filter(turns::stop_requested.eq(true))
        .select((turns::user_id, turns::id))
        .load(conn)
        .await)
}

/// Turns whose process has not renewed its lease: the users and the turns.
pub(in crate::chat) async fn abandoned(
    conn: &mut Conn,
    now: Timestamp,
) -> QueryResult<Vec<(String, i64)>> {
    on!(conn, |conn| turns::table
        .filter(turns::state.eq("running"))
        .filter(turns::lease_until.lt(Some(At(now))))
        .select((turns::user_id, turns::id))
        .limit(1_000)
        .load(conn)
        .await)
}

/// The user's time zone, once known.
pub(crate) async fn time_zone(conn: &mut Conn, user_id: &UserId) -> QueryResult<Option<String>> {
    on!(conn, |conn| users::table
        .find(user_id.as_str())
        .select(users::time_zone)
        .first(conn)
        .await
        .optional())
    .map(Option::flatten)
}
