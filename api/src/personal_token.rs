//! Personal access tokens: what a user gives a program that is to act for them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a credential is good for. The later includes the earlier.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To look.
    Read,
    /// To look and to change.
    Write,
}

impl Scope {
    /// This one and those that it includes, the least first.
    #[must_use]
    pub fn included(self) -> Vec<Self> {
        [Self::Read, Self::Write]
            .into_iter()
            .filter(|included| *included <= self)
            .collect()
    }
}

/// A personal access token, without its secret, which is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonalToken {
    /// Names it when it is revoked.
    pub id: String,
    /// What the user calls it.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// When it was last used, to the minute; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// Makes a personal access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewPersonalToken {
    /// 1–100 characters after trimming, unlike the names of the user's other tokens.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it is to be good for. `write` includes `read`.
    #[schema(min_items = 1, max_items = 2)]
    pub scopes: Vec<Scope>,
    /// In how many days it ends: 1–366; 90 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 366)]
    pub expires_in_days: Option<u16>,
}

/// A new personal access token with its secret, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedPersonalToken {
    /// The secret: `Authorization: Bearer todo_pat_…`.
    pub token: String,
    /// What is kept of it.
    pub personal_token: PersonalToken,
}

/// Ends a personal access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevokePersonalToken {
    /// The token's id.
    #[schema(max_length = 200)]
    pub id: String,
}
