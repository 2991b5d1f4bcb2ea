//! Refuses what another site made the browser send: sign-in forms and anything a cookie vouches for.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};

use super::{error::AuthError, session::bearer};

/// Middleware: unsafe requests come from our own pages, or from a program that sends no cookie.
///
/// # Errors
/// [`AuthError::InvalidOrigin`] otherwise.
pub(super) async fn require_own(request: Request, next: Next) -> Result<Response, AuthError> {
    if is_own(request.method(), request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(AuthError::InvalidOrigin)
    }
}

fn is_own(method: &Method, headers: &HeaderMap) -> bool {
    // Another site cannot make a browser send a bearer token without asking us first, which we
    // decline; and where there is one, the cookie does not count.
    if method.is_safe() || bearer(headers).is_some() {
        return true;
    }
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (Some(origin), host) => {
            host.is_some() && origin.split_once("://").map(|(_, host)| host) == host
        }
        (None, _) => !headers.contains_key(header::COOKIE),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_our_own_pages_may_use_the_cookie() {
        const SITE: &str = "sec-fetch-site";
        type Headers = &'static [(&'static str, &'static str)];
        let table: &[(&str, Headers, bool)] = &[
            ("GET", &[(SITE, "cross-site"), ("cookie", "todo=x")], true),
            ("POST", &[], true),
            ("POST", &[("cookie", "todo=x")], false),
            (
                "POST",
                &[("cookie", "todo=x"), ("authorization", "Bearer x")],
                true,
            ),
            (
                "POST",
                &[("cookie", "todo=x"), ("authorization", "Basic x")],
                false,
            ),
            ("POST", &[(SITE, "same-origin"), ("cookie", "todo=x")], true),
            ("POST", &[(SITE, "none"), ("cookie", "todo=x")], true),
            ("POST", &[(SITE, "same-site")], false),
            ("POST", &[(SITE, "cross-site")], false),
            ("POST", &[(SITE, "")], false),
            (
                "POST",
                &[(SITE, "cross-site"), ("origin", "https://todo.example")],
                false,
            ),
            (
                "POST",
                &[("origin", "https://todo.example"), ("cookie", "todo=x")],
                true,
            ),
            (
                "POST",
                &[("origin", "https://todo.example:444"), ("cookie", "todo=x")],
                false,
            ),
            ("POST", &[("origin", "https://evil.example")], false),
            (
                "POST",
                &[("origin", "https://todo.example.evil.example")],
                false,
            ),
            ("POST", &[("origin", "null")], false),
            ("POST", &[("origin", "")], false),
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
            headers.insert(header::HOST, HeaderValue::from_static("todo.example"));
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(is_own(&method, &headers), *expected, "{method} {pairs:?}");
        }
    }

    #[test]
    fn without_a_host_no_origin_is_ours() {
        let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static("null"))]);
        assert!(!is_own(&Method::POST, &headers));
    }
}
