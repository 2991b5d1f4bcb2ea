//! The statements about the steps of turns and the calls made in them.

use diesel::{
    ExpressionMethods, Insertable, QueryDsl, QueryResult, Queryable, Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    caller::UserId,
    db::{
        Conn, on,
        schema::{tool_calls, turn_steps},
        types::{At, Json},
    },
    tasks::Change,
};

/// One answer of the model within a turn: what it said before the calls it asked for.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = turn_steps, check_for_backend(diesel::pg::Pg))]
pub(in crate::chat) struct StepRow {
    pub(in crate::chat) user_id: String,
    pub(in crate::chat) turn_id: i64,
    pub(in crate::chat) step: i32,
    pub(in crate::chat) said: String,
}

/// A tool call as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = tool_calls, check_for_backend(diesel::pg::Pg))]
pub(in crate::chat) struct CallRow {
    pub(in crate::chat) user_id: String,
    pub(in crate::chat) turn_id: i64,
    pub(in crate::chat) n: i32,
    pub(in crate::chat) step: i32,
    pub(in crate::chat) call_id: String,
    pub(in crate::chat) tool: String,
    pub(in crate::chat) args: Json<Value>,
    pub(in crate::chat) result: Option<Json<Value>>,
    pub(in crate::chat) changes: Option<Json<Vec<Change>>>,
    pub(in crate::chat) finished_at: Option<At>,
    pub(in crate::chat) undone_at: Option<At>,
    /// What the model's server added to the call and wants to see again.
    pub(in crate::chat) extra: Option<Json<Value>>,
}

/// The steps of these turns, in order.
pub(in crate::chat) async fn steps(
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
pub(in crate::chat) async fn calls(
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

pub(in crate::chat) async fn insert_step(
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

pub(in crate::chat) async fn set_undone(
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
