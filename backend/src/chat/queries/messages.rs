//! The statements about messages.

use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult, Queryable, Selectable,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;
use todo_api::Role;

use crate::{
    caller::UserId,
    db::{Conn, on, schema::messages, types::At},
};

/// A message as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(in crate::chat) struct MessageRow {
    pub(in crate::chat) user_id: String,
    pub(in crate::chat) id: i64,
    pub(in crate::chat) conversation_id: i64,
    pub(in crate::chat) turn_id: i64,
    pub(in crate::chat) role: String,
    pub(in crate::chat) content: String,
    pub(in crate::chat) hidden: bool,
    pub(in crate::chat) created_at: At,
}

impl MessageRow {
    pub(in crate::chat) fn role(&self) -> Role {
        if self.role == "user" {
            Role::User
        } else {
            Role::Assistant
        }
    }
}

pub(in crate::chat) async fn insert_message(
    conn: &mut Conn,
    row: &MessageRow,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::insert_into(messages::table)
        .values(row)
        .execute(conn)
        .await)
}

pub(in crate::chat) async fn message(
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

pub(in crate::chat) async fn set_content(
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
pub(in crate::chat) async fn edit_message(
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

pub(in crate::chat) async fn hide_after(
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
pub(in crate::chat) async fn latest_messages(
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
