//! Random secrets that stand for a session or a password reset. Only their hash is stored.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};

/// Length of a secret's text: 32 bytes in base64url.
const LENGTH: usize = 43;

/// A secret that its holder presents; neither logged nor printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// A new one, of 256 random bits.
    pub(super) fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// What somebody presented, if it can be a token at all.
    pub(super) fn presented(text: &str) -> Option<Self> {
        let plausible = text.len() == LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        plausible.then(|| Self(text.to_owned()))
    }

    /// The text, to hand to the holder.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256, which is enough for 256 random bits.
    pub(super) fn hash(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A new id of a user or a session: 32 random letters and digits, as Better Auth makes them.
pub(super) fn random_id() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was_handed_out_and_its_hash_does_not_tell_it() {
        let token = Token::random();
        let presented = Token::presented(token.expose()).unwrap();
        assert_eq!(presented.hash(), token.hash());
        assert_ne!(token.hash(), token.expose());
        assert_ne!(token.hash(), Token::random().hash());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn what_cannot_be_a_token_is_not_looked_up() {
        let long = "x".repeat(LENGTH + 1);
        let odd = "ä".repeat(LENGTH);
        let dotted = format!("{}.", "x".repeat(LENGTH - 1));
        for text in ["", "x", &long, &odd, &dotted] {
            assert_eq!(Token::presented(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_is_one_that_a_user_may_have() {
        let id = random_id();
        assert!(crate::caller::UserId::new(&id).is_some(), "{id}");
        assert_eq!(id.len(), 32);
    }
}
