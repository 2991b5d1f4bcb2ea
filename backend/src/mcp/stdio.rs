//! MCP over standard input and output: for a client on the user's own machine that starts this
//! program itself. Nothing else may be written to standard output; logs go to standard error.

use rmcp::{ServiceExt, transport};

use super::server::{Server, Whose};
use crate::{
    app::App,
    caller::{Audience, Caller},
    live,
};

/// Why the client could not be served.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// The token is not good.
    #[error("{0}")]
    Token(String),
    /// The client and this server did not understand each other.
    #[error("the client does not speak MCP as this server does: {0}")]
    Protocol(String),
}

/// Serves the owner of a token until the client leaves. The token is checked at every request.
///
/// # Errors
/// When the token is not good, or the client does not speak MCP.
pub async fn serve_token(app: &App, token: String) -> Result<(), StdioError> {
    // Better said now than at the first call.
    Caller::of_token(app, &token, Audience::Api)
        .await
        .map_err(|error| StdioError::Token(error.detail()))?;
    serve(app, Whose::Token(token)).await
}

/// Serves one user, for whom this process acts, until the client leaves.
///
/// # Errors
/// When the client does not speak MCP.
pub async fn serve_user(app: &App, caller: Caller) -> Result<(), StdioError> {
    serve(app, Whose::One(caller)).await
}

async fn serve(app: &App, whose: Whose) -> Result<(), StdioError> {
    let server = Server {
        app: app.clone(),
        whose,
    };
    let protocol = |error: &dyn std::error::Error| StdioError::Protocol(error.to_string());
    let running = server.serve(transport::stdio()).await;
    let ended = running.map_err(|error| protocol(&error))?.waiting().await;
    ended.map_err(|error| protocol(&error))?;
    // The process ends now; others have yet to be told of the last changes.
    live::flush(app).await;
    Ok(())
}
