//! The statements about messages.

use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult, Queryable, Selectable,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;
use todo_api::{Role, Usage};

use crate::{
    caller::UserId,
    db::{Conn, on, schema::messages, types::At},
};

/// A message as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages, check_for_backend(diesel::pg::Pg))]
pub(in crate::chat) struct MessageRow {
    pub(in crate::chat) user_id: String,
    pub(in crate::chat) id: i64,
    pub(in crate::chat) conversation_id: i64,
    pub(in crate::chat) turn_id: i64,
    pub(in crate::chat) role: String,
    pub(in crate::chat) content: String,
    pub(in crate::chat) hidden: bool,
    pub(in crate::chat) created_at: At,
    /// The model that answered, once it has counted what it took.
    pub(in crate::chat) model: Option<String>,
    pub(in crate::chat) input_tokens: i64,
    pub(in crate::chat) output_tokens: i64,
}

impl MessageRow {
    pub(in crate::chat) fn role(&self) -> Role {
        if self.role == "user" {
            Role::User
        } else {
            Role::Assistant
        }
    }

    /// What the answer took.
    pub(in crate::chat) fn usage(&self) -> Option<Usage> {
        Some(Usage {
            model: self.model.clone()?,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
        })
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

/// Adds to what an answer took.
pub(in crate::chat) async fn add_usage(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    usage: &Usage,
) -> QueryResult<usize> {
    on!(conn, |conn| diesel::update(
        messages::table.find((user_id.as_str(), id))
    )
    .set((
        messages::model.eq(Some(&usage.model)),
        messages::input_tokens.eq(messages::input_tokens + usage.input_tokens),
        messages::output_tokens.eq(messages::output_tokens + usage.output_tokens),
    ))
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
