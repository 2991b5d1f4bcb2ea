//! Why a call to the backend gave nothing to use, and what people read then.

use axum::{
    BoxError,
    body::Body,
    http::{Response, StatusCode},
};
use todo_api::{FieldError, Problem};

use super::collect;

/// Why the backend gave no answer to use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackendError {
    #[error("the backend cannot be reached: {0}")]
    Unreachable(BoxError),
    #[error("the backend did not answer in time")]
    TimedOut,
    #[error("the backend answered {}: {}", .0.status, .0.code)]
    Refused(Box<Problem>),
    #[error("the session has ended")]
    SignedOut,
    #[error("the backend's answer is not understood: {0}")]
    Malformed(BoxError),
}

impl BackendError {
    /// The status that the page answers with.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unreachable(_) | Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused(problem) => {
                StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY)
            }
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Malformed(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// What people read, with what to do next.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Unreachable(_) | Self::TimedOut => {
                "The server cannot be reached right now. Please try again in a moment.".into()
            }
            Self::SignedOut => "You are signed out.".into(),
            Self::Refused(problem) if !problem.detail.is_empty() => problem.detail.clone(),
            Self::Refused(_) | Self::Malformed(_) => {
                "Something went wrong on the server. Please try again.".into()
            }
        }
    }

    /// The stable code of the problem, if the backend gave one.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            _ => "",
        }
    }

    /// What is wrong with `field`.
    pub(crate) fn field(&self, field: &str) -> Option<&str> {
        match self {
            Self::Refused(problem) => problem
                .errors
                .iter()
                .find(|error| error.field == field)
                .map(|error| error.message.as_str()),
            _ => None,
        }
    }
}

/// The problem document of an answer, or one made from its status when it has none.
pub(super) async fn problem(response: Response<Body>) -> Problem {
    let status = response.status();
    let body = collect(response).await.unwrap_or_default();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let errors: Vec<FieldError> =
        serde_json::from_value(json["errors"].clone()).unwrap_or_default();
    Problem {
        kind: "about:blank".into(),
        title: text("title").unwrap_or_default(),
        status: status.as_u16(),
        detail: text("detail")
            .or_else(|| text("message"))
            .unwrap_or_default(),
        code: text("code").unwrap_or_default(),
        request_id: text("request_id").unwrap_or_default(),
        errors,
        message: text("message"),
        task: None,
    }
}
