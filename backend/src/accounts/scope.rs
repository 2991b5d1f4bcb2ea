//! How a scope is written: in the database, and between programs (RFC 6749 §3.3).

use todo_api::Scope;

/// Every scope as OAuth names it, the least first.
pub const OAUTH_SCOPES: [&str; 2] = [oauth_name(Scope::Read), oauth_name(Scope::Write)];

/// How a scope is stored.
pub(super) const fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
    }
}

/// The scope that is stored so.
pub(super) fn stored_scope(name: &str) -> Scope {
    match name {
        "write" => Scope::Write,
        _ => Scope::Read,
    }
}

const fn oauth_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "tasks:read",
        Scope::Write => "tasks:write",
    }
}

/// A scope with those that it includes, as OAuth lists them.
pub(super) fn oauth_scope(scope: Scope) -> String {
    scope
        .included()
        .into_iter()
        .map(oauth_name)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The scope that such a list asks for: the most of those that there are, and all when it is empty.
/// Names that there are not are passed over, as RFC 6749 allows, because clients ask for what they
/// know from elsewhere (`offline_access`); none if there is no other.
pub(super) fn asked_scope(list: &str) -> Option<Scope> {
    let mut names = list.split_ascii_whitespace().peekable();
    if names.peek().is_none() {
        return Some(Scope::Write);
    }
    names
        .filter_map(|name| {
            [Scope::Read, Scope::Write]
                .into_iter()
                .find(|scope| oauth_name(*scope) == name)
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_scopes_asks_for_the_most_that_there_is() {
        for (list, asked) in [
            ("", Some(Scope::Write)),
            ("tasks:read", Some(Scope::Read)),
            ("tasks:write", Some(Scope::Write)),
            ("tasks:write tasks:read", Some(Scope::Write)),
            ("openid tasks:read offline_access", Some(Scope::Read)),
            ("offline_access", None),
            ("TASKS:READ", None),
        ] {
            assert_eq!(asked_scope(list), asked, "{list}");
        }
        assert_eq!(oauth_scope(Scope::Read), "tasks:read");
        assert_eq!(oauth_scope(Scope::Write), OAUTH_SCOPES.join(" "));
    }
}
