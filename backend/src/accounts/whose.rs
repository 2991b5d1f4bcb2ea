//! Whose account a program on this machine works on that was started by its owner.

use super::{email::Email, queries};
use crate::{
    app::App,
    caller::UserId,
    db::{Conn, DbError},
};

/// Why it is nobody's.
#[derive(Debug, thiserror::Error)]
pub enum WhoseError {
    /// The address cannot be one, or nobody signed up with it.
    #[error("there is no account with the e-mail address {0}")]
    NoAccount(String),
    /// Nobody signed up yet.
    #[error("there is no account yet: start `todo`, open its page and sign up")]
    Nobody,
    /// It could be one of several.
    #[error("there are several accounts: say which with --user EMAIL")]
    Several,
    /// The database is down.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for WhoseError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

/// The account with this address, or the only one there is.
///
/// # Errors
/// When there is none, or there are several to choose from.
pub async fn find(app: &App, email: Option<&str>) -> Result<UserId, WhoseError> {
    let mut conn = app.db.read().await?;
    let id = match email {
        Some(email) => of_address(&mut conn, email).await?,
        None => {
            let ids = queries::user_ids(&mut conn, 2).await?;
            match <[String; 1]>::try_from(ids) {
                Ok([id]) => id,
                Err(ids) if ids.is_empty() => return Err(WhoseError::Nobody),
                Err(_) => return Err(WhoseError::Several),
            }
        }
    };
    UserId::new(&id).ok_or(WhoseError::Nobody)
}

async fn of_address(conn: &mut Conn, email: &str) -> Result<String, WhoseError> {
    let no_account = || WhoseError::NoAccount(email.trim().to_owned());
    let address = Email::new(email).map_err(|_| no_account())?;
    let user = queries::user_by_email(conn, &address).await?;
    Ok(user.ok_or_else(no_account)?.id)
}
