//! What can be done with accounts. Every attempt at a password is counted before the password is
//! hashed, so that a flood of them costs no time.

use jiff::tz::TimeZone;
use todo_api::{ChangePassword, ResetPassword, Settings, SettingsPatch, SignIn, SignUp};

use super::{
    client::Client,
    email::Email,
    error::AuthError,
    model::{UserRow, theme_name},
    password::{Password, Verdict},
    queries::{self, Ending},
    rate_limit::{self, Subject},
    session::SignedIn,
    token::{Token, random_id},
};
use crate::{
    app::App,
    db::{Conn, types::At},
    error::Error,
    writes::UserWrite,
};

/// Longest name, in characters.
const NAME_MAX: usize = 100;

/// Makes an account and signs it in.
pub(super) async fn sign_up(
    app: &App,
    client: &Client,
    form: SignUp,
) -> Result<SignedIn, AuthError> {
    client.require_private()?;
    let name = name(&form.name)?;
    let email = Email::new(&form.email)?;
    let password = Password::new(&form.password)?;
    rate_limit::count(app, Subject::SignUps(client.address)).await?;
    let taken = queries::user_by_email(&mut app.db.read().await?, &email).await?;
    if taken.is_some() {
        return Err(AuthError::UserExists);
    }
    let now = app.clock.now();
    let user = UserRow {
        id: random_id(),
        email: email.as_str().to_owned(),
        name,
        password_hash: app.passwords.hash(password).await?,
        time_zone: form.time_zone.as_deref().and_then(time_zone),
        theme: theme_name(todo_api::Theme::default()).to_owned(),
        created_at: At(now),
        updated_at: At(now),
    };
    let signed_in = SignedIn::new(user, client, form.remember_me.unwrap_or(true), now);
    let write = async move |conn: &mut Conn| -> Result<SignedIn, AuthError> {
        if !queries::insert_user(conn, &signed_in.user).await? {
            return Err(AuthError::UserExists);
        }
        queries::insert_session(conn, &signed_in.session).await?;
        Ok(signed_in)
    };
    app.db.write(write).await
}

/// Signs in with address and password.
pub(super) async fn sign_in(
    app: &App,
    client: &Client,
    form: SignIn,
) -> Result<SignedIn, AuthError> {
    client.require_private()?;
    let email = Email::new(&form.email)?;
    let password = Password::to_check(&form.password)?;
    let user = queries::user_by_email(&mut app.db.read().await?, &email).await?;
    let proof = verify(app, client, &email, user.as_ref(), password).await?;
    let (Some(user), Some(proof)) = (user, proof) else {
        return Err(AuthError::InvalidEmailOrPassword);
    };
    let now = app.clock.now();
    let signed_in = SignedIn::new(user, client, form.remember_me.unwrap_or(true), now);
    let write = async move |conn: &mut Conn| -> Result<SignedIn, AuthError> {
        // A session that began with the old password would survive a change of it made meanwhile.
        if !proof.redeem(conn).await? {
            return Err(AuthError::InvalidEmailOrPassword);
        }
        queries::insert_session(conn, &signed_in.session).await?;
        Ok(signed_in)
    };
    app.db.write(write).await
}

/// Sets a new password for somebody who knows the current one. With `revoke_other_sessions` every
/// session ends and a new one begins, which is given back.
pub(super) async fn change_password(
    app: &App,
    client: &Client,
    SignedIn { user, session, .. }: SignedIn,
    form: ChangePassword,
) -> Result<Option<SignedIn>, AuthError> {
    let new = Password::new(&form.new_password)?;
    let proof = prove(app, client, &user, &form.current_password).await?;
    let hash = app.passwords.hash(new).await?;
    let now = app.clock.now();
    let revoke = form.revoke_other_sessions.unwrap_or(false);
    let next = revoke.then(|| SignedIn::new(user.clone(), client, session.remember, now));
    let write = async move |conn: &mut Conn| -> Result<Option<SignedIn>, AuthError> {
        if !proof.redeem(conn).await? {
            return Err(AuthError::InvalidPassword);
        }
        queries::set_password(conn, &user.id, &hash, now).await?;
        if let Some(next) = &next {
            queries::delete_sessions(conn, &user.id, &Ending::All).await?;
            queries::insert_session(conn, &next.session).await?;
        }
        Ok(next)
    };
    app.db.write(write).await
}

/// Deletes an account with everything in it.
pub(super) async fn delete_user(
    app: &App,
    client: &Client,
    user: UserRow,
    password: &str,
) -> Result<(), AuthError> {
    let proof = prove(app, client, &user, password).await?;
    let write = async move |conn: &mut Conn| -> Result<(), AuthError> {
        if !proof.redeem(conn).await? {
            return Err(AuthError::InvalidPassword);
        }
        Ok(queries::delete_user(conn, &user.id).await?)
    };
    app.db.write(write).await
}

/// Sets a new password by a one-time link and ends all sessions.
pub(super) async fn reset_password(
    app: &App,
    client: &Client,
    form: ResetPassword,
) -> Result<(), AuthError> {
    client.require_private()?;
    let password = Password::new(&form.new_password)?;
    let token = Token::presented(&form.token).ok_or(AuthError::InvalidToken)?;
    rate_limit::count(app, Subject::Resets(client.address)).await?;
    let token_hash = token.hash();
    let now = app.clock.now();
    let user_id = queries::reset(&mut app.db.read().await?, &token_hash, now)
        .await?
        .ok_or(AuthError::InvalidToken)?;
    let hash = app.passwords.hash(password).await?;
    let write = async move |conn: &mut Conn| -> Result<(), AuthError> {
        if !queries::take_reset(conn, &token_hash).await? {
            return Err(AuthError::InvalidToken);
        }
        queries::set_password(conn, &user_id, &hash, now).await?;
        queries::delete_sessions(conn, &user_id, &Ending::All).await?;
        Ok(())
    };
    app.db.write(write).await
}

