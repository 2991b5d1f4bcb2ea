//! What goes wrong, as clients learn of it: RFC 9457 problem documents with a stable `code` and a
//! sentence for people. What only operators may know goes to the log, under the same request id.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use todo_api::{FieldError, Problem, Scope, Task};

use crate::db::DbError;

/// What a request can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// 401: no credential, or none that is valid.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// 403: the credential does not allow this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// 403 `insufficient_scope`: the credential is good for less than this.
    #[error("{}", insufficient(*.0))]
    InsufficientScope(Scope),
    /// 404: there is no such thing, for this user.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// 405: the address does not take this method.
    #[error("This address does not take that method.")]
    MethodNotAllowed,
    /// 409 with a code of its own.
    #[error("{detail}")]
    Conflict {
        /// The stable code.
        code: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// 409 `changed_since`: what would be undone was changed meanwhile.
    #[error("This task was changed since, so it was left as it is now.")]
    ChangedSince(Box<Task>),
    /// 413: the body is too large.
    #[error("The request body is too large.")]
    TooLarge,
    /// 415: the body is not JSON.
    #[error("Send the body as JSON, with Content-Type: application/json.")]
    UnsupportedMediaType,
    /// 422: fields that are not as they should be.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// 422 with a code of its own.
    #[error("{detail}")]
    Unprocessable {
        /// The stable code.
        code: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// 429: too often.
    #[error("{detail}")]
    TooManyRequests {
        /// Seconds until it may be tried again.
        retry_after: u64,
        /// A sentence for people.
        detail: String,
    },
    /// 503: a dependency is down; the text is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// 500: a defect; the text is for the log.
    #[error("internal: {0}")]
    Internal(String),
}

const fn insufficient(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "This token is not good for reading.",
        Scope::Write => "This token is good for reading only. Make one that may write as well.",
    }
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [one] if one.field.is_empty() => one.message.clone(),
        [one] => format!("{}: {}", one.field, one.message),
        _ => "Some fields are not valid.".to_owned(),
    }
}

impl Error {
    /// One field that is not as it should be.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError {
            field: field.to_owned(),
            message: message.into(),
        }])
    }

    /// The HTTP status and the stable code.
    #[must_use]
    pub const fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::InsufficientScope(_) => (StatusCode::FORBIDDEN, "insufficient_scope"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Conflict { code, .. } => (StatusCode::CONFLICT, code),
            Self::ChangedSince(_) => (StatusCode::CONFLICT, "changed_since"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            }
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Self::Unprocessable { code, .. } => (StatusCode::UNPROCESSABLE_ENTITY, code),
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// The sentence for people.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Unavailable(_) => {
                "A service we depend on is not available just now. Try again in a moment."
                    .to_owned()
            }
            Self::Internal(_) => {
                "Something went wrong on our side. Try again, and quote the request id if it stays."
                    .to_owned()
            }
            other => other.to_string(),
        }
    }

    /// The document that a client sees.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (status, code) = self.status_and_code();
        Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.detail(),
            code: code.to_owned(),
            request_id: String::new(),
            errors: if let Self::Invalid(errors) = self {
                errors.clone()
            } else {
                Vec::new()
            },
            message: None,
            task: if let Self::ChangedSince(task) = self {
                Some(task.clone())
            } else {
                None
            },
        }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(detail) => Self::Unavailable(detail),
            DbError::Query(error) => Self::Internal(error.to_string()),
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match &self {
            Self::Unavailable(detail) => tracing::warn!(detail, "a dependency is down"),
            Self::Internal(detail) => tracing::error!(detail, "internal error"),
            _ => {}
        }
        let mut response = todo_service::http::respond(self.problem());
        let headers = response.headers_mut();
        match self {
            Self::Unauthorized(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::InsufficientScope(_) => {
                let challenge = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::TooManyRequests { retry_after, .. } => {
                headers.insert(header::RETRY_AFTER, retry_after.into());
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
