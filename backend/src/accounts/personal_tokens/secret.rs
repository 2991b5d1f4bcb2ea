//! The secret of a personal access token. Only its hash is stored.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};

/// What every token begins with, so that people and secret scanners know one when they see it.
pub const PREFIX: &str = "todo_pat_";

/// Random letters and digits after the prefix: 238 bits.
const RANDOM: usize = 40;

/// A secret that a program presents; neither logged nor printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    /// A new one.
    pub(super) fn random() -> Self {
        Self(PREFIX.to_owned() + &Alphanumeric.sample_string(&mut rand::rng(), RANDOM))
    }

    /// What somebody presented, if it can be a token at all.
    pub(super) fn presented(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
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

    #[test]
    fn a_secret_is_known_by_its_form() {
        let secret = Secret::random();
        assert!(secret.expose().starts_with("todo_pat_"));
        let presented = Secret::presented(secret.expose()).unwrap();
        assert_eq!(presented.hash(), secret.hash());
        assert_ne!(presented.hash(), Secret::random().hash());
        assert_eq!(format!("{secret:?}"), "Secret(…)");

        let whole = secret.expose();
        for text in ["", PREFIX, &whole[1..], &whole[..48], &format!("{whole}x")] {
            assert_eq!(Secret::presented(text), None, "{text}");
        }
        let odd = format!("{PREFIX}{}", "-".repeat(RANDOM));
        assert_eq!(Secret::presented(&odd), None);
    }
}
