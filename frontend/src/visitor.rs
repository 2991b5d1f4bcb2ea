//! Who is asking: what one request tells of the browser, and what of it the backend needs to know.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, Uri,
        header::{COOKIE, HOST, USER_AGENT},
        request::Parts,
        uri::Authority,
    },
};
use todo_service::http::{ClientInfo, RequestId};

use crate::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What one request tells of the browser that sent it.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Whether the browser came by https.
    pub(crate) https: bool,
    /// Whether the page is served on the visitor's own machine.
    pub(crate) loopback: bool,
    /// Whether htmx asks for a fragment rather than the browser for a page.
    pub(crate) htmx: bool,
    /// The query of the page on which htmx asks: what the person sees there right now.
    pub(crate) page_query: Option<String>,
    /// The element that made htmx ask, such as `form#filters`.
    pub(crate) source: Option<String>,
    /// The session's cookie, `name=value`, if there is one.
    pub(crate) session_cookie: Option<HeaderValue>,
    /// Headers that go with every call to the backend.
    pub(crate) forwarded: HeaderMap,
}

impl Visitor {
    /// Reads a request. Behind a proxy that does not tell the scheme, the host of an https
    /// `public_url` counts as reached by https.
    pub(crate) fn new(
        headers: &HeaderMap,
        client: Option<&ClientInfo>,
        request_id: Option<&RequestId>,
        public_url: Option<&Uri>,
    ) -> Self {
        let host = headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .and_then(|host| host.parse::<Authority>().ok());
        let https = client.is_some_and(|client| client.https)
            || public_url.is_some_and(|url| {
                url.scheme_str() == Some("https") && url.authority() == host.as_ref()
            });

        let mut forwarded = HeaderMap::new();
        let mut forward = |name, value: Result<HeaderValue, _>| {
            if let Ok(value) = value {
                forwarded.insert(name, value);
            }
        };
        let scheme = if https { "https" } else { "http" };
        forward(FORWARDED_PROTO, HeaderValue::from_str(scheme));
        if let Some(client) = client {
            let address = client.address.to_string();
            forward(FORWARDED_FOR, HeaderValue::from_str(&address));
        }
        if let Some(id) = request_id {
            forward(REQUEST_ID, HeaderValue::from_str(id.as_str()));
        }
        if let Some(agent) = headers.get(USER_AGENT) {
            forward(USER_AGENT, Ok(agent.clone()));
        }
        // The backend lets people sign in over plain http on their own machine only.
        if let Some(host) = headers.get(HOST) {
            forward(FORWARDED_HOST, Ok(host.clone()));
        }
        // Requests of other sites were refused before they came here.
        forward(FETCH_SITE, Ok(HeaderValue::from_static("same-origin")));
        Self {
            https,
            loopback: host.as_ref().is_some_and(is_loopback),
            htmx: headers.contains_key("hx-request"),
            source: headers
                .get("hx-source")
                .and_then(|source| source.to_str().ok())
                .map(str::to_owned),
            page_query: headers
                .get("hx-current-url")
                .and_then(|url| url.to_str().ok())
                .and_then(|url| url.parse::<Uri>().ok())
                .map(|url| url.query().unwrap_or_default().to_owned()),
            session_cookie: session_cookie(headers, https),
            forwarded,
        }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::new(
            &parts.headers,
            parts.extensions.get(),
            parts.extensions.get(),
            app.public_url.as_ref(),
        ))
    }
}

fn is_loopback(host: &Authority) -> bool {
    let name = host.host().trim_matches(['[', ']']);
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The session's cookie among all that the browser sent. Its name depends on the scheme, because
/// browsers refuse `__Host-` cookies on plain http.
fn session_cookie(headers: &HeaderMap, https: bool) -> Option<HeaderValue> {
    let name = if https { "__Host-todo" } else { "todo" };
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .map(str::trim)
        .find(|cookie| cookie.split_once('=').is_some_and(|(n, _)| n == name))
        .and_then(|cookie| HeaderValue::from_str(cookie).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(host: &'static str, https: bool, public_url: Option<&Uri>) -> Visitor {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        headers.insert(
            COOKIE,
            HeaderValue::from_static("theme=dark; todo=plain; __Host-todo=secure"),
        );
        let client = ClientInfo {
            address: IpAddr::from([192, 0, 2, 7]),
            https,
        };
        Visitor::new(&headers, Some(&client), None, public_url)
    }

    #[test]
    fn the_session_cookie_goes_with_the_scheme() {
        assert_eq!(
            visitor("localhost", false, None).session_cookie,
            Some(HeaderValue::from_static("todo=plain"))
        );
        assert_eq!(
            visitor("localhost", true, None).session_cookie,
            Some(HeaderValue::from_static("__Host-todo=secure"))
        );
    }

    #[test]
    fn the_backend_hears_of_the_client_and_the_scheme() {
        let forwarded = visitor("todo.example", true, None).forwarded;
        assert_eq!(forwarded["x-forwarded-for"], "192.0.2.7");
        assert_eq!(forwarded["x-forwarded-proto"], "https");
        assert_eq!(forwarded["x-forwarded-host"], "todo.example");
        assert_eq!(forwarded["sec-fetch-site"], "same-origin");
    }

    #[test]
    fn a_public_https_address_counts_as_https_on_its_own_host_only() {
        let public = Uri::from_static("https://todo.example");
        assert!(visitor("todo.example", false, Some(&public)).https);
        assert!(!visitor("localhost:3000", false, Some(&public)).https);
    }

    #[test]
    fn loopback_hosts_are_known_by_name_and_by_address() {
        for (host, expected) in [
            ("localhost:3000", true),
            ("todo.localhost", true),
            ("127.0.0.1:3000", true),
            ("[::1]:3000", true),
            ("example.org", false),
            ("localhost.example.org", false),
            ("10.0.0.7", false),
        ] {
            assert_eq!(visitor(host, false, None).loopback, expected, "{host}");
        }
    }
}
