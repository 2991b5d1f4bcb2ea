//! Sign-in for programs (OAuth 2.1), as far as a user takes part in it: the question whether to let
//! one in, and the list of those that were.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Scope;

/// What a program asks for, as it stands in the query with which it sends the browser here
/// (RFC 6749 §4.1.1, RFC 7636, RFC 8707). A parameter without a value counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// `code`.
    #[schema(max_length = 2000)]
    pub response_type: String,
    /// The id of a program that registered, or the https URL of its metadata document.
    #[schema(max_length = 2000)]
    pub client_id: String,
    /// Where the browser goes back to: one of the program's own addresses.
    #[schema(max_length = 2000)]
    pub redirect_uri: String,
    /// Scopes, separated by spaces; all that there are when absent.
    #[schema(max_length = 2000)]
    pub scope: String,
    /// Comes back as it is.
    #[schema(max_length = 2000)]
    pub state: String,
    /// The SHA-256 of the program's secret for this request, in base64url.
    #[schema(max_length = 2000)]
    pub code_challenge: String,
    /// `S256`.
    #[schema(max_length = 2000)]
    pub code_challenge_method: String,
    /// Where the tokens are to be good: the address of `/mcp`, also when absent.
    #[schema(max_length = 2000)]
    pub resource: String,
}

/// How an authorization request goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "next", rename_all = "camelCase")]
pub enum AuthorizationStep {
    /// The user has to be asked.
    Ask(ConsentQuestion),
    /// The browser goes back to the program, which asked for something that there is not.
    Return(AuthorizationReturn),
}

/// What a user has to know to let a program in or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentQuestion {
    /// What the program calls itself.
    pub client_name: String,
    /// The host that vouches for the program; null for one that registered, of which nobody knows
    /// more than what it said.
    pub client_host: Option<String>,
    /// Where the browser goes back to.
    pub redirect_uri: String,
    /// What it would be good for.
    pub scopes: Vec<Scope>,
}

/// Where the browser goes back to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorizationReturn {
    /// The program's own address with the answer, which may hold an authorization code.
    pub location: String,
}

impl std::fmt::Debug for AuthorizationReturn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthorizationReturn(…)")
    }
}

/// The user's answer to an authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorizationDecision {
    /// What was asked.
    #[serde(flatten)]
    pub request: AuthorizationRequest,
    /// Whether the program may do it.
    pub allow: bool,
}

/// A program that a user has let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OauthGrant {
    /// Names it when it is revoked.
    pub id: String,
    /// What the program calls itself.
    pub client_name: String,
    /// The host that vouches for the program, if there is one.
    pub client_host: Option<String>,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When the program was let in.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last worked on the user's tasks, to the minute; null if it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// Ends what a program may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevokeOauthGrant {
    /// The grant's id.
    #[schema(max_length = 200)]
    pub id: String,
}
