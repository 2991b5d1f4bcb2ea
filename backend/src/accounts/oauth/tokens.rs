//! The token endpoint's rules (RFC 6749 §4.1.3 and §6, RFC 7636, RFC 8707) and revocation (RFC 7009).
//! A code works once, and each refresh token: whoever comes second has stolen it or was robbed, and
//! as nobody can tell which, the grant ends.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use super::{
    clients,
    error::OauthError,
    queries::{self, AccessTokenRow, CodeRow, GrantRow, Rotation},
    secrets::{ACCESS_PREFIX, CODE_PREFIX, RefreshToken, sha256},
};
use crate::{
    accounts::{
        scope::{asked_scope, oauth_scope},
        secret::Secret,
        token::random_id,
    },
    app::App,
    db::{Conn, DbError, types::At},
};

/// How long an access token is good for.
const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// How long the one before is after a refresh: requests on their way still arrive.
const OVERLAP: SignedDuration = SignedDuration::from_mins(1);
/// How long a grant lasts without a refresh.
const GRANT_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a program that registered is remembered from then on: beyond its grant, to ask again.
const CLIENT_LIFETIME: SignedDuration = SignedDuration::from_hours(180 * 24);

const BAD_CODE: &str = "The code is not valid, has expired or was used already.";
const BAD_REFRESH: &str = "The refresh token is not valid, has expired or was used already.";

/// What a program sends to the token endpoint. A parameter without a value counts as absent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct TokenRequest {
    /// `authorization_code` or `refresh_token`.
    grant_type: String,
    /// Who asks.
    client_id: String,
    /// The code, for `authorization_code`.
    code: String,
    /// Where the code was sent to, if it is said.
    redirect_uri: String,
    /// The secret whose SHA-256 was the challenge, for `authorization_code`.
    code_verifier: String,
    /// The refresh token, for `refresh_token`.
    refresh_token: String,
    /// No more than was granted. An access token always has all of it.
    scope: String,
    /// What the user was asked for, if it is said.
    resource: String,
}

/// What a program gets (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
pub(super) struct OauthTokens {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// In seconds.
    expires_in: i64,
    /// Good for one use.
    refresh_token: String,
    scope: String,
}

/// What a program wants to end (RFC 7009).
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct RevocationRequest {
    /// A refresh token, which ends the whole grant, or an access token.
    token: String,
    /// Who asks, if it is said.
    client_id: String,
}

/// The tokens of one answer.
struct Tokens {
    access: Secret,
    refresh: RefreshToken,
}

impl Tokens {
    fn new(refresh: RefreshToken) -> Self {
        Self {
            access: Secret::random(ACCESS_PREFIX),
            refresh,
        }
    }

    fn access_row(&self, grant_id: &str, now: Timestamp) -> AccessTokenRow {
        AccessTokenRow {
            token_hash: self.access.hash(),
            grant_id: grant_id.to_owned(),
            expires_at: At(now + ACCESS_LIFETIME),
        }
    }

    fn answer(&self, scope: String) -> OauthTokens {
        OauthTokens {
            access_token: self.access.expose().to_owned(),
            token_type: "Bearer",
            expires_in: ACCESS_LIFETIME.as_secs(),
            refresh_token: self.refresh.expose(),
            scope,
        }
    }
}

/// Exchanges a code or a refresh token for tokens.
pub(super) async fn exchange(app: &App, request: TokenRequest) -> Result<OauthTokens, OauthError> {
    if request.client_id.is_empty() {
        return Err(OauthError::InvalidRequest("Say who asks, with client_id."));
    }
    let client_id = request.client_id.clone();
    let exchanged = match request.grant_type.as_str() {
        "authorization_code" => redeem(app, request).await,
        "refresh_token" => refresh(app, request).await,
        "" => Err(OauthError::InvalidRequest("Say how, with grant_type.")),
        _ => Err(OauthError::UnsupportedGrantType),
    };
    match exchanged {
        // A program that was forgotten has to hear of it, or it never registers again.
        Err(OauthError::InvalidGrant(_))
            if !clients::is_document(&client_id)
                && clients::registered(app, &client_id).await?.is_none() =>
        {
            Err(OauthError::InvalidClient)
        }
        exchanged => exchanged,
    }
}

async fn redeem(app: &App, request: TokenRequest) -> Result<OauthTokens, OauthError> {
    let code = Secret::presented(CODE_PREFIX, &request.code)
        .ok_or(OauthError::InvalidGrant(BAD_CODE))?
        .hash();
    let now = app.clock.now();
    // Whoever guesses does not get as far as the one writer that SQLite has.
    if !queries::has_code(&mut app.db.read().await?, &code).await? {
        return Err(OauthError::InvalidGrant(BAD_CODE));
    }
    let grant_id = random_id();
    let tokens = Tokens::new(RefreshToken::random());
    let access = tokens.access_row(&grant_id, now);
    let (family_hash, turn_hash) = (tokens.refresh.family_hash(), tokens.refresh.turn_hash());
    let redeem = async move |conn: &mut Conn| -> Result<Result<String, OauthError>, DbError> {
        let Some(row) = queries::take_code(conn, &code, &grant_id).await? else {
            queries::delete_grant_of_code(conn, &code).await?;
            return Ok(Err(OauthError::InvalidGrant(BAD_CODE)));
        };
        // From here on the code is used, whatever comes of it.
        if let Err(error) = check_code(&row, &request, now) {
            return Ok(Err(error));
        }
        let grant = GrantRow {
            id: grant_id,
            user_id: row.user_id,
            client_id: row.client_id,
            client_name: row.client_name,
            scope: row.scope,
            resource: row.resource,
            family_hash,
            turn_hash,
            expires_at: At(now + GRANT_LIFETIME),
            last_used_at: None,
            created_at: At(now),
        };
        queries::insert_grant(conn, &grant).await?;
        queries::insert_access_token(conn, &access).await?;
        queries::keep_client(conn, &grant.client_id, now + CLIENT_LIFETIME).await?;
        Ok(Ok(oauth_scope(grant.scope())))
    };
    let scope = app.db.write(redeem).await??;
    Ok(tokens.answer(scope))
}

