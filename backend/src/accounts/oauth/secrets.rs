//! The secrets of a grant.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};

use crate::accounts::secret::Secret;

/// What every authorization code begins with.
pub(super) const CODE_PREFIX: &str = "todo_oac_";
/// What every access token begins with.
pub const ACCESS_PREFIX: &str = "todo_oat_";
const REFRESH_PREFIX: &str = "todo_ort_";

/// Random letters and digits that each use replaces: 238 bits.
const TURN: usize = 40;

/// A refresh token: a part that all of a grant's share, and one that each use replaces. Whoever
/// presents the former with another than the latest of the latter has a token that was used
/// already, and no used one has to be stored to know that.
#[derive(PartialEq, Eq)]
pub(super) struct RefreshToken {
    family: Secret,
    turn: String,
}

impl RefreshToken {
    /// The first of a grant.
    pub(super) fn random() -> Self {
        Self {
            family: Secret::random(REFRESH_PREFIX),
            turn: random_turn(),
        }
    }

    /// What somebody presented, if it can be one at all.
    pub(super) fn presented(text: &str) -> Option<Self> {
        let (family, turn) = text.split_at_checked(text.len().checked_sub(TURN)?)?;
        let plausible = turn.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let family = Secret::presented(REFRESH_PREFIX, family)?;
        plausible.then(|| Self {
            family,
            turn: turn.to_owned(),
        })
    }

    /// The one that replaces it.
    pub(super) fn next(&self) -> Self {
        Self {
            family: self.family.clone(),
            turn: random_turn(),
        }
    }

    /// The text, to hand out once.
    pub(super) fn expose(&self) -> String {
        format!("{}{}", self.family.expose(), self.turn)
    }

    /// What is stored of the part that stays.
    pub(super) fn family_hash(&self) -> String {
        self.family.hash()
    }

    /// What is stored of the part that changes.
    pub(super) fn turn_hash(&self) -> String {
        sha256(&self.turn)
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

fn random_turn() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), TURN)
}

/// SHA-256 in base64url: how PKCE's `S256` makes a challenge of a verifier, too.
pub(super) fn sha256(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_keeps_its_family_and_changes_its_turn() {
        let first = RefreshToken::random();
        let again = RefreshToken::presented(&first.expose()).unwrap();
        assert_eq!(again, first);
        let next = again.next();
        assert_eq!(next.family_hash(), first.family_hash());
        assert_ne!(next.turn_hash(), first.turn_hash());
        assert_ne!(RefreshToken::random().family_hash(), first.family_hash());
        assert_eq!(format!("{first:?}"), "RefreshToken(…)");
    }

    #[test]
    fn what_cannot_be_a_refresh_token_is_not_looked_up() {
        let whole = RefreshToken::random().expose();
        let umlaut = format!("{}ä", &whole[..whole.len() - 2]);
        for text in ["", "todo_ort_", &whole[1..], &whole[..88], &umlaut] {
            assert_eq!(RefreshToken::presented(text), None, "{text}");
        }
        assert_eq!(RefreshToken::presented(&whole.replace("ort", "oat")), None);
    }
}
