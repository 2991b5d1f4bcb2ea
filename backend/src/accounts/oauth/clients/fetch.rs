//! Fetches what a stranger names, within bounds: by https, from addresses that are admitted, without
//! redirects, and no more of it than a document needs.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::http::{StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::RootCertStore;
use todo_service::tls;
use tokio::{net::lookup_host, sync::Semaphore};
use url::{Host, Url};

/// Most bytes of a document.
const DOCUMENT_MAX: usize = 16 * 1024;
/// How long all of it may take.
const TIME: Duration = Duration::from_secs(5);
/// Most documents at once.
const AT_ONCE: usize = 8;

/// Which addresses may be reached.
pub(super) type Admits = fn(IpAddr) -> bool;

/// Fetches documents.
pub(super) struct Fetcher {
    http: reqwest::Client,
    admits: Admits,
    turns: Semaphore,
}

/// A document as it came.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) body: Vec<u8>,
    /// How long it may be kept, if it says so.
    pub(super) max_age: Option<u64>,
}

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    /// It lies where strangers have no business.
    #[error("its address is not on the public internet")]
    NotAdmitted,
    /// No connection, no safe one, or none in time.
    #[error("its server did not answer")]
    Unreachable,
    /// Another answer than 200 with JSON.
    #[error("its server answered with something else")]
    NotADocument,
    /// More than [`DOCUMENT_MAX`].
    #[error("it is too large")]
    TooLarge,
}

impl Fetcher {
    /// Connects to nothing yet.
    pub(super) fn new(roots: RootCertStore, admits: Admits) -> Result<Self, OpenError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config(roots)?)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Resolver { admits }))
            // A connection that is kept could outlive what its name resolves to.
            .pool_max_idle_per_host(0)
            .timeout(TIME)
            .user_agent(concat!("todo-chatbot/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            admits,
            turns: Semaphore::new(AT_ONCE),
        })
    }

    /// Fetches one document.
    pub(super) async fn fetch(&self, url: &Url) -> Result<Fetched, FetchError> {
        // The client resolves names by our resolver, but takes an address as it is.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if literal.is_some_and(|address| !(self.admits)(address)) {
            return Err(FetchError::NotAdmitted);
        }
        let turn = tokio::time::timeout(TIME, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| FetchError::Unreachable)?;
        let request = self
            .http
            .get(url.clone())
            .header(header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(|error| why(&error))?;
        // Whatever the ways there: the connection itself tells where it went.
        let reached = response.remote_addr().map(|address| address.ip());
        if !reached.is_some_and(self.admits) {
            return Err(FetchError::NotAdmitted);
        }
        let text = |name| {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.to_ascii_lowercase())
        };
        if response.status() != StatusCode::OK || !text(header::CONTENT_TYPE).is_some_and(is_json) {
            return Err(FetchError::NotADocument);
        }
        let max_age = text(header::CACHE_CONTROL).and_then(|value| max_age(&value));
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| why(&error))? {
            if body.len() + piece.len() > DOCUMENT_MAX {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Fetched { body, max_age })
    }
}

/// The fetcher could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no safe protocol version.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// There is no HTTP client.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

fn is_json(content_type: String) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn max_age(cache_control: &str) -> Option<u64> {
    cache_control
        .split(',')
        .find_map(|directive| match directive.trim() {
            "no-store" | "no-cache" => Some(0),
            other => other.strip_prefix("max-age=")?.parse().ok(),
        })
}

/// What a failure means, as far as a user has to know.
fn why(error: &reqwest::Error) -> FetchError {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<NotAdmitted>() {
            return FetchError::NotAdmitted;
        }
        cause = error.source();
    }
    FetchError::Unreachable
}

/// A name has no address that is admitted.
#[derive(Debug, thiserror::Error)]
#[error("no address of this name is admitted")]
struct NotAdmitted;

/// Resolves names to the addresses that are admitted. The connection goes to one of these, so that
/// a name which resolves differently a moment later gains nothing.
struct Resolver {
    admits: Admits,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let admits = self.admits;
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = lookup_host((name.as_str(), 0))
                .await?
                .filter(|address| admits(address.ip()))
                .collect();
            if addresses.is_empty() {
                return Err(NotAdmitted.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_json_and_says_how_long_it_lasts() {
        for (kind, expected) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("application/client-metadata+json", true),
            ("text/html", false),
            ("text/json", false),
        ] {
            assert_eq!(is_json(kind.to_owned()), expected, "{kind}");
        }
        for (value, expected) in [
            ("max-age=60", Some(60)),
            ("public, max-age=3600", Some(3600)),
            ("no-store", Some(0)),
            ("private", None),
            ("max-age=-1", None),
        ] {
            assert_eq!(max_age(value), expected, "{value}");
        }
    }
}
