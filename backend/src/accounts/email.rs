//! E-mail addresses: checked for form, and compared in lower case.

use super::error::AuthError;

/// Longest address, as mail itself has it.
const ADDRESS_MAX: usize = 254;
const LOCAL_MAX: usize = 64;
const LABEL_MAX: usize = 63;

/// An address in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Email(String);

impl Email {
    /// Reads an address: what mail servers in use accept, without quoted names, comments and
    /// addresses of hosts.
    ///
    /// # Errors
    /// When it cannot be one.
    pub(super) fn new(text: &str) -> Result<Self, AuthError> {
        let text = text.trim();
        let valid = text.len() <= ADDRESS_MAX
            && text
                .rsplit_once('@')
                .is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
        if valid {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(AuthError::InvalidEmail)
        }
    }

    /// The text.
    #[must_use]
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(local: &str) -> bool {
    local.len() <= LOCAL_MAX
        && local.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
                })
        })
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let Some((_, last)) = domain.rsplit_once('.') else {
        return false;
    };
    domain.split('.').all(is_label)
        && last.len() >= 2
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_use_are_taken_in_lower_case() {
        for (text, stored) in [
            ("ann@example.com", "ann@example.com"),
            (
                " Ann.Lee+todo@Mail.Example.co.uk ",
                "ann.lee+todo@mail.example.co.uk",
            ),
            (
                "o'neil@xn--bcher-kva.example",
                "o'neil@xn--bcher-kva.example",
            ),
            ("1_a-b@1and1.de", "1_a-b@1and1.de"),
        ] {
            assert_eq!(Email::new(text).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}example.com", "a.".repeat(130));
        for text in [
            "",
            "@",
            "ann",
            "ann@",
            "@example.com",
            "ann@localhost",
            "ann@example",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "a nn@example.com",
            "ann@exa mple.com",
            ".ann@example.com",
            "ann.@example.com",
            "a..b@example.com",
            "ann@-example.com",
            "ann@example-.com",
            "ann@example..com",
            "ann@.com",
            "ann@example.c",
            "a@b@example.com",
            "ann\0@example.com",
            "ann@example.com\0",
            "änn@example.com",
            "ann@exämple.com",
            "\"ann\"@example.com",
            "ann@example.com\r\nbcc: b@example.com",
            &long,
            &longer,
        ] {
            assert!(Email::new(text).is_err(), "{text:?}");
        }
    }
}
