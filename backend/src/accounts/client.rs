//! Who sends a request, as far as signing in has to know.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, header, request::Parts},
};
use todo_service::ClientInfo;

use super::{cookie, error::AuthError};
use crate::app::App;

/// Longest `User-Agent` that is kept, in characters.
const USER_AGENT_MAX: usize = 400;

/// The sender of a request.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Its address.
    pub(super) address: IpAddr,
    /// Whether it came by https.
    pub(super) https: bool,
    /// Whether what it sends and gets may be secret: https, its own machine, or allowed by the
    /// operator.
    pub(super) private: bool,
    /// What it calls itself.
    pub(super) user_agent: Option<String>,
}

impl Client {
    /// Reads a request.
    pub(super) fn of(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let info = extensions.get::<ClientInfo>().copied();
        let https = info.is_some_and(|info| info.https);
        let user_agent = headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(USER_AGENT_MAX).collect());
        Self {
            address: info.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.address),
            https,
            private: https || app.config.server.allow_http || cookie::is_loopback(headers),
            user_agent,
        }
    }

    /// Whether a session may begin.
    ///
    /// # Errors
    /// [`AuthError::HttpsRequired`] when the network could read along.
    pub(super) fn require_private(&self) -> Result<(), AuthError> {
        if self.private {
            Ok(())
        } else {
            Err(AuthError::HttpsRequired)
        }
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(app, &parts.headers, &parts.extensions))
    }
}
