//! The session's cookie. By https it is `__Host-todo`, which no other host can set or read; browsers
//! refuse that name on plain http, where it is `todo`, on this machine or if the operator allows it.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header, uri::Authority};

use super::{session::REMEMBERED, token::Token};

const SECURE: &str = "__Host-todo";
const PLAIN: &str = "todo";

/// `Set-Cookie` that hands out a session's token. A session that is not remembered ends with the
/// browser.
pub(super) fn set(token: &Token, https: bool, remember: bool) -> HeaderValue {
    let max_age = if remember {
        format!("; Max-Age={}", REMEMBERED.as_secs())
    } else {
        String::new()
    };
    write(token.expose(), &max_age, https)
}

/// `Set-Cookie` that takes it away.
pub(super) fn clear(https: bool) -> HeaderValue {
    write("", "; Max-Age=0", https)
}

fn write(value: &str, max_age: &str, https: bool) -> HeaderValue {
    let (name, secure) = if https {
        (SECURE, "; Secure")
    } else {
        (PLAIN, "")
    };
    let cookie = format!("{name}={value}{max_age}; Path=/; HttpOnly{secure}; SameSite=Lax");
    // A token is base64url, so this is always a header's value.
    HeaderValue::from_str(&cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The value of the session's cookie, if there is one. A plain one does not count by https, where
/// a neighbouring host could have set it.
pub(super) fn read(headers: &HeaderMap, https: bool) -> Option<&str> {
    let cookie = |wanted: &str| {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == wanted && !value.is_empty()).then_some(value))
    };
    match cookie(SECURE) {
        None if !https => cookie(PLAIN),
        secure => secure,
    }
}

/// Whether a browser that asks for this host speaks to its own machine. The frontend passes on the
/// host that it was asked for; whoever lies about it gives away only their own session.
pub(super) fn is_loopback(headers: &HeaderMap) -> bool {
    let host = headers
        .get("x-forwarded-host")
        .or_else(|| headers.get(header::HOST))
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| {
        let name = host.host().trim_matches(['[', ']']).to_ascii_lowercase();
        name == "localhost"
            || name.ends_with(".localhost")
            || name
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_fits_the_scheme_and_how_long_it_is_remembered() {
        let token = Token::random();
        let value = token.expose();
        for (https, remember, expected) in [
            (
                true,
                true,
                format!(
                    "__Host-todo={value}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"
                ),
            ),
            (
                true,
                false,
                format!("__Host-todo={value}; Path=/; HttpOnly; Secure; SameSite=Lax"),
            ),
            (
                false,
                true,
                format!("todo={value}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"),
            ),
            (
                false,
                false,
                format!("todo={value}; Path=/; HttpOnly; SameSite=Lax"),
            ),
        ] {
            assert_eq!(set(&token, https, remember), expected);
        }
        assert_eq!(
            clear(true),
            "__Host-todo=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
        assert_eq!(
            clear(false),
            "todo=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn the_right_cookie_is_read_among_others() {
        for (lines, https, expected) in [
            (&["todo=a"][..], false, Some("a")),
            (&["theme=dark; todo=a ; x=y"], false, Some("a")),
            (&["theme=dark", "todo=a"], false, Some("a")),
            (&["todo=a"], true, None),
            (&["todo=a; __Host-todo=b"], true, Some("b")),
            (&["todo=a; __Host-todo=b"], false, Some("b")),
            (&["todo="], false, None),
            (&["xtodo=a; todo"], false, None),
            (&[], false, None),
        ] {
            let headers = lines
                .iter()
                .map(|line| (header::COOKIE, HeaderValue::from_static(line)))
                .collect::<Vec<_>>();
            let mut map = HeaderMap::new();
            for (name, line) in headers {
                map.append(name, line);
            }
            assert_eq!(read(&map, https), expected, "{lines:?}");
        }
    }

    #[test]
    fn this_machine_goes_by_several_names() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:3000", true),
            ("todo.localhost:3000", true),
            ("127.0.0.1:8000", true),
            ("127.9.9.9", true),
            ("[::1]:3000", true),
            ("localhost.example.com", false),
            ("notlocalhost", false),
            ("10.0.0.1", false),
            ("todo.example.com", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            assert_eq!(is_loopback(&headers), expected, "{host}");
        }
        assert!(!is_loopback(&HeaderMap::new()));
        let mut headers =
            HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("backend"))]);
        headers.insert(
            "x-forwarded-host",
            HeaderValue::from_static("localhost:3000"),
        );
        assert!(is_loopback(&headers));
    }
}
