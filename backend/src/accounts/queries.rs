//! The statements on users, their sessions and their password resets.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, QueryResult,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;

use super::{
    email::Email,
    model::{SessionRow, UserRow},
    oauth,
};
use crate::db::{
    Conn, on,
    schema::{password_resets, personal_tokens, user_sessions, user_state, users},
    types::At,
};

/// Most sessions that a list shows.
const SESSIONS_MAX: i64 = 100;

/// The user with this address.
pub(super) async fn user_by_email(conn: &mut Conn, email: &Email) -> QueryResult<Option<UserRow>> {
    on!(conn, |conn| {
        users::table
            .filter(users::email.eq(email.as_str()))
            .select(UserRow::as_select())
            .first(conn)
            .await
            .optional()
    })
}

/// The user with this id.
pub(super) async fn user(conn: &mut Conn, id: &str) -> QueryResult<Option<UserRow>> {
    on!(conn, |conn| {
        users::table
            .find(id)
            .select(UserRow::as_select())
            .first(conn)
            .await
            .optional()
    })
}

/// The ids of some users.
pub(super) async fn user_ids(conn: &mut Conn, limit: i64) -> QueryResult<Vec<String>> {
    on!(conn, |conn| {
        users::table
            .select(users::id)
            .order(users::id)
            .limit(limit)
            .load(conn)
            .await
    })
}

/// Adds a user; false when the address has an account.
pub(super) async fn insert_user(conn: &mut Conn, user: &UserRow) -> QueryResult<bool> {
    let added = on!(conn, |conn| {
        diesel::insert_into(users::table)
            .values(user)
            .on_conflict(users::email)
            .do_nothing()
            .execute(conn)
            .await?
    });
    if added == 1 {
        on!(conn, |conn| {
            diesel::insert_into(user_state::table)
                .values(user_state::user_id.eq(&user.id))
                .execute(conn)
                .await?
        });
    }
    Ok(added == 1)
}

/// Replaces a password's hash, if it still is the one that was verified.
pub(super) async fn replace_password(
    conn: &mut Conn,
    user_id: &str,
    verified: &str,
    new: &str,
) -> QueryResult<bool> {
    on!(conn, |conn| {
        let replaced = diesel::update(users::table.find(user_id))
            .filter(users::password_hash.eq(verified))
            .set(users::password_hash.eq(new))
            .execute(conn)
            .await?;
        Ok(replaced == 1)
    })
}

