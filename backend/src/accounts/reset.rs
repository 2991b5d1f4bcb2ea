//! One-time links for people who forgot their password. No mail is sent: an operator makes one with
//! `reset-password EMAIL` and hands it over.

use jiff::SignedDuration;

use super::{email::Email, queries, token::Token};
use crate::{app::App, db::Conn, error::Error};

/// How long a link is good for.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The address cannot be one, or nobody signed up with it.
    #[error("there is no account with the e-mail address {0}")]
    NoAccount(String),
    /// The database is down.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<crate::db::DbError> for ResetError {
    fn from(error: crate::db::DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<diesel::result::Error> for ResetError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Makes a link to a page that sets a new password: once, within an hour. An earlier link of the
/// same user ends.
///
/// # Errors
/// When there is no such account, or the database is down.
pub async fn create_link(app: &App, email: &str) -> Result<String, ResetError> {
    let no_account = || ResetError::NoAccount(email.trim().to_owned());
    let address = Email::new(email).map_err(|_| no_account())?;
    let user = queries::user_by_email(&mut app.db.read().await?, &address)
        .await?
        .ok_or_else(no_account)?;
    let token = Token::random();
    let (hash, expires_at) = (token.hash(), app.clock.now() + LIFETIME);
    let write = async move |conn: &mut Conn| -> Result<(), ResetError> {
        Ok(queries::replace_reset(conn, &user.id, &hash, expires_at).await?)
    };
    app.db.write(write).await?;
    let public_url = &app.config.server.public_url;
    Ok(format!("{public_url}/reset?token={}", token.expose()))
}
