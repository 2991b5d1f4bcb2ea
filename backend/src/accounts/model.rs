//! Users and sessions as they are stored, and as Better Auth's clients read them.

use diesel::{Insertable, Queryable, Selectable, pg::Pg};
use jiff::{Timestamp, Unit};
use todo_api::{Session, Theme, User};

use super::token::Token;
use crate::db::{
    schema::{user_sessions, users},
    types::At,
};

/// A row of `users`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) password_hash: String,
    pub(super) time_zone: Option<String>,
    pub(super) theme: String,
    pub(super) created_at: At,
    pub(super) updated_at: At,
}

impl UserRow {
    /// What clients read.
    pub(super) fn to_wire(&self) -> User {
        User {
            id: self.id.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            email_verified: false,
            image: None,
            created_at: milliseconds(self.created_at),
            updated_at: milliseconds(self.updated_at),
        }
    }

    /// The look of the pages.
    pub(super) fn theme(&self) -> Theme {
        match self.theme.as_str() {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }
}

/// How a theme is stored.
pub(super) const fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}

/// A row of `user_sessions`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = user_sessions, check_for_backend(Pg))]
pub(super) struct SessionRow {
    pub(super) id: String,
    pub(super) user_id: String,
    pub(super) token_hash: String,
    pub(super) remember: bool,
    pub(super) ip_address: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) expires_at: At,
    pub(super) created_at: At,
    pub(super) updated_at: At,
}

impl SessionRow {
    /// What clients read. The token of another session is not known; its id stands for it.
    pub(super) fn to_wire(&self, token: Option<&Token>) -> Session {
        Session {
            id: self.id.clone(),
            token: token.map_or(self.id.as_str(), Token::expose).to_owned(),
            user_id: self.user_id.clone(),
            ip_address: self.ip_address.clone(),
            user_agent: self.user_agent.clone(),
            expires_at: milliseconds(self.expires_at),
            created_at: milliseconds(self.created_at),
            updated_at: milliseconds(self.updated_at),
        }
    }
}

/// Better Auth's client reads the digits after the second as milliseconds, however many there are.
fn milliseconds(At(at): At) -> Timestamp {
    let rounding = jiff::TimestampRound::new()
        .smallest(Unit::Millisecond)
        .mode(jiff::RoundMode::Floor);
    at.round(rounding).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_at_most_milliseconds() {
        let at = At("2026-11-24T00:16:09.715987Z".parse().unwrap());
        assert_eq!(milliseconds(at).to_string(), "2026-11-24T00:16:09.715Z");
    }
}
