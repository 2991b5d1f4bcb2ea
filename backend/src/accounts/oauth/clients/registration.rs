//! Registration of programs that have no metadata document (RFC 7591). Anybody may register, so it
//! is limited, and what nobody lets in is forgotten after a day.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{
        error::OauthError,
        queries::{self, ClientRow},
        redirect_uri::{self, REDIRECT_URIS_MAX},
    },
    shown_name,
};
use crate::{
    accounts::{
        client::Client as Sender,
        rate_limit::{self, Subject},
        scope::OAUTH_SCOPES,
        token::random_id,
    },
    app::App,
    db::{
        Conn, DbError,
        types::{At, Json},
    },
};

/// How long a registration lasts that nobody lets in.
const UNUSED: SignedDuration = SignedDuration::from_hours(24);
/// What a program is called that has no name.
const NAMELESS: &str = "A program without a name";

/// What a program says of itself. What else it says is passed over.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::accounts::oauth) struct ClientRegistration {
    /// Where the browser may go back to: https, http on the user's own machine, or a scheme of the
    /// program's own.
    #[schema(min_items = 1, max_items = 20)]
    redirect_uris: Vec<String>,
    /// What it is called, cut to 100 characters.
    #[serde(default)]
    client_name: Option<String>,
    /// If given, `authorization_code` is one of them.
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    /// If given, `code` is one of them.
    #[serde(default)]
    response_types: Option<Vec<String>>,
}

/// A program as it is registered, which may differ from what it asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::accounts::oauth) struct RegisteredClient {
    client_id: String,
    /// In seconds since 1970.
    client_id_issued_at: i64,
    client_name: String,
    redirect_uris: Vec<String>,
    /// `authorization_code` and `refresh_token`.
    grant_types: [&'static str; 2],
    /// `code`.
    response_types: [&'static str; 1],
    /// `none`: there is no secret.
    token_endpoint_auth_method: &'static str,
    /// All scopes; the user decides which it gets.
    scope: String,
}

/// Whether a text can be the id of a program that registered.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Registers a program.
///
/// # Errors
/// When what it says cannot be, or too many registered.
pub(in crate::accounts::oauth) async fn register(
    app: &App,
    sender: &Sender,
    new: ClientRegistration,
) -> Result<RegisteredClient, OauthError> {
    let lacks = |list: &Option<Vec<String>>, needed: &str| {
        list.as_ref()
            .is_some_and(|list| !list.iter().any(|item| item == needed))
    };
    if lacks(&new.grant_types, "authorization_code") || lacks(&new.response_types, "code") {
        let sentence = "There is the authorization code grant alone.".to_owned();
        return Err(OauthError::InvalidClientMetadata(sentence));
    }
    if !(1..=REDIRECT_URIS_MAX).contains(&new.redirect_uris.len()) {
        let sentence = format!("A client has 1 to {REDIRECT_URIS_MAX} redirect URIs.");
        return Err(OauthError::InvalidRedirectUri(sentence));
    }
    for uri in &new.redirect_uris {
        redirect_uri::check(uri)
            .map_err(|sentence| OauthError::InvalidRedirectUri(sentence.to_owned()))?;
    }
    for subject in [
        Subject::Registrations(sender.address),
        Subject::AllRegistrations,
    ] {
        rate_limit::count(app, subject).await?;
    }
    let now = app.clock.now();
    let name = new.client_name.and_then(|name| shown_name(&name));
    let row = ClientRow {
        id: random_id(),
        name: name.unwrap_or_else(|| NAMELESS.to_owned()),
        redirect_uris: Json(new.redirect_uris.clone()),
        expires_at: At(now + UNUSED),
        created_at: At(now),
    };
    let registered = RegisteredClient {
        client_id: row.id.clone(),
        client_id_issued_at: now.as_second(),
        client_name: row.name.clone(),
        redirect_uris: new.redirect_uris,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
        scope: OAUTH_SCOPES.join(" "),
    };
    let insert = async move |conn: &mut Conn| -> Result<(), DbError> {
        Ok(queries::insert_client(conn, &row).await?)
    };
    app.db.write(insert).await?;
    Ok(registered)
}
