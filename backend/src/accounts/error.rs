//! What goes wrong under `/api/auth`: problem documents that bear Better Auth's `message` and
//! `code` too, so that its client tells its users what it always did.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use todo_api::Problem;

use super::{
    oauth::GRANTS_MAX,
    password::{PASSWORD_MAX, PASSWORD_MIN},
    personal_tokens::TOKENS_MAX,
};
use crate::{db::DbError, error::Error};

/// Why an account's request is refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// 401: no such account, or another password; which of the two is not told.
    #[error("The e-mail address or the password is not right. Check both and try again.")]
    InvalidEmailOrPassword,
    /// 401: not signed in.
    #[error("You are not signed in, or your session has ended. Sign in again.")]
    NotSignedIn,
    /// 422: the address has an account.
    #[error("This e-mail address already has an account. Sign in, or use another address.")]
    UserExists,
    /// 400: the address cannot be one.
    #[error("This is not an e-mail address. Check it for typing errors.")]
    InvalidEmail,
    /// 400: the address is for good.
    #[error("The e-mail address of an account cannot be changed.")]
    EmailCannotChange,
    /// 400: the current password is another one.
    #[error("The current password is not right.")]
    InvalidPassword,
    /// 400: a password to set is too short.
    #[error("Use a password of at least {PASSWORD_MIN} characters.")]
    PasswordTooShort,
    /// 400: a password is too long.
    #[error("Use a password of at most {PASSWORD_MAX} characters.")]
    PasswordTooLong,
    /// 400: a reset link that was used, has ended, or never was.
    #[error("This link was used already or has expired. Ask for a new one.")]
    InvalidToken,
    /// 422: the user has as many personal tokens as there may be.
    #[error("You have {TOKENS_MAX} tokens, which is the most. Revoke one that you do not need.")]
    TooManyPersonalTokens,
    /// 422: the user has a personal token of that name.
    #[error("You have a token of that name. Give this one another.")]
    PersonalTokenNameTaken,
    /// 400: a program that is not known, with what to do about it.
    #[error("{0}")]
    UnknownClient(String),
    /// 400: a program wants to be sent what others might read.
    #[error(
        "The program wants the answer at an address that it did not name before. Nothing was sent there."
    )]
    ForeignRedirect,
    /// 422: the user has let in as many programs as there may be.
    #[error(
        "You have {GRANTS_MAX} connected programs, which is the most. Remove one in the settings."
    )]
    TooManyGrants,
    /// 400: an update without a field.
    #[error("There is nothing to change in this request.")]
    NothingToUpdate,
    /// 400: plain http on a host that is not this machine.
    #[error(
        "Signing in over plain http would show your password to the network. Use https, or ask \
         the operator to set ALLOW_HTTP=true."
    )]
    HttpsRequired,
    /// 403: a redirect to somewhere else.
    #[error("After signing in, only a page of this site can follow.")]
    InvalidCallbackUrl,
    /// 403: another site made the browser send this.
    #[error("This request came from another site and was not carried out.")]
    InvalidOrigin,
    /// What can go wrong everywhere.
    #[error(transparent)]
    Other(#[from] Error),
}

impl AuthError {
    /// The document that a client sees, with Better Auth's code and sentence.
    fn problem(&self) -> Problem {
        use StatusCode as S;
        let (status, code, message) = match self {
            Self::InvalidEmailOrPassword => (
                S::UNAUTHORIZED,
                "INVALID_EMAIL_OR_PASSWORD",
                "Invalid email or password",
            ),
            Self::NotSignedIn => (S::UNAUTHORIZED, "UNAUTHORIZED", "Unauthorized"),
            Self::UserExists => (
                S::UNPROCESSABLE_ENTITY,
                "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
                "User already exists. Use another email.",
            ),
            Self::InvalidEmail => (S::BAD_REQUEST, "INVALID_EMAIL", "Invalid email"),
            Self::EmailCannotChange => (
                S::BAD_REQUEST,
                "EMAIL_CAN_NOT_BE_UPDATED",
                "Email can not be updated",
            ),
            Self::InvalidPassword => (S::BAD_REQUEST, "INVALID_PASSWORD", "Invalid password"),
            Self::PasswordTooShort => (S::BAD_REQUEST, "PASSWORD_TOO_SHORT", "Password too short"),
            Self::PasswordTooLong => (S::BAD_REQUEST, "PASSWORD_TOO_LONG", "Password too long"),
            Self::InvalidToken => (S::BAD_REQUEST, "INVALID_TOKEN", "Invalid token"),
            Self::TooManyPersonalTokens => (
                S::UNPROCESSABLE_ENTITY,
                "TOO_MANY_PERSONAL_TOKENS",
                "Too many personal tokens",
            ),
            Self::PersonalTokenNameTaken => (
                S::UNPROCESSABLE_ENTITY,
                "PERSONAL_TOKEN_NAME_TAKEN",
                "Personal token name taken",
            ),
            Self::UnknownClient(_) => (S::BAD_REQUEST, "UNKNOWN_CLIENT", "Unknown client"),
            Self::ForeignRedirect => (
                S::BAD_REQUEST,
                "FOREIGN_REDIRECT_URI",
                "Foreign redirect URI",
            ),
            Self::TooManyGrants => (
                S::UNPROCESSABLE_ENTITY,
                "TOO_MANY_GRANTS",
                "Too many grants",
            ),
            Self::NothingToUpdate => (S::BAD_REQUEST, "NO_FIELDS_TO_UPDATE", "No fields to update"),
            Self::HttpsRequired => (S::BAD_REQUEST, "HTTPS_REQUIRED", "Sign in over https"),
            Self::InvalidCallbackUrl => {
                (S::FORBIDDEN, "INVALID_CALLBACK_URL", "Invalid callbackURL")
            }
            Self::InvalidOrigin => (S::FORBIDDEN, "INVALID_ORIGIN", "Invalid origin"),
            Self::Other(error) => return translate(error),
        };
        Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: code.to_owned(),
            request_id: String::new(),
            errors: Vec::new(),
            message: Some(message.to_owned()),
            task: None,
        }
    }
}

/// An error of the rest of the product, in Better Auth's terms: its codes are in capitals, and it
/// has one status for all that it cannot read.
fn translate(error: &Error) -> Problem {
    let problem = error.problem();
    let message = Some(problem.detail.clone());
    match error {
        Error::Malformed(_) => Problem {
            code: "BAD_REQUEST".to_owned(),
            message,
            ..problem
        },
        Error::Invalid(_) => Problem {
            title: "Bad Request".to_owned(),
            status: StatusCode::BAD_REQUEST.as_u16(),
            code: "VALIDATION_ERROR".to_owned(),
            message,
            ..problem
        },
        _ => Problem {
            code: problem.code.to_ascii_uppercase(),
            message,
            ..problem
        },
    }
}

impl From<DbError> for AuthError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<diesel::result::Error> for AuthError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Other(error.into())
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        let mut response = todo_service::http::respond(self.problem());
        if let Self::Other(error) = self {
            // It logs what only operators may know, and says when to come back.
            let headers = error.into_response().headers().clone();
            if let Some(seconds) = headers.get(header::RETRY_AFTER) {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, seconds.clone());
            }
        }
        response
    }
}
