//! JSON Web Tokens (RFC 7519) of the product's own: HS256, five minutes, for REST and MCP.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// How long a token is good for.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: String,
    /// The session that it stands for.
    pub sid: String,
    /// Who issued it: the public URL.
    pub iss: String,
    /// For whom: the public URL again.
    pub aud: String,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
}

/// Signs tokens with the current secret and verifies them with that and the previous one.
#[derive(Clone)]
pub struct Jwt {
    sign: EncodingKey,
    verify: Arc<[DecodingKey]>,
    validation: Arc<Validation>,
    issuer: Arc<str>,
}

impl Jwt {
    /// Keys from secrets; `issuer` is the public URL.
    #[must_use]
    pub fn new(secret: &[u8], previous: Option<&[u8]>, issuer: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[issuer]);
        validation.set_required_spec_claims(&["sub", "iss", "aud", "exp"]);
        // Checked below against the clock that is passed in.
        validation.validate_exp = false;
        Self {
            sign: EncodingKey::from_secret(secret),
            verify: std::iter::once(secret)
                .chain(previous)
                .map(DecodingKey::from_secret)
                .collect(),
            validation: Arc::new(validation),
            issuer: issuer.into(),
        }
    }

    /// A token for a user's session.
    ///
    /// # Errors
    /// Never for an HS256 key, but the library cannot promise it.
    pub fn issue(
        &self,
        user_id: &str,
        session_id: &str,
        now: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            sub: user_id.to_owned(),
            sid: session_id.to_owned(),
            iss: self.issuer.to_string(),
            aud: self.issuer.to_string(),
            iat: now.as_second(),
            exp: (now + LIFETIME).as_second(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
    }

    /// What a token says, if it is genuine and has not ended.
    #[must_use]
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let decode = |key| jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok();
        let claims = self.verify.iter().find_map(decode)?.claims;
        (claims.exp > now.as_second()).then_some(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_token_lasts_five_minutes_and_survives_one_rotation() {
        let old = Jwt::new(&[1; 32], None, "https://todo.local");
        let token = old.issue("ann", "s1", NOW).unwrap();
        assert_eq!(old.verify(&token, NOW).unwrap().sub, "ann");
        assert_eq!(old.verify(&token, NOW + LIFETIME), None);
        let rotated = Jwt::new(&[2; 32], Some(&[1; 32]), "https://todo.local");
        assert!(rotated.verify(&token, NOW).is_some());
        let rotated_again = Jwt::new(&[3; 32], Some(&[2; 32]), "https://todo.local");
        assert_eq!(rotated_again.verify(&token, NOW), None);
    }

    #[test]
    fn a_token_for_another_place_or_without_a_signature_is_refused() {
        let jwt = Jwt::new(&[1; 32], None, "https://todo.local");
        let elsewhere = Jwt::new(&[1; 32], None, "https://example.com")
            .issue("ann", "s1", NOW)
            .unwrap();
        assert_eq!(jwt.verify(&elsewhere, NOW), None);
        let token = jwt.issue("ann", "s1", NOW).unwrap();
        let body = token.split('.').nth(1).unwrap();
        // {"alg":"none","typ":"JWT"}
        assert_eq!(
            jwt.verify(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}."), NOW),
            None
        );
    }
}
