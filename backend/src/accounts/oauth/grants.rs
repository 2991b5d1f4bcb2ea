//! What users have let programs do: who presents an access token, and what the settings show.

use jiff::SignedDuration;
use todo_api::{OauthGrant, Scope};

use super::{
    metadata,
    queries::{self, GrantRow},
    secrets::ACCESS_PREFIX,
};
use crate::{
    accounts::{error::AuthError, secret::Secret},
    app::App,
    db::{Conn, DbError, types::At},
    error::Error,
};

/// A use is noted at most this often.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// An access token that somebody presented and that is good for `/mcp`.
#[derive(Clone, Debug)]
pub struct Found {
    /// The user who granted it.
    pub user_id: String,
    /// What it is good for.
    pub scope: Scope,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

/// Finds the access token that somebody presented to `/mcp`, and notes its use, once a minute at
/// most. One that was granted for another address is none.
///
/// # Errors
/// [`Error::Unavailable`] when the database is.
pub async fn find(app: &App, presented: &str) -> Result<Option<Found>, Error> {
    let Some(secret) = Secret::presented(ACCESS_PREFIX, presented) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let found = queries::grant_by_access_token(&mut conn, &secret.hash(), now).await?;
    drop(conn);
    let Some((grant, At(expires_at))) = found else {
        return Ok(None);
    };
    if grant.resource != metadata::resource(app) {
        return Ok(None);
    }
    let last_noted = now - NOTED_EVERY;
    if grant.last_used_at.is_none_or(|At(at)| at <= last_noted) {
        let id = grant.id.clone();
        let note = async move |conn: &mut Conn| -> Result<(), DbError> {
            Ok(queries::note_use(conn, &id, now, last_noted).await?)
        };
        app.db
            .write_beside("the use of a grant could not be noted", note);
    }
    Ok(Some(Found {
        scope: grant.scope(),
        user_id: grant.user_id,
        expires_at: expires_at.as_second(),
    }))
}

/// The user's grants, the newest first.
pub(super) async fn list(app: &App, user_id: &str) -> Result<Vec<OauthGrant>, AuthError> {
    let mut conn = app.db.read().await?;
    let rows = queries::grants_of(&mut conn, user_id, app.clock.now()).await?;
    Ok(rows.iter().map(GrantRow::to_wire).collect())
}

/// Ends a grant of the user with all its tokens, at once.
pub(super) async fn revoke(app: &App, user_id: String, id: String) -> Result<(), AuthError> {
    let delete = async move |conn: &mut Conn| -> Result<(), DbError> {
        Ok(queries::delete_grant_of(conn, &user_id, &id).await?)
    };
    Ok(app.db.write(delete).await?)
}
