//! The statements about conversations.

use diesel::{
    EscapeExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl,
    QueryResult, Queryable, Selectable, SelectableHelper, TextExpressionMethods,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use todo_api::Conversation;

use crate::{
    caller::UserId,
    db::{
        Conn, on,
        schema::{conversations, turns},
        types::At,
    },
    text::{containing, key},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = conversations, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Row {
    user_id: String,
    pub(crate) id: i64,
    title: String,
    title_key: String,
    created_at: At,
    updated_at: At,
}

impl Row {
    pub(crate) fn new(user_id: &UserId, id: i64, title: String, now: Timestamp) -> Self {
        Self {
            user_id: user_id.to_string(),
            id,
            title_key: key(&title),
            title,
            created_at: At(now),
            updated_at: At(now),
        }
    }

    pub(crate) fn into_conversation(self, unfinished_turn: Option<i64>) -> Conversation {
        Conversation {
            id: self.id,
            title: self.title,
            unfinished_turn,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        }
    }
}

/// The rows of a page, newest first.
pub(crate) async fn list(
    conn: &mut Conn,
    user_id: &UserId,
    search: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    on!(conn, |conn| {
        let mut select = conversations::table
            .filter(conversations::user_id.eq(user_id.as_str()))
            .select(Row::as_select())
            .order(conversations::id.desc())
            .limit(limit)
            .into_boxed();
        if let Some(search) = search {
            select = select.filter(
                conversations::title_key
                    .like(containing(search))
                    .escape('\\'),
            );
        }
        if let Some(before) = before {
            select = select.filter(conversations::id.lt(before));
        }
        select.load(conn).await
    })
}

/// The unfinished turns among these conversations: conversation, turn, and until when the turn's
/// process may be believed to live; none for a turn that waits for the user.
pub(super) async fn unfinished(
    conn: &mut Conn,
    user_id: &UserId,
    ids: &[i64],
) -> QueryResult<Vec<(i64, i64, Option<At>)>> {
    on!(conn, |conn| turns::table
        .filter(turns::user_id.eq(user_id.as_str()))
        .filter(turns::conversation_id.eq_any(ids))
        .filter(turns::state.eq_any(["running", "waiting"]))
        .select((turns::conversation_id, turns::id, turns::lease_until))
        .load(conn)
        .await)
}

pub(crate) async fn find(conn: &mut Conn, user_id: &UserId, id: i64) -> QueryResult<Option<Row>> {
    on!(conn, |conn| conversations::table
        .find((user_id.as_str(), id))
        .select(Row::as_select())
        .first(conn)
        .await
        .optional())
}

pub(crate) async fn insert(conn: &mut Conn, row: &Row) -> QueryResult<usize> {
    on!(conn, |conn| diesel::insert_into(conversations::table)
        .values(row)
        .execute(conn)
        .await)
}

/// Notes that something was written to the conversation.
pub(crate) async fn touch(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    now: Timestamp,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(
        conversations::table.find((user_id.as_str(), id))
    )
    .set(conversations::updated_at.eq(At(now)))
    .execute(conn)
    .await)
}

pub(super) async fn rename(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    title: &str,
) -> QueryResult<Option<Row>> {
    on!(conn, |conn| diesel::update(
        conversations::table.find((user_id.as_str(), id))
    )
    .set((
        conversations::title.eq(title),
        conversations::title_key.eq(key(title))
    ))
    .returning(Row::as_returning())
    .get_result(conn)
    .await
    .optional())
}

pub(super) async fn delete(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
) -> QueryResult<Option<String>> {
    on!(conn, |conn| diesel::delete(
        conversations::table.find((user_id.as_str(), id))
    )
    .returning(conversations::title)
    .get_result(conn)
    .await
    .optional())
}
