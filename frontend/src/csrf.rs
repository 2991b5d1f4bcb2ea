//! Refuses unsafe requests that another site made the browser send.

use axum::http::{
    HeaderMap, Method,
    header::{COOKIE, HOST, ORIGIN},
};

/// Whether a request may do what it asks: safe methods always may, unsafe ones only when they come
/// from our own pages, or from a client that is no browser and carries no cookie.
pub(crate) fn is_allowed(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    if let Some(origin) = headers.get(ORIGIN) {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let origin = origin.to_str().ok().and_then(|origin| {
            let (_, host) = origin.split_once("://")?;
            Some(host)
        });
        return origin.is_some() && origin == host;
    }
    !headers.contains_key(COOKIE)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_our_own_pages_may_act() {
        const SITE: &str = "sec-fetch-site";
        type Headers = [(&'static str, &'static str)];
        let table: &[(&str, &Headers, bool)] = &[
            ("GET", &[(SITE, "cross-site"), ("cookie", "todo=x")], true),
            ("HEAD", &[("origin", "https://evil.example")], true),
            ("POST", &[(SITE, "same-origin"), ("cookie", "todo=x")], true),
            ("POST", &[(SITE, "none"), ("cookie", "todo=x")], true),
            ("POST", &[(SITE, "same-site")], false),
            ("POST", &[(SITE, "cross-site")], false),
            ("POST", &[(SITE, "")], false),
            // What the browser says of the site outweighs the origin.
            (
                "POST",
                &[(SITE, "cross-site"), ("origin", "http://todo.example:3000")],
                false,
            ),
            (
                "POST",
                &[("origin", "http://todo.example:3000"), ("cookie", "todo=x")],
                true,
            ),
            (
                "POST",
                &[("origin", "http://todo.example"), ("cookie", "todo=x")],
                false,
            ),
            ("POST", &[("origin", "http://evil.example:3000")], false),
            ("POST", &[("origin", "null")], false),
            ("POST", &[("cookie", "todo=x")], false),
            ("POST", &[], true),
            ("DELETE", &[(SITE, "cross-site")], false),
        ];
        for (method, pairs, expected) in table {
            let mut headers: HeaderMap = pairs
                .iter()
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .collect();
            headers.insert(HOST, HeaderValue::from_static("todo.example:3000"));
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(
                is_allowed(&method, &headers),
                *expected,
                "{method} {pairs:?}"
            );
        }
    }
}
