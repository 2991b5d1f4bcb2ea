//! The programs that ask for something: those that are known by the https URL of their metadata
//! (Client ID Metadata Documents), and those that registered (RFC 7591). All are public: none has a
//! secret, PKCE makes up for it.

mod address;
mod document;
mod fetch;
mod registration;

pub use address::is_global;
pub use document::ClientDocuments;
pub use fetch::OpenError as ClientDocumentsError;

pub(super) use registration::{ClientRegistration, RegisteredClient, register};

use super::{queries, redirect_uri};
use crate::{accounts::error::AuthError, app::App, db::types::Json};

/// Longest name that is shown, in characters.
const NAME_MAX: usize = 100;

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// How it names itself to us.
    pub(super) id: String,
    /// What it calls itself before people.
    pub(super) name: String,
    /// Where the browser may go back to.
    pub(super) redirect_uris: Vec<String>,
}

impl Client {
    /// Whether the browser may go back there.
    pub(super) fn may_return_to(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| redirect_uri::matches(registered, uri))
    }
}

/// The program of this id.
///
/// # Errors
/// [`AuthError::UnknownClient`] when there is none, with what a user can do about it.
pub(super) async fn find(app: &App, id: &str) -> Result<Client, AuthError> {
    if is_document(id) {
        let document = app.client_documents.get(id, app.clock.now()).await;
        return document.map_err(|error| AuthError::UnknownClient(error.to_string()));
    }
    registered(app, id).await?.ok_or_else(|| {
        AuthError::UnknownClient(
            "This program is not registered here, or no longer. Remove the connection in the \
             program and add it again."
                .to_owned(),
        )
    })
}

/// The program that registered under this id, unless it was forgotten.
pub(super) async fn registered(app: &App, id: &str) -> Result<Option<Client>, crate::error::Error> {
    if !registration::is_id(id) {
        return Ok(None);
    }
    let mut conn = app.db.read().await?;
    let row = queries::client(&mut conn, id, app.clock.now()).await?;
    Ok(row.map(|row| {
        let Json(redirect_uris) = row.redirect_uris;
        Client {
            id: row.id,
            name: row.name,
            redirect_uris,
        }
    }))
}

/// Whether an id is the URL of a metadata document.
pub(super) fn is_document(id: &str) -> bool {
    id.starts_with("https://")
}

/// The host that vouches for a program of this id, if one does.
pub(super) fn host(id: &str) -> Option<String> {
    let url = url::Url::parse(id).ok().filter(|_| is_document(id))?;
    url.host_str().map(str::to_owned)
}

/// A name fit to be shown: on one line, of bounded length, in its own direction. None when nothing
/// is left of it.
fn shown_name(name: &str) -> Option<String> {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let name: String = name.chars().filter(|c| !is_odd(*c)).collect();
    let name: String = name.trim().chars().take(NAME_MAX).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_on_one_line_and_in_its_own_direction() {
        assert_eq!(shown_name(" Claude\n").as_deref(), Some("Claude"));
        assert_eq!(shown_name("\u{202e}edualC").as_deref(), Some("edualC"));
        assert_eq!(shown_name(&"ä".repeat(500)).unwrap().chars().count(), 100);
        assert_eq!(shown_name("\u{200b} \t"), None);
    }

    #[test]
    fn only_a_document_has_a_host_that_vouches() {
        assert_eq!(
            host("https://claude.ai/client.json").as_deref(),
            Some("claude.ai")
        );
        assert_eq!(host("aB3dE6gH"), None);
        assert_eq!(host("http://claude.ai/client.json"), None);
    }
}
