//! What goes wrong between a program and the authorization server, in OAuth's terms (RFC 6749 §5.2,
//! RFC 7591 §3.2.2).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{db::DbError, error::Error};

/// Why a program's request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum OauthError {
    /// The request cannot be read.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// There is no such program, or none any more.
    #[error("This client is not registered here, or no longer. Register again.")]
    InvalidClient,
    /// A code or a refresh token that is not good.
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// Another grant type than those of the metadata.
    #[error("The grant type has to be authorization_code or refresh_token.")]
    UnsupportedGrantType,
    /// More than the user granted.
    #[error("The user granted less than this scope.")]
    InvalidScope,
    /// A token for something else.
    #[error("The resource has to be the one that the user was asked for.")]
    InvalidTarget,
    /// An address to which no user may be sent back.
    #[error("{0}")]
    InvalidRedirectUri(String),
    /// A registration that cannot be.
    #[error("{0}")]
    InvalidClientMetadata(String),
    /// What can go wrong everywhere.
    #[error(transparent)]
    Other(#[from] Error),
}

/// An error as programs read it.
#[derive(Serialize, ToSchema)]
pub(super) struct OauthProblem {
    /// A stable code of RFC 6749 or RFC 7591.
    error: &'static str,
    /// A sentence for whoever develops the program.
    error_description: String,
}

impl OauthError {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        let code = match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidRedirectUri(_) => "invalid_redirect_uri",
            Self::InvalidClientMetadata(_) => "invalid_client_metadata",
            Self::Other(error) => {
                let (status, _) = error.status_and_code();
                let code = match status {
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                        "temporarily_unavailable"
                    }
                    status if status.is_server_error() => "server_error",
                    _ => "invalid_request",
                };
                return (status, code);
            }
        };
        (StatusCode::BAD_REQUEST, code)
    }

    /// The sentence in the letters that RFC 6749 allows: it may quote what was sent.
    fn description(&self) -> String {
        let sentence = match self {
            Self::Other(error) => error.detail(),
            other => other.to_string(),
        };
        let allowed = |c| match c {
            '"' | '\\' => '\'',
            ' '..='~' => c,
            _ => '?',
        };
        sentence.chars().map(allowed).collect()
    }
}

impl From<DbError> for OauthError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<diesel::result::Error> for OauthError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Other(error.into())
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let (status, error) = self.status_and_code();
        let problem = OauthProblem {
            error,
            error_description: self.description(),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Self::Other(error) = self {
            // It logs what only operators may know, and says when to come back.
            let theirs = error.into_response();
            if let Some(seconds) = theirs.headers().get(header::RETRY_AFTER) {
                headers.insert(header::RETRY_AFTER, seconds.clone());
            }
        }
        response
    }
}
