//! The statements on programs, codes, grants and their tokens.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, OptionalExtension, QueryDsl,
    QueryResult, Queryable, Selectable, SelectableHelper, pg::Pg,
};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use todo_api::{OauthGrant, Scope};

use super::clients;
use crate::{
    accounts::scope::stored_scope,
    db::{
        Conn, on,
        schema::{oauth_access_tokens, oauth_clients, oauth_codes, oauth_grants},
        types::{At, Json},
    },
};

/// How long a code is remembered after its end, to know one that comes again.
const CODE_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A row of `oauth_clients`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_clients, check_for_backend(Pg))]
pub(super) struct ClientRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) redirect_uris: Json<Vec<String>>,
    pub(super) expires_at: At,
    pub(super) created_at: At,
}

/// A row of `oauth_codes`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_codes, check_for_backend(Pg))]
pub(super) struct CodeRow {
    pub(super) code_hash: String,
    pub(super) user_id: String,
    pub(super) client_id: String,
    pub(super) client_name: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) resource: String,
    pub(super) code_challenge: String,
    pub(super) grant_id: Option<String>,
    pub(super) expires_at: At,
}

/// A row of `oauth_grants`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_grants, check_for_backend(Pg))]
pub(in crate::accounts) struct GrantRow {
    pub(super) id: String,
    pub(super) user_id: String,
    pub(super) client_id: String,
    pub(super) client_name: String,
    pub(super) scope: String,
    pub(super) resource: String,
    pub(super) family_hash: String,
    pub(super) turn_hash: String,
    pub(super) expires_at: At,
    pub(super) last_used_at: Option<At>,
    pub(super) created_at: At,
}

impl GrantRow {
    /// What it is good for.
    pub(super) fn scope(&self) -> Scope {
        stored_scope(&self.scope)
    }

    /// What clients read.
    pub(in crate::accounts) fn to_wire(&self) -> OauthGrant {
        OauthGrant {
            id: self.id.clone(),
            client_name: self.client_name.clone(),
            client_host: clients::host(&self.client_id),
            scopes: self.scope().included(),
            created_at: self.created_at.0,
            last_used_at: self.last_used_at.map(|At(at)| at),
        }
    }
}

/// A row of `oauth_access_tokens`.
#[derive(Clone, Insertable)]
#[diesel(table_name = oauth_access_tokens)]
pub(super) struct AccessTokenRow {
    pub(super) token_hash: String,
    pub(super) grant_id: String,
    pub(super) expires_at: At,
}

