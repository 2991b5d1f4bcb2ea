//! What can be done with conversations.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use todo_api::{
    CONVERSATION_TITLE_MAX, Conversation, ConversationList, ConversationQuery, SEARCH_MAX,
};

use super::queries::{self, Row};
use crate::{
    caller::UserId, db::Conn, error::Error, extract::page_limit, text::has_control,
    writes::UserWrite,
};

const NOT_FOUND: Error = Error::NotFound("conversation");

/// A page of a user's conversations, newest first.
///
/// # Errors
/// [`Error::Invalid`] for a limit or a search text out of range, [`Error::Malformed`] for a cursor
/// of another list.
pub(super) async fn list(
    conn: &mut Conn,
    user_id: &UserId,
    query: &ConversationQuery,
    now: Timestamp,
) -> Result<ConversationList, Error> {
    let limit = page_limit(query.limit, "conversations")?;
    let search = query.search.as_deref();
    if search.is_some_and(|text| text.chars().count() > SEARCH_MAX) {
        return Err(Error::field(
            "search",
            format!("Search for at most {SEARCH_MAX} characters."),
        ));
    }
    let before = query
        .cursor
        .as_deref()
        .map(|cursor| decode(cursor, search))
        .transpose()?;
    let limit = usize::from(limit);
    let mut rows = queries::list(conn, user_id, search, before, limit as i64 + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|row| encode(row.id, search));
    Ok(ConversationList {
        conversations: with_unfinished(conn, user_id, rows, now).await?,
        next_cursor,
    })
}

/// One conversation.
pub(super) async fn get(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    now: Timestamp,
) -> Result<Conversation, Error> {
    let row = queries::find(conn, user_id, id).await?.ok_or(NOT_FOUND)?;
    with_unfinished(conn, user_id, vec![row], now)
        .await?
        .pop()
        .ok_or(NOT_FOUND)
}

async fn with_unfinished(
    conn: &mut Conn,
    user_id: &UserId,
    rows: Vec<Row>,
    now: Timestamp,
) -> Result<Vec<Conversation>, Error> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let unfinished: HashMap<i64, i64> = queries::unfinished(conn, user_id, &ids)
        .await?
        .into_iter()
        // A turn whose process died is as good as interrupted.
        .filter(|(_, _, lease)| lease.is_none_or(|until| until.0 >= now))
        .map(|(conversation, turn, _)| (conversation, turn))
        .collect();
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (unfinished.get(&row.id).copied(), row))
        .map(|(turn, row)| row.into_conversation(turn))
        .collect())
}

/// Renames a conversation.
pub(super) async fn rename(
    write: &mut UserWrite,
    id: i64,
    title: &str,
) -> Result<Conversation, Error> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > CONVERSATION_TITLE_MAX || has_control(title) {
        return Err(Error::field(
            "title",
            format!("A title is one line of 1 to {CONVERSATION_TITLE_MAX} characters."),
        ));
    }
    let row = queries::rename(&mut write.conn, &write.user_id, id, title)
        .await?
        .ok_or(NOT_FOUND)?;
    write.changed.conversations.push(id);
    with_unfinished(&mut write.conn, &write.user_id, vec![row], write.now)
        .await?
        .pop()
        .ok_or(NOT_FOUND)
}

/// Deletes a conversation with its messages; what they did to tasks stays. Gives its title back.
pub(super) async fn delete(write: &mut UserWrite, id: i64) -> Result<String, Error> {
    let title = queries::delete(&mut write.conn, &write.user_id, id)
        .await?
        .ok_or(NOT_FOUND)?;
    write.changed.conversations.push(id);
    Ok(title)
}

/// Where the next page starts, bound to the search.
fn encode(before: i64, search: Option<&str>) -> String {
    URL_SAFE_NO_PAD.encode(format!("{before}/{}", search.unwrap_or_default()))
}

fn decode(cursor: &str, search: Option<&str>) -> Result<i64, Error> {
    let text = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.as_deref()
        .and_then(|text| text.split_once('/'))
        .filter(|(_, searched)| *searched == search.unwrap_or_default())
        .and_then(|(before, _)| before.parse().ok())
        .ok_or_else(|| {
            Error::Malformed(
                "The cursor does not belong to this list. Start again without it.".to_owned(),
            )
        })
}
