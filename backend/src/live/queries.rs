//! The statements about versions and notifications.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, sql_types::Text};
use diesel_async::RunQueryDsl;

use crate::{
    caller::UserId,
    db::{Conn, on, schema::user_state, statement},
};

/// The user's version; none when the account is gone.
pub(super) async fn version(conn: &mut Conn, user_id: &UserId) -> QueryResult<Option<i64>> {
    on!(conn, |conn| user_state::table
        .find(user_id.as_str())
        .select(user_state::version)
        .first(conn)
        .await
        .optional())
}

/// The versions of these users.
pub(super) async fn versions(conn: &mut Conn, users: &[UserId]) -> QueryResult<Vec<(String, i64)>> {
    let users: Vec<&str> = users.iter().map(UserId::as_str).collect();
    on!(conn, |conn| user_state::table
        .filter(user_state::user_id.eq_any(users))
        .select((user_state::user_id, user_state::version))
        .load(conn)
        .await)
}

/// Sends a notification; on SQLite there is nobody to send it to.
pub(super) async fn notify(conn: &mut Conn, channel: &str, payload: &str) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => {
            let _statement = statement!();
            diesel::sql_query("SELECT pg_notify($1, $2)")
                .bind::<Text, _>(channel)
                .bind::<Text, _>(payload)
                .execute(&mut conn.shared())
                .await
                .map(drop)
        }
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(_) => Ok(()),
    }
}
