//! Accounts: Better Auth's users and sessions with what is said about them under `/api/auth`, and
//! the product's own settings.

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

/// A session as Better Auth's clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Names it in lists.
    pub id: String,
    /// The token for the caller's own session; of another session its id, which `revoke-session`
    /// takes as well, because tokens are not kept.
    pub token: String,
    /// Whose it is.
    pub user_id: String,
    /// Where it began.
    pub ip_address: Option<String>,
    /// What the browser called itself.
    pub user_agent: Option<String>,
    /// When it ends, unless it is used before.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last prolonged.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CurrentSession {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
}

/// Makes an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignUp {
    /// 1–100 characters after trimming.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// An address that has no account yet.
    #[schema(format = Email, max_length = 254)]
    pub email: String,
    /// 8–128 characters.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    pub password: String,
    /// Whether the session outlasts the browser; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remember_me: Option<bool>,
    /// IANA name of the browser's time zone; one that is not known here is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// What a sign-up answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedUp {
    /// The session's token.
    pub token: String,
    /// The new user.
    pub user: User,
}

/// Begins a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// The account's address.
    #[schema(format = Email, max_length = 254)]
    pub email: String,
    /// Its password.
    #[schema(format = Password, max_length = 128)]
    pub password: String,
    /// Whether the session outlasts the browser; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remember_me: Option<bool>,
    /// The page of this site that follows: a path.
    #[serde(
        default,
        rename = "callbackURL",
        skip_serializing_if = "Option::is_none"
    )]
    pub callback_url: Option<String>,
}

/// What a sign-in answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedInAnswer {
    /// Whether the client should go to `url`.
    pub redirect: bool,
    /// The session's token.
    pub token: String,
    /// The page that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The user.
    pub user: User,
}

/// A JWT for REST and MCP.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenAnswer {
    /// Good for five minutes.
    pub token: String,
}

/// Changes the password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangePassword {
    /// 8–128 characters.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    pub new_password: String,
    /// The password until now.
    #[schema(format = Password, max_length = 128)]
    pub current_password: String,
    /// Whether all other sessions end and this one gets a new token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_other_sessions: Option<bool>,
}

/// What a change of the password answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordChanged {
    /// The new token, if the other sessions ended.
    pub token: Option<String>,
    /// The user.
    pub user: User,
}

/// Sets a new password by a one-time link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResetPassword {
    /// 8–128 characters.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    pub new_password: String,
    /// The link's token.
    #[schema(max_length = 200)]
    pub token: String,
}

/// Ends one session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevokeSession {
    /// The session's id or token.
    #[schema(max_length = 200)]
    pub token: String,
}

/// Deletes the account with everything in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeleteUser {
    /// The account's password.
    #[schema(format = Password, max_length = 128)]
    pub password: String,
}

/// Changes the user; absent leaves a field unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateUser {
    /// 1–100 characters after trimming.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub time_zone: Option<String>,
    /// Cannot be changed; here to be refused by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub email: Option<serde_json::Value>,
}

/// What a change answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Always true.
    pub status: bool,
}

/// What the end of a session or an account answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Success {
    /// Always true.
    pub success: bool,
    /// A sentence, when an account was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
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