/// Whether the code is good for this request.
fn check_code(row: &CodeRow, request: &TokenRequest, now: Timestamp) -> Result<(), OauthError> {
    if row.expires_at.0 <= now || row.client_id != request.client_id {
        return Err(OauthError::InvalidGrant(BAD_CODE));
    }
    if !request.redirect_uri.is_empty() && row.redirect_uri != request.redirect_uri {
        let sentence = "The code was sent to another redirect URI.";
        return Err(OauthError::InvalidGrant(sentence));
    }
    let challenge = sha256(&request.code_verifier);
    let is_verifier = (43..=128).contains(&request.code_verifier.len())
        && bool::from(challenge.as_bytes().ct_eq(row.code_challenge.as_bytes()));
    if !is_verifier {
        let sentence = "The code verifier does not fit the challenge.";
        return Err(OauthError::InvalidGrant(sentence));
    }
    check_resource(&row.resource, request)
}

fn check_resource(granted: &str, request: &TokenRequest) -> Result<(), OauthError> {
    if request.resource.is_empty() || request.resource == granted {
        Ok(())
    } else {
        Err(OauthError::InvalidTarget)
    }
}

async fn refresh(app: &App, request: TokenRequest) -> Result<OauthTokens, OauthError> {
    let bad = OauthError::InvalidGrant(BAD_REFRESH);
    let Some(presented) = RefreshToken::presented(&request.refresh_token) else {
        return Err(bad);
    };
    let now = app.clock.now();
    let family = presented.family_hash();
    let grant = queries::grant_by_family(&mut app.db.read().await?, &family, now).await?;
    let Some(grant) = grant.filter(|grant| grant.client_id == request.client_id) else {
        return Err(bad);
    };
    check_resource(&grant.resource, &request)?;
    if !request.scope.is_empty()
        && asked_scope(&request.scope).is_none_or(|asked| asked > grant.scope())
    {
        return Err(OauthError::InvalidScope);
    }
    let scope = oauth_scope(grant.scope());
    let tokens = Tokens::new(presented.next());
    let access = tokens.access_row(&grant.id, now);
    let rotation = Rotation {
        grant_id: grant.id,
        used: presented.turn_hash(),
        next: tokens.refresh.turn_hash(),
        expires_at: At(now + GRANT_LIFETIME),
        overlap_ends_at: At(now + OVERLAP),
    };
    let client_id = grant.client_id;
    let rotate = async move |conn: &mut Conn| -> Result<bool, DbError> {
        if !queries::rotate(conn, &rotation, now).await? {
            queries::delete_grant(conn, &rotation.grant_id).await?;
            return Ok(false);
        }
        queries::insert_access_token(conn, &access).await?;
        queries::keep_client(conn, &client_id, now + CLIENT_LIFETIME).await?;
        Ok(true)
    };
    if app.db.write(rotate).await? {
        Ok(tokens.answer(scope))
    } else {
        tracing::warn!("a refresh token was used twice: its grant is revoked");
        Err(bad)
    }
}

/// Ends a grant by its refresh token, or one access token. One that is not there has ended already.
pub(super) async fn revoke(app: &App, request: RevocationRequest) -> Result<(), OauthError> {
    if request.token.is_empty() {
        return Err(OauthError::InvalidRequest("Say which, with token."));
    }
    let now = app.clock.now();
    let refresh = RefreshToken::presented(&request.token);
    let access = Secret::presented(ACCESS_PREFIX, &request.token);
    let mut conn = app.db.read().await?;
    let grant = match (&refresh, &access) {
        (Some(refresh), _) => {
            queries::grant_by_family(&mut conn, &refresh.family_hash(), now).await?
        }
        (_, Some(access)) => queries::grant_by_access_token(&mut conn, &access.hash(), now)
            .await?
            .map(|(grant, _)| grant),
        _ => None,
    };
    drop(conn);
    let asks =
        |grant: &GrantRow| request.client_id.is_empty() || grant.client_id == request.client_id;
    let Some(grant) = grant.filter(asks) else {
        return Ok(());
    };
    let delete = async move |conn: &mut Conn| -> Result<(), DbError> {
        match access {
            Some(access) => queries::delete_access_token(conn, &access.hash()).await?,
            None => queries::delete_grant(conn, &grant.id).await?,
        }
        Ok(())
    };
    Ok(app.db.write(delete).await?)
}
