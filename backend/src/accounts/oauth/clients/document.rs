//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a program's id is
//! the https URL of a document that says what it is, so that it need not register anywhere.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use rustls::RootCertStore;
use serde::{Deserialize, de::IgnoredAny};
use todo_service::tls;
use url::Url;

use super::{
    super::redirect_uri::{self, REDIRECT_URIS_MAX},
    Client, address,
    fetch::{Admits, FetchError, Fetcher, OpenError},
    shown_name,
};

/// Longest URL, in bytes.
const URL_MAX: usize = 500;
/// Most documents that are kept.
const KEPT_MAX: usize = 1000;
/// How long a document is kept, in seconds: at least, at most, and when it does not say.
const KEPT: (u64, u64, u64) = (60, 3600, 600);
/// How long it is remembered that there is none: whoever asks again and again does not make us.
const NONE_KEPT: SignedDuration = SignedDuration::from_secs(30);

/// The metadata documents of programs, as they were fetched lately.
pub struct ClientDocuments {
    fetcher: Fetcher,
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    client: Result<Client, DocumentError>,
    until: Timestamp,
}

/// Why a program's metadata is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::accounts::oauth) enum DocumentError {
    /// The URL cannot be one.
    #[error("The address by which this program introduces itself is not one of a description.")]
    Url,
    /// It could not be fetched.
    #[error("The description of this program could not be read: {0}.")]
    Fetch(#[from] FetchError),
    /// It is not as it should be.
    #[error("The description of this program is not as it should be: {0}.")]
    Content(&'static str),
}

impl ClientDocuments {
    /// Documents on the public internet, from servers that browsers trust.
    ///
    /// # Errors
    /// When there is no TLS.
    pub fn public() -> Result<Self, OpenError> {
        Self::of(tls::public_roots(), address::is_global)
    }

    /// Documents from servers with a certificate of `roots`, at addresses that are admitted.
    ///
    /// # Errors
    /// When there is no TLS.
    pub fn of(roots: RootCertStore, admits: Admits) -> Result<Self, OpenError> {
        Ok(Self {
            fetcher: Fetcher::new(roots, admits)?,
            kept: Mutex::default(),
        })
    }

    /// The program that the document at this URL describes.
    pub(super) async fn get(&self, id: &str, now: Timestamp) -> Result<Client, DocumentError> {
        let url = parse_url(id).ok_or(DocumentError::Url)?;
        if let Some(kept) = self.kept(id, now) {
            return kept;
        }
        let (client, seconds) = match self.fetcher.fetch(&url).await {
            Ok(fetched) => {
                let (least, most, usual) = KEPT;
                let seconds = fetched.max_age.unwrap_or(usual).clamp(least, most);
                (read(id, &url, &fetched.body), seconds)
            }
            Err(error) => {
                tracing::debug!(%error, host = url.host_str(), "no client metadata document");
                (Err(error.into()), 0)
            }
        };
        let time = match &client {
            Ok(_) => SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0)),
            Err(_) => NONE_KEPT,
        };
        self.keep(id, client.clone(), now + time, now);
        client
    }

    fn kept(&self, id: &str, now: Timestamp) -> Option<Result<Client, DocumentError>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(id)
            .filter(|kept| kept.until > now)
            .map(|kept| kept.client.clone())
    }

    fn keep(
        &self,
        id: &str,
        client: Result<Client, DocumentError>,
        until: Timestamp,
        now: Timestamp,
    ) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(id.to_owned(), Kept { client, until });
    }
}

/// The URL, if it can be a program's id: https with a path, and written as URLs are, so that two
/// texts are never one program.
fn parse_url(id: &str) -> Option<Url> {
    let url = Url::parse(id).ok()?;
    let fits = id.len() <= URL_MAX
        && url.as_str() == id
        && url.scheme() == "https"
        && url.path() != "/"
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    fits.then_some(url)
}

/// Reads a document.
fn read(id: &str, url: &Url, body: &[u8]) -> Result<Client, DocumentError> {
    #[derive(Deserialize)]
    struct Document {
        client_id: String,
        #[serde(default)]
        client_name: Option<String>,
        redirect_uris: Vec<String>,
        #[serde(default)]
        token_endpoint_auth_method: Option<String>,
        #[serde(default)]
        client_secret: Option<IgnoredAny>,
    }
    let document: Document = serde_json::from_slice(body)
        .map_err(|_| DocumentError::Content("it lacks what identifies a program"))?;
    if document.client_id != id {
        return Err(DocumentError::Content("it describes another program"));
    }
    if document.client_secret.is_some()
        || document
            .token_endpoint_auth_method
            .is_some_and(|method| method != "none")
    {
        return Err(DocumentError::Content(
            "it wants to prove itself in a way that there is not",
        ));
    }
    if !(1..=REDIRECT_URIS_MAX).contains(&document.redirect_uris.len())
        || document
            .redirect_uris
            .iter()
            .any(|uri| redirect_uri::check(uri).is_err())
    {
        return Err(DocumentError::Content("it names no address to go back to"));
    }
    let host = url.host_str().unwrap_or_default();
    Ok(Client {
        id: document.client_id,
        name: document
            .client_name
            .and_then(|name| shown_name(&name))
            .unwrap_or_else(|| host.to_owned()),
        redirect_uris: document.redirect_uris,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "https://app.example/client.json";

    fn read_json(document: &Value) -> Result<Client, DocumentError> {
        let url = parse_url(ID).unwrap();
        read(ID, &url, document.to_string().as_bytes())
    }

    #[test]
    fn an_id_is_the_url_of_a_document_in_its_one_form() {
        assert!(parse_url(ID).is_some());
        assert!(parse_url("https://app.example:8443/a/b?c=d").is_some());
        let long = format!("https://app.example/{}", "x".repeat(URL_MAX));
        for id in [
            "https://app.example",
            "https://app.example/",
            "http://app.example/client.json",
            "https://APP.example/client.json",
            "https://app.example:443/client.json",
            "https://app.example/a/../client.json",
            "https://app.example/./client.json",
            "https://app.example/client.json#x",
            "https://ann@app.example/client.json",
            "https://app.example/client.json ",
            &long,
        ] {
            assert!(parse_url(id).is_none(), "{id}");
        }
    }

    #[test]
    fn a_document_describes_its_own_program() {
        let document = json!({
            "client_id": ID,
            "client_name": "An App",
            "redirect_uris": ["https://app.example/back"],
            "grant_types": ["authorization_code"],
        });
        let client = read_json(&document).unwrap();
        assert_eq!((client.id.as_str(), client.name.as_str()), (ID, "An App"));
        assert!(client.may_return_to("https://app.example/back"));

        let changed = |field: &str, value: Value| {
            let mut document = document.clone();
            document[field] = value;
            document
        };
        let nameless = read_json(&changed("client_name", Value::Null)).unwrap();
        assert_eq!(nameless.name, "app.example");
        for wrong in [
            changed("client_id", json!("https://app.example/other.json")),
            changed("client_id", Value::Null),
            changed("redirect_uris", json!([])),
            changed("redirect_uris", json!(["javascript:alert(1)"])),
            changed("redirect_uris", json!("https://app.example/back")),
            changed("token_endpoint_auth_method", json!("client_secret_basic")),
            changed("client_secret", json!("hush")),
            json!([]),
        ] {
            assert!(read_json(&wrong).is_err(), "{wrong}");
        }
        assert!(read(ID, &parse_url(ID).unwrap(), b"<html>").is_err());
    }
}