/// That somebody knows a password; [redeemed](Self::redeem) in the transaction that it allows.
struct Proof {
    user_id: String,
    verified: String,
    /// The verified hash, or its successor when it is of an older form.
    current: String,
    account: String,
    address: String,
}

impl Proof {
    /// Forgives earlier attempts; false when the password was changed meanwhile. The update also
    /// makes such a change wait until this transaction is over.
    async fn redeem(&self, conn: &mut Conn) -> Result<bool, Error> {
        let unchanged =
            queries::replace_password(conn, &self.user_id, &self.verified, &self.current).await?;
        if unchanged {
            rate_limit::forgive(conn, &self.account, &self.address).await?;
        }
        Ok(unchanged)
    }
}

/// Counts an attempt and compares a password with a user's, or with nobody's in the same time.
async fn verify(
    app: &App,
    client: &Client,
    email: &Email,
    user: Option<&UserRow>,
    password: Password,
) -> Result<Option<Proof>, Error> {
    let (account, address) = (Subject::Account(email), Subject::Address(client.address));
    // The address first: whoever is locked out there cannot lock out others.
    rate_limit::count(app, address).await?;
    rate_limit::count(app, account).await?;
    let stored = user.map(|user| user.password_hash.clone());
    let verdict = match app.passwords.verify(password.clone(), stored).await {
        Ok(verdict) => verdict,
        Err(busy) => {
            // Whoever was not heard should not be locked out for it.
            // In the order of `forgive`, or two transactions could wait for each other.
            let keys = [account.to_string(), address.to_string()];
            let take_back = async move |conn: &mut Conn| -> Result<(), Error> {
                for key in &keys {
                    rate_limit::take_back(conn, key).await?;
                }
                Ok(())
            };
            app.db.write(take_back).await?;
            return Err(busy);
        }
    };
    let (Some(user), Verdict::Right | Verdict::Outdated) = (user, verdict) else {
        return Ok(None);
    };
    let current = match verdict {
        Verdict::Outdated => app.passwords.hash(password).await?,
        _ => user.password_hash.clone(),
    };
    Ok(Some(Proof {
        user_id: user.id.clone(),
        verified: user.password_hash.clone(),
        current,
        account: account.to_string(),
        address: address.to_string(),
    }))
}

/// The same for somebody who is signed in already.
async fn prove(
    app: &App,
    client: &Client,
    user: &UserRow,
    password: &str,
) -> Result<Proof, AuthError> {
    let email = Email::new(&user.email)?;
    let password = Password::to_check(password)?;
    let proof = verify(app, client, &email, Some(user), password).await?;
    proof.ok_or(AuthError::InvalidPassword)
}

/// A user's settings.
pub(super) fn settings(app: &App, user: &UserRow) -> Settings {
    Settings {
        name: user.name.clone(),
        email: user.email.clone(),
        time_zone: user.time_zone.clone(),
        theme: user.theme(),
        assistant: app.turns.model_name().to_owned(),
    }
}

/// Changes settings.
pub(super) async fn change_settings(
    write: &mut UserWrite,
    patch: SettingsPatch,
) -> Result<UserRow, Error> {
    let mut user = queries::user(&mut write.conn, write.user_id.as_str())
        .await?
        .ok_or(Error::Unauthorized("This account no longer exists."))?;
    if let Some(text) = patch.name {
        user.name = name(&text)?;
    }
    if let Some(text) = patch.time_zone {
        let zone = time_zone(&text).ok_or_else(|| {
            Error::field(
                "time_zone",
                "Give the name of a time zone such as Europe/Berlin.",
            )
        })?;
        user.time_zone = Some(zone);
    }
    if let Some(theme) = patch.theme {
        user.theme = theme_name(theme).to_owned();
    }
    user.updated_at = At(write.now);
    queries::update_user(&mut write.conn, &user).await?;
    Ok(user)
}

/// A name as it is stored.
fn name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    if (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(Error::field(
            "name",
            format!("Give a name of 1 to {NAME_MAX} characters."),
        ))
    }
}

/// The IANA name of a time zone as it is written there.
fn time_zone(text: &str) -> Option<String> {
    let zone = TimeZone::get(text).ok()?;
    zone.iana_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_says_something() {
        assert_eq!(name("  Ann Lee ").unwrap(), "Ann Lee");
        assert_eq!(name("安").unwrap(), "安");
        assert!(name(&"ä".repeat(100)).is_ok());
        for bad in ["", "  ", "a\0b", "a\nb", "\u{7f}", &"ä".repeat(101)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_time_zone_is_one_of_the_iana_database() {
        for (text, stored) in [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("europe/berlin", Some("Europe/Berlin")),
            ("UTC", Some("UTC")),
            ("Pacific/Kiritimati", Some("Pacific/Kiritimati")),
            ("Mars/Olympus", None),
            ("EST5EDT,M3.2.0,M11.1.0", None),
            ("+02:00", None),
            ("../../etc/passwd", None),
            ("", None),
            ("\0", None),
        ] {
            assert_eq!(time_zone(text).as_deref(), stored, "{text}");
        }
    }
}
