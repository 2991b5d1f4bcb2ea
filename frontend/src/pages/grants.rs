//! The settings' section on the programs that the user has allowed in.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};
use todo_api::{OauthGrant, Scope};

use super::{clock::Clock, settings::done};
use crate::{App, failure::Failure, visitor::Visitor};

/// A program in the list.
pub(super) struct GrantView {
    pub(super) id: String,
    pub(super) name: String,
    /// The host that vouches for it, or that nobody does.
    pub(super) origin: String,
    pub(super) scope: &'static str,
    pub(super) since: String,
    pub(super) used: String,
}

impl GrantView {
    pub(super) fn new(grant: OauthGrant, clock: &Clock) -> Self {
        Self {
            scope: if grant.scopes.contains(&Scope::Write) {
                "may read and change"
            } else {
                "may read"
            },
            origin: grant
                .client_host
                .unwrap_or_else(|| "registered itself".to_owned()),
            since: clock.say_moment(grant.created_at),
            used: grant.last_used_at.map_or_else(
                || "Never used".to_owned(),
                |used| format!("Last used {}", clock.say_moment(used)),
            ),
            id: grant.id,
            name: grant.client_name,
        }
    }
}

/// Fields of the section's form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct GrantForm {
    id: String,
}

/// Removes a program.
pub(crate) async fn revoke(
    State(app): State<App>,
    visitor: Visitor,
    axum::Form(form): axum::Form<GrantForm>,
) -> Result<Response, Failure> {
    app.backend(&visitor)
        .with_cookie()
        .auth::<Value>(
            "/api/auth/revoke-oauth-grant",
            Some(&json!({ "id": form.id })),
        )
        .await?;
    Ok(done("grant"))
}
