//! Where the browser may go back to (RFC 6749 §3.1.2): an address that the program named before,
//! letter by letter, except for the port on the user's own machine (RFC 8252 §7.3).

use url::Url;

/// Most addresses of one program.
pub(super) const REDIRECT_URIS_MAX: usize = 20;
/// Longest address, in bytes.
const LENGTH_MAX: usize = 2000;
/// The user's own machine, as an address names it.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];
/// What a browser would carry out, show or send itself rather than hand to a program.
const NOT_A_PROGRAM: [&str; 13] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "mailto",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Whether a program may have this address: https, http on the user's own machine, or a scheme of
/// the program's own.
///
/// # Errors
/// A sentence that says why not.
pub(super) fn check(uri: &str) -> Result<(), &'static str> {
    if uri.len() > LENGTH_MAX || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("A redirect URI has at most 2000 characters, all of them visible ASCII.");
    }
    let Ok(url) = Url::parse(uri) else {
        return Err("A redirect URI has to be absolute.");
    };
    if uri.contains('#') {
        return Err("A redirect URI has no fragment.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("A redirect URI has neither user nor password.");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if on_loopback(uri).is_some() => Ok(()),
        "http" => Err("A redirect URI with http has to be on the user's own machine."),
        scheme if NOT_A_PROGRAM.contains(&scheme) => {
            Err("A redirect URI with this scheme does not lead to a program.")
        }
        _ => Ok(()),
    }
}

/// Whether a program that named `registered` may send the browser back to `asked`.
pub(super) fn matches(registered: &str, asked: &str) -> bool {
    registered == asked
        || on_loopback(registered).is_some_and(|registered| on_loopback(asked) == Some(registered))
}

/// Host and path of an address on the user's own machine. Its port is whichever was free.
fn on_loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = LOOPBACK
        .into_iter()
        .find(|host| authority.starts_with(host))?;
    let port = &authority[host.len()..];
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    is_port.then_some((host, path))
}

/// The address with these parameters added to its query. The rest stays as it is.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    let separator = match uri.find('?') {
        None => "?",
        Some(_) if uri.ends_with(['?', '&']) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_a_program_and_nowhere_else() {
        for uri in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://example.com",
            "https://example.com:8443/back?from=todo",
            "http://localhost/callback",
            "http://127.0.0.1:33418/",
            "http://[::1]:1/callback",
            "cursor://anysphere.cursor-retrieval/oauth/user-todo/callback",
            "com.example.app:/callback",
        ] {
            assert_eq!(check(uri), Ok(()), "{uri}");
        }
        let long = format!("https://example.com/{}", "x".repeat(LENGTH_MAX));
        for uri in [
            "",
            "/callback",
            "https://",
            "http://example.com/callback",
            "http://localhost.example.com/callback",
            "http://localhost@example.com/callback",
            "http://localhost:80@example.com/callback",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/callback",
            "https://ann:secret@example.com/",
            "https://example.com/#token",
            "https://example.com/a b",
            "https://example.com/\n",
            "https://exämple.com/",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "intent://x#Intent;end",
            &long,
        ] {
            assert!(check(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn addresses_are_the_same_letter_by_letter_but_for_a_port_at_home() {
        for (registered, asked, expected) in [
            ("https://a.example/cb", "https://a.example/cb", true),
            ("https://a.example/cb", "https://a.example/cb/", false),
            ("https://a.example/cb", "https://a.example/cb?x=1", false),
            ("https://a.example/cb", "https://A.example/cb", false),
            ("https://a.example/cb", "https://a.example:443/cb", false),
            ("https://a.example/cb", "https://evil.example/cb", false),
            ("http://localhost/cb", "http://localhost:5000/cb", true),
            ("http://localhost:1/cb", "http://localhost:2/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true),
            ("http://[::1]:1/cb", "http://[::1]:65000/cb", true),
            ("http://localhost/cb", "http://127.0.0.1/cb", false),
            ("http://localhost/cb", "http://localhost:5000/other", false),
            ("http://localhost/cb", "http://localhost:5000/cb?x=1", false),
            ("http://localhost/cb", "https://localhost:5000/cb", false),
            (
                "http://localhost/cb",
                "http://localhost:80@evil.example/cb",
                false,
            ),
            ("http://localhost/cb", "http://localhost:/cb", false),
            ("cursor://a/cb", "cursor://a:1/cb", false),
        ] {
            assert_eq!(matches(registered, asked), expected, "{registered} {asked}");
        }
    }

    #[test]
    fn an_answer_is_added_to_the_query() {
        let parameters = [("code", "x&y"), ("state", ""), ("iss", "https://a")];
        for (uri, expected) in [
            (
                "https://a.example",
                "https://a.example?code=x%26y&iss=https%3A%2F%2Fa",
            ),
            (
                "https://a.example/?b=c",
                "https://a.example/?b=c&code=x%26y&iss=https%3A%2F%2Fa",
            ),
            ("app:/cb?", "app:/cb?code=x%26y&iss=https%3A%2F%2Fa"),
        ] {
            assert_eq!(with_parameters(uri, &parameters), expected);
        }
    }
}
