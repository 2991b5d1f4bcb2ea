//! The statements on personal access tokens.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, Selectable, SelectableHelper, pg::Pg,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use todo_api::{PersonalToken, Scope};

use crate::{
    accounts::scope::stored_scope,
    db::{Conn, on, schema::personal_tokens, types::At},
};

/// A row of `personal_tokens`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = personal_tokens, check_for_backend(Pg))]
pub(in crate::accounts) struct TokenRow {
    pub(super) id: String,
    pub(super) user_id: String,
    pub(super) token_hash: String,
    pub(super) name: String,
    pub(super) scope: String,
    pub(super) expires_at: At,
    pub(super) last_used_at: Option<At>,
    pub(super) created_at: At,
}

impl TokenRow {
    /// What it is good for.
    pub(super) fn scope(&self) -> Scope {
        stored_scope(&self.scope)
    }

    /// What clients read.
    pub(in crate::accounts) fn to_wire(&self) -> PersonalToken {
        PersonalToken {
            id: self.id.clone(),
            name: self.name.clone(),
            scopes: self.scope().included(),
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
            last_used_at: self.last_used_at.map(|At(at)| at),
        }
    }
}

/// Adds a token.
pub(super) async fn insert(conn: &mut Conn, row: &TokenRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::insert_into(personal_tokens::table)
            .values(row)
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// A user's tokens that have not ended, the newest first.
pub(in crate::accounts) async fn of_user(
    conn: &mut Conn,
    user_id: &str,
    now: Timestamp,
) -> QueryResult<Vec<TokenRow>> {
    on!(conn, |conn| {
        personal_tokens::table
            .filter(personal_tokens::user_id.eq(user_id))
            .filter(personal_tokens::expires_at.gt(At(now)))
            .order((personal_tokens::created_at.desc(), personal_tokens::id))
            .select(TokenRow::as_select())
            .load(conn)
            .await
    })
}

/// The token with this hash, if it has not ended.
pub(super) async fn by_hash(
    conn: &mut Conn,
    token_hash: &str,
    now: Timestamp,
) -> QueryResult<Option<TokenRow>> {
    on!(conn, |conn| {
        personal_tokens::table
            .filter(personal_tokens::token_hash.eq(token_hash))
            .filter(personal_tokens::expires_at.gt(At(now)))
            .select(TokenRow::as_select())
            .first(conn)
            .await
            .optional()
    })
}

/// Whether there still is a token of this id.
pub(super) async fn exists(conn: &mut Conn, id: &str) -> QueryResult<bool> {
    on!(conn, |conn| {
        let found: Option<String> = personal_tokens::table
            .find(id)
            .select(personal_tokens::id)
            .first(conn)
            .await
            .optional()?;
        Ok(found.is_some())
    })
}

/// Notes that a token was used, unless that was noted after `unless_after`.
pub(super) async fn note_use(
    conn: &mut Conn,
    id: &str,
    now: Timestamp,
    unless_after: Timestamp,
) -> QueryResult<()> {
    use personal_tokens::dsl;
    on!(conn, |conn| {
        let long_ago = dsl::last_used_at
            .is_null()
            .or(dsl::last_used_at.le(At(unless_after)));
        diesel::update(dsl::personal_tokens.find(id))
            .filter(long_ago)
            .set(dsl::last_used_at.eq(Some(At(now))))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Ends a token of a user.
pub(super) async fn delete(conn: &mut Conn, user_id: &str, id: &str) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(personal_tokens::table.find(id))
            .filter(personal_tokens::user_id.eq(user_id))
            .execute(conn)
            .await?;
        Ok(())
    })
}
