//! Secrets that a program presents. Their prefix tells people, secret scanners and us what they
//! are; only their hash is stored.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};

/// Random letters and digits after the prefix: 238 bits.
const RANDOM: usize = 40;

/// A secret that a program presents; neither logged nor printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    /// A new one.
    pub(super) fn random(prefix: &str) -> Self {
        Self(prefix.to_owned() + &Alphanumeric.sample_string(&mut rand::rng(), RANDOM))
    }

    /// What somebody presented, if it can be such a secret at all.
    pub(super) fn presented(prefix: &str, text: &str) -> Option<Self> {
        let random = text.strip_prefix(prefix)?;
        let plausible =
            random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plausible.then(|| Self(text.to_owned()))
    }

    /// The text, to show once.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256, which is enough for so many random bits.
    pub(super) fn hash(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "todo_pat_";

    #[test]
    fn a_secret_is_known_by_its_form() {
        let secret = Secret::random(PREFIX);
        assert!(secret.expose().starts_with(PREFIX));
        let presented = Secret::presented(PREFIX, secret.expose()).unwrap();
        assert_eq!(presented.hash(), secret.hash());
        assert_ne!(presented.hash(), Secret::random(PREFIX).hash());
        assert_eq!(format!("{secret:?}"), "Secret(…)");

        let whole = secret.expose();
        for text in ["", PREFIX, &whole[1..], &whole[..48], &format!("{whole}x")] {
            assert_eq!(Secret::presented(PREFIX, text), None, "{text}");
        }
        assert_eq!(Secret::presented("todo_oat_", whole), None);
        let odd = format!("{PREFIX}{}", "-".repeat(RANDOM));
        assert_eq!(Secret::presented(PREFIX, &odd), None);
    }
}