/// Sets a password and ends its resets.
pub(super) async fn set_password(
    conn: &mut Conn,
    user_id: &str,
    hash: &str,
    now: Timestamp,
) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::update(users::table.find(user_id))
            .set((users::password_hash.eq(hash), users::updated_at.eq(At(now))))
            .execute(conn)
            .await?
    });
    on!(conn, |conn| {
        diesel::delete(password_resets::table.filter(password_resets::user_id.eq(user_id)))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Sets what a user may change about themselves.
pub(super) async fn update_user(conn: &mut Conn, user: &UserRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::update(users::table.find(&user.id))
            .set((
                users::name.eq(&user.name),
                users::time_zone.eq(&user.time_zone),
                users::theme.eq(&user.theme),
                users::updated_at.eq(user.updated_at),
            ))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Deletes a user and, by cascade, everything of theirs.
pub(super) async fn delete_user(conn: &mut Conn, user_id: &str) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(users::table.find(user_id))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Adds a session.
pub(super) async fn insert_session(conn: &mut Conn, session: &SessionRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::insert_into(user_sessions::table)
            .values(session)
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// The session with this token's hash, and its user.
pub(super) async fn session(
    conn: &mut Conn,
    token_hash: &str,
    now: Timestamp,
) -> QueryResult<Option<(SessionRow, UserRow)>> {
    on!(conn, |conn| {
        user_sessions::table
            .inner_join(users::table.on(users::id.eq(user_sessions::user_id)))
            .filter(user_sessions::token_hash.eq(token_hash))
            .filter(user_sessions::expires_at.gt(At(now)))
            .select((SessionRow::as_select(), UserRow::as_select()))
            .first(conn)
            .await
            .optional()
    })
}

/// A user's sessions, the last used first.
pub(super) async fn sessions(
    conn: &mut Conn,
    user_id: &str,
    now: Timestamp,
) -> QueryResult<Vec<SessionRow>> {
    on!(conn, |conn| {
        user_sessions::table
            .filter(user_sessions::user_id.eq(user_id))
            .filter(user_sessions::expires_at.gt(At(now)))
            .order((user_sessions::updated_at.desc(), user_sessions::id))
            .limit(SESSIONS_MAX)
            .select(SessionRow::as_select())
            .load(conn)
            .await
    })
}

/// Prolongs a session.
pub(super) async fn prolong_session(conn: &mut Conn, session: &SessionRow) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::update(user_sessions::table.find(&session.id))
            .set((
                user_sessions::expires_at.eq(session.expires_at),
                user_sessions::updated_at.eq(session.updated_at),
            ))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Which of a user's sessions end.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// All.
    All,
    /// All but the one with this id.
    AllBut(String),
    /// The one with this id or this token's hash.
    One(String),
}

/// Ends sessions of a user.
pub(super) async fn delete_sessions(
    conn: &mut Conn,
    user_id: &str,
    ending: &Ending,
) -> QueryResult<()> {
    use user_sessions::dsl;
    on!(conn, |conn| {
        let theirs = diesel::delete(dsl::user_sessions).filter(dsl::user_id.eq(user_id));
        match ending {
            Ending::All => theirs.execute(conn).await?,
            Ending::AllBut(id) => theirs.filter(dsl::id.ne(id)).execute(conn).await?,
            Ending::One(name) => {
                let named = dsl::id.eq(name).or(dsl::token_hash.eq(name));
                theirs.filter(named).execute(conn).await?
            }
        };
        Ok(())
    })
}

/// Adds a reset in place of earlier ones.
pub(super) async fn replace_reset(
    conn: &mut Conn,
    user_id: &str,
    token_hash: &str,
    expires_at: Timestamp,
) -> QueryResult<()> {
    use password_resets::dsl;
    on!(conn, |conn| {
        diesel::delete(dsl::password_resets.filter(dsl::user_id.eq(user_id)))
            .execute(conn)
            .await?
    });
    on!(conn, |conn| {
        diesel::insert_into(dsl::password_resets)
            .values((
                dsl::token_hash.eq(token_hash),
                dsl::user_id.eq(user_id),
                dsl::expires_at.eq(At(expires_at)),
            ))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Whose reset this is, if it has not ended.
pub(super) async fn reset(
    conn: &mut Conn,
    token_hash: &str,
    now: Timestamp,
) -> QueryResult<Option<String>> {
    use password_resets::dsl;
    on!(conn, |conn| {
        dsl::password_resets
            .find(token_hash)
            .filter(dsl::expires_at.gt(At(now)))
            .select(dsl::user_id)
            .first(conn)
            .await
            .optional()
    })
}

/// Takes a reset, so that nobody else can; false when somebody has.
pub(super) async fn take_reset(conn: &mut Conn, token_hash: &str) -> QueryResult<bool> {
    on!(conn, |conn| {
        let taken = diesel::delete(password_resets::table.find(token_hash))
            .execute(conn)
            .await?;
        Ok(taken == 1)
    })
}

/// Deletes what has ended and nobody can use.
pub(super) async fn sweep(conn: &mut Conn, now: Timestamp) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(user_sessions::table.filter(user_sessions::expires_at.le(At(now))))
            .execute(conn)
            .await?
    });
    on!(conn, |conn| {
        diesel::delete(password_resets::table.filter(password_resets::expires_at.le(At(now))))
            .execute(conn)
            .await?
    });
    on!(conn, |conn| {
        diesel::delete(personal_tokens::table.filter(personal_tokens::expires_at.le(At(now))))
            .execute(conn)
            .await?
    });
    oauth::sweep(conn, now).await
}
