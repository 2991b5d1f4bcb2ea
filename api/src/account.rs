//! Accounts: Better Auth's users and sessions, and the product's own settings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A user as Better Auth's clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Text, `[A-Za-z0-9_-]{1,64}`.
    pub id: String,
    /// What to call them.
    pub name: String,
    /// In lower case.
    pub email: String,
    /// Always false: no mail is sent.
    pub email_verified: bool,
    /// Always null.
    pub image: Option<String>,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// The look of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the device is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The user's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// What to call them.
    pub name: String,
    /// Their address; cannot be changed here.
    pub email: String,
    /// IANA name; null until known, then UTC is used.
    pub time_zone: Option<String>,
    /// The look of the pages.
    pub theme: Theme,
    /// Which assistant answers: `builtin`, or the model's name.
    pub assistant: String,
}

/// Changes settings; absent leaves one unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingsPatch {
    /// 1–100 characters after trimming.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub time_zone: Option<String>,
    /// The look of the pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
}
