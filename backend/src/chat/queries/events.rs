//! The statements about the events of turns.

use diesel::{ExpressionMethods, Insertable, QueryDsl, QueryResult, dsl::max};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use todo_api::TurnEvent;

use crate::{
    caller::UserId,
    db::{
        Conn, on,
        schema::{turn_events, turns},
        statement,
        types::{At, Json},
    },
};

/// An event as it is stored.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = turn_events)]
pub(in crate::chat) struct EventRow {
    pub(in crate::chat) user_id: String,
    pub(in crate::chat) turn_id: i64,
    pub(in crate::chat) seq: i64,
    pub(in crate::chat) event: Json<TurnEvent>,
}

impl EventRow {
    /// Events of a turn, numbered from `first` on.
    pub(in crate::chat) fn numbered(
        user_id: &str,
        turn_id: i64,
        first: i64,
        events: impl IntoIterator<Item = TurnEvent>,
    ) -> Vec<Self> {
        (first..)
            .zip(events)
            .map(|(seq, event)| Self {
                user_id: user_id.to_owned(),
                turn_id,
                seq,
                event: Json(event),
            })
            .collect()
    }
}

/// Stores events; those that are there already stay as they are.
pub(in crate::chat) async fn insert_events(
    conn: &mut Conn,
    events: &[EventRow],
) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => {
            // PostgreSQL takes at most 65,535 parameters, four for each event.
            for chunk in events.chunks(10_000) {
                let _statement = statement!();
                diesel::insert_into(turn_events::table)
                    .values(chunk)
                    .on_conflict_do_nothing()
                    .execute(&mut conn.shared())
                    .await?;
            }
        }
        // Diesel cannot insert several rows in one statement through async SQLite.
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(conn) => {
            for event in events {
                let _statement = statement!();
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
pub(in crate::chat) async fn events_after(
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
pub(in crate::chat) async fn last_seq(
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

pub(in crate::chat) async fn delete_events(
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
pub(in crate::chat) async fn sweep_events(
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