/// Adds a program.
pub(super) async fn insert_client(conn: &mut Conn, row: &ClientRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::insert_into(oauth_clients::table)
            .values(row)
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// The program of this id, if it is still remembered.
pub(super) async fn client(
    conn: &mut Conn,
    id: &str,
    now: Timestamp,
) -> QueryResult<Option<ClientRow>> {
    on!(conn, |conn| {
        oauth_clients::table
            .find(id)
            .filter(oauth_clients::expires_at.gt(At(now)))
            .select(ClientRow::as_select())
            .first(conn)
            .await
            .optional()
    })
}

/// Remembers a program until then, if it is one that registered.
pub(super) async fn keep_client(conn: &mut Conn, id: &str, until: Timestamp) -> QueryResult<()> {
    if clients::is_document(id) {
        return Ok(());
    }
    on!(conn, |conn| {
        diesel::update(oauth_clients::table.find(id))
            .set(oauth_clients::expires_at.eq(At(until)))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Adds a code.
pub(super) async fn insert_code(conn: &mut Conn, row: &CodeRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::insert_into(oauth_codes::table)
            .values(row)
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Whether there is a code of this hash, used or not.
pub(super) async fn has_code(conn: &mut Conn, code_hash: &str) -> QueryResult<bool> {
    on!(conn, |conn| {
        let found: Option<String> = oauth_codes::table
            .find(code_hash)
            .select(oauth_codes::code_hash)
            .first(conn)
            .await
            .optional()?;
        Ok(found.is_some())
    })
}

/// Takes a code for this grant, so that nobody else can; none when somebody has.
pub(super) async fn take_code(
    conn: &mut Conn,
    code_hash: &str,
    grant_id: &str,
) -> QueryResult<Option<CodeRow>> {
    on!(conn, |conn| {
        diesel::update(oauth_codes::table.find(code_hash))
            .filter(oauth_codes::grant_id.is_null())
            .set(oauth_codes::grant_id.eq(grant_id))
            .returning(CodeRow::as_returning())
            .get_result(conn)
            .await
            .optional()
    })
}

/// Ends the grant that a code gave.
pub(super) async fn delete_grant_of_code(conn: &mut Conn, code_hash: &str) -> QueryResult<()> {
    let given: Option<Option<String>> = on!(conn, |conn| {
        oauth_codes::table
            .find(code_hash)
            .select(oauth_codes::grant_id)
            .first(conn)
            .await
            .optional()?
    });
    match given.flatten() {
        Some(id) => delete_grant(conn, &id).await,
        None => Ok(()),
    }
}

/// Adds a grant.
pub(super) async fn insert_grant(conn: &mut Conn, row: &GrantRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::insert_into(oauth_grants::table)
            .values(row)
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// A user's grants that have not ended, the newest first.
pub(in crate::accounts) async fn grants_of(
    conn: &mut Conn,
    user_id: &str,
    now: Timestamp,
) -> QueryResult<Vec<GrantRow>> {
    on!(conn, |conn| {
        oauth_grants::table
            .filter(oauth_grants::user_id.eq(user_id))
            .filter(oauth_grants::expires_at.gt(At(now)))
            .order((oauth_grants::created_at.desc(), oauth_grants::id))
            .select(GrantRow::as_select())
            .load(conn)
            .await
    })
}

/// The grant to which a refresh token belongs, whether or not that is the latest, if it has not
/// ended.
pub(super) async fn grant_by_family(
    conn: &mut Conn,
    family_hash: &str,
    now: Timestamp,
) -> QueryResult<Option<GrantRow>> {
    on!(conn, |conn| {
        oauth_grants::table
            .filter(oauth_grants::family_hash.eq(family_hash))
            .filter(oauth_grants::expires_at.gt(At(now)))
            .select(GrantRow::as_select())
            .first(conn)
            .await
            .optional()
    })
}

/// The grant of an access token that has not ended, and when that does.
pub(super) async fn grant_by_access_token(
    conn: &mut Conn,
    token_hash: &str,
    now: Timestamp,
) -> QueryResult<Option<(GrantRow, At)>> {
    on!(conn, |conn| {
        oauth_access_tokens::table
            .inner_join(oauth_grants::table.on(oauth_grants::id.eq(oauth_access_tokens::grant_id)))
            .filter(oauth_access_tokens::token_hash.eq(token_hash))
            .filter(oauth_access_tokens::expires_at.gt(At(now)))
            .select((GrantRow::as_select(), oauth_access_tokens::expires_at))
            .first(conn)
            .await
            .optional()
    })
}

/// Notes that a grant was used, unless that was noted after `unless_after`.
pub(super) async fn note_use(
    conn: &mut Conn,
    id: &str,
    now: Timestamp,
    unless_after: Timestamp,
) -> QueryResult<()> {
    use oauth_grants::dsl;
    on!(conn, |conn| {
        let long_ago = dsl::last_used_at
            .is_null()
            .or(dsl::last_used_at.le(At(unless_after)));
        diesel::update(dsl::oauth_grants.find(id))
            .filter(long_ago)
            .set(dsl::last_used_at.eq(Some(At(now))))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// How a refresh changes a grant.
#[derive(Clone)]
pub(super) struct Rotation {
    pub(super) grant_id: String,
    /// The hash of the turn that is presented, which has to be the latest.
    pub(super) used: String,
    /// The hash of the next one.
    pub(super) next: String,
    /// When the grant ends now.
    pub(super) expires_at: At,
    /// When the access tokens before end.
    pub(super) overlap_ends_at: At,
}

/// Turns a grant's refresh token over; false when the presented one is not the latest.
pub(super) async fn rotate(
    conn: &mut Conn,
    rotation: &Rotation,
    now: Timestamp,
) -> QueryResult<bool> {
    use oauth_access_tokens::dsl;
    let turned = on!(conn, |conn| {
        diesel::update(oauth_grants::table.find(&rotation.grant_id))
            .filter(oauth_grants::turn_hash.eq(&rotation.used))
            .set((
                oauth_grants::turn_hash.eq(&rotation.next),
                oauth_grants::expires_at.eq(rotation.expires_at),
            ))
            .execute(conn)
            .await?
    });
    if turned == 0 {
        return Ok(false);
    }
    let earlier = dsl::oauth_access_tokens.filter(dsl::grant_id.eq(&rotation.grant_id));
    on!(conn, |conn| {
        diesel::delete(earlier.filter(dsl::expires_at.le(At(now))))
            .execute(conn)
            .await?
    });
    on!(conn, |conn| {
        diesel::update(earlier.filter(dsl::expires_at.gt(rotation.overlap_ends_at)))
            .set(dsl::expires_at.eq(rotation.overlap_ends_at))
            .execute(conn)
            .await?
    });
    Ok(true)
}

/// Ends a grant with all its tokens.
pub(super) async fn delete_grant(conn: &mut Conn, id: &str) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(oauth_grants::table.find(id))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Ends a grant of a user with all its tokens.
pub(super) async fn delete_grant_of(conn: &mut Conn, user_id: &str, id: &str) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(oauth_grants::table.find(id))
            .filter(oauth_grants::user_id.eq(user_id))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Adds an access token.
pub(super) async fn insert_access_token(conn: &mut Conn, row: &AccessTokenRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::insert_into(oauth_access_tokens::table)
            .values(row)
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Ends an access token.
pub(super) async fn delete_access_token(conn: &mut Conn, token_hash: &str) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(oauth_access_tokens::table.find(token_hash))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Deletes what has ended and nobody can use.
pub(in crate::accounts) async fn sweep(conn: &mut Conn, now: Timestamp) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(
            oauth_access_tokens::table.filter(oauth_access_tokens::expires_at.le(At(now))),
        )
        .execute(conn)
        .await?
    });
    on!(conn, |conn| {
        diesel::delete(oauth_grants::table.filter(oauth_grants::expires_at.le(At(now))))
            .execute(conn)
            .await?
    });
    on!(conn, |conn| {
        diesel::delete(oauth_codes::table.filter(oauth_codes::expires_at.le(At(now - CODE_KEPT))))
            .execute(conn)
            .await?
    });
    on!(conn, |conn| {
        diesel::delete(oauth_clients::table.filter(oauth_clients::expires_at.le(At(now))))
            .execute(conn)
            .await?;
        Ok(())
    })
}
