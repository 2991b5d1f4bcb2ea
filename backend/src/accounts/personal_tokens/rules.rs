//! What can be done with personal access tokens.

use jiff::SignedDuration;
use todo_api::{CreatedPersonalToken, NewPersonalToken, PersonalToken, Scope};

use super::queries::{self, TokenRow};
use crate::{
    accounts::{error::AuthError, scope::scope_name, secret::Secret, token::random_id},
    app::App,
    caller::UserId,
    db::{Conn, DbError, types::At},
    error::Error,
    writes::{Reserve, UserWrite},
};

/// What every token begins with, so that people and secret scanners know one when they see it.
pub const PREFIX: &str = "todo_pat_";
/// Most tokens of one user.
pub(in crate::accounts) const TOKENS_MAX: usize = 50;
/// Longest name, in characters.
const NAME_MAX: usize = 100;
/// Days that a token lasts when nothing else is said.
const DAYS: u16 = 90;
/// Most days that it may last.
const DAYS_MAX: u16 = 366;
/// A use is noted at most this often.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The user's tokens, the newest first.
pub(super) async fn list(app: &App, user_id: &str) -> Result<Vec<PersonalToken>, AuthError> {
    let mut conn = app.db.read().await?;
    let rows = queries::of_user(&mut conn, user_id, app.clock.now()).await?;
    Ok(rows.iter().map(TokenRow::to_wire).collect())
}

/// Makes a token.
pub(super) async fn create(
    app: &App,
    user_id: &UserId,
    new: NewPersonalToken,
) -> Result<CreatedPersonalToken, AuthError> {
    let name = name(&new.name)?;
    let scope = new.scopes.into_iter().max();
    let scope = scope.ok_or_else(|| Error::field("scopes", "Say what the token is good for."))?;
    let days = new.expires_in_days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        let sentence = format!("A token lasts 1 to {DAYS_MAX} days.");
        return Err(Error::field("expiresInDays", sentence).into());
    }
    let secret = Secret::random(PREFIX);
    let now = app.clock.now();
    let row = TokenRow {
        id: random_id(),
        user_id: user_id.to_string(),
        token_hash: secret.hash(),
        name,
        scope: scope_name(scope).to_owned(),
        expires_at: At(now + SignedDuration::from_hours(24 * i64::from(days))),
        last_used_at: None,
        created_at: At(now),
    };
    let created = CreatedPersonalToken {
        token: secret.expose().to_owned(),
        personal_token: row.to_wire(),
    };
    // A user's writes are in order, so that two at once do not get past the bound.
    let store = async move |write: &mut UserWrite| -> Result<Stored, Error> {
        let others = queries::of_user(&mut write.conn, &row.user_id, write.now).await?;
        if others.len() >= TOKENS_MAX {
            return Ok(Stored::TooMany);
        }
        if others.iter().any(|other| other.name == row.name) {
            return Ok(Stored::NameTaken);
        }
        queries::insert(&mut write.conn, &row).await?;
        Ok(Stored::Yes)
    };
    match app.write(user_id, Reserve::default(), store).await? {
        Stored::Yes => Ok(created),
        Stored::TooMany => Err(AuthError::TooManyPersonalTokens),
        Stored::NameTaken => Err(AuthError::PersonalTokenNameTaken),
    }
}

/// Whether a token was stored.
enum Stored {
    Yes,
    TooMany,
    NameTaken,
}

fn name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    if (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        let sentence = format!("Give a name of 1 to {NAME_MAX} characters.");
        Err(Error::field("name", sentence))
    }
}

/// Ends a token at once. Open pages and streams hear of the write, and so of the token's end.
pub(super) async fn revoke(app: &App, user_id: &UserId, id: String) -> Result<(), AuthError> {
    let delete = async move |write: &mut UserWrite| -> Result<(), Error> {
        let user_id = write.user_id.clone();
        Ok(queries::delete(&mut write.conn, user_id.as_str(), &id).await?)
    };
    Ok(app.write(user_id, Reserve::default(), delete).await?)
}

/// A token that somebody presented and that is good.
#[derive(Clone, Debug)]
pub struct Found {
    /// The token's id.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// What it is good for.
    pub scope: Scope,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

/// Finds the token that somebody presented, and notes its use, once a minute at most.
///
/// # Errors
/// [`Error::Unavailable`] when the database is.
pub async fn find(app: &App, presented: &str) -> Result<Option<Found>, Error> {
    let Some(secret) = Secret::presented(PREFIX, presented) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let Some(row) = queries::by_hash(&mut conn, &secret.hash(), now).await? else {
        return Ok(None);
    };
    drop(conn);
    let last_noted = now - NOTED_EVERY;
    if row.last_used_at.is_none_or(|At(at)| at <= last_noted) {
        let id = row.id.clone();
        let note = async move |conn: &mut Conn| -> Result<(), DbError> {
            Ok(queries::note_use(conn, &id, now, last_noted).await?)
        };
        app.db
            .write_beside("the use of a token could not be noted", note);
    }
    Ok(Some(Found {
        scope: row.scope(),
        id: row.id,
        user_id: row.user_id,
        expires_at: row.expires_at.0.as_second(),
    }))
}

/// Whether a token was not revoked meanwhile.
///
/// # Errors
/// [`Error::Unavailable`] when the database is.
pub async fn is_live(app: &App, id: &str) -> Result<bool, Error> {
    Ok(queries::exists(&mut app.db.read_alone().await?, id).await?)
}
