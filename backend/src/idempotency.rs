//! `Idempotency-Key`: the same request sent twice takes effect once. Key, hash of the request and
//! answer are stored in the transaction of the effect and kept for 24 hours. Because a user's
//! writes are in order, a second request waits for the first and then finds its answer.

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, Selectable,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::SignedDuration;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    caller::UserId,
    db::{on, schema::idempotency_keys, types::At},
    error::Error,
    writes::{Body as WriteBody, Reserve, UserWrite},
};

/// Longest key, in characters.
const KEY_MAX: usize = 128;

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The key of a request, with the hash of what it asks for.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    key: String,
    request_hash: String,
}

/// The key of a request, if it has one.
#[derive(Clone, Debug)]
pub struct MaybeKey(pub Option<IdempotencyKey>);

/// Middleware: reads the header and hashes method, path and body.
///
/// # Errors
/// [`Error::Malformed`] for a key that is empty, too long or not printable ASCII.
pub async fn read(State(app): State<App>, request: Request, next: Next) -> Result<Response, Error> {
    let Some(value) = request.headers().get("idempotency-key") else {
        return Ok(next.run(request).await);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_MAX).contains(&key.len()))
        .map(str::to_owned);
    let key = key.ok_or_else(|| {
        Error::Malformed("Idempotency-Key takes 1 to 128 printable characters.".to_owned())
    })?;
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, app.config.body_limit)
        .await
        .map_err(|_| Error::TooLarge)?;
    let mut hash = Sha256::new();
    for part in [
        parts.method.as_str().as_bytes(),
        parts.uri.path().as_bytes(),
        &body,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let request_hash = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD_NO_PAD,
        hash.finalize(),
    );
    parts
        .extensions
        .insert(IdempotencyKey { key, request_hash });
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeKey {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys, check_for_backend(diesel::pg::Pg))]
struct Row {
    user_id: String,
    key: String,
    request_hash: String,
    status: i16,
    answer: String,
    created_at: At,
}

/// The answer to an earlier request with this key, if there was one.
///
/// # Errors
/// `idempotency_key_reused` (422) when that request asked for something else.
pub async fn find(
    write: &mut UserWrite,
    key: &IdempotencyKey,
) -> Result<Option<(StatusCode, String)>, Error> {
    let oldest = At(write.now - KEPT);
    let user_id = write.user_id.clone();
    let row: Option<Row> = on!(&mut write.conn, |conn| {
        idempotency_keys::table
            .find((user_id.as_str(), key.key.as_str()))
            .filter(idempotency_keys::created_at.gt(oldest))
            .select(Row::as_select())
            .first(conn)
            .await
            .optional()?
    });
    match row {
        Some(row) if row.request_hash != key.request_hash => Err(Error::Unprocessable {
            code: "idempotency_key_reused",
            detail: "This Idempotency-Key was used for another request. Use a new one.".to_owned(),
        }),
        Some(row) => {
            let status = u16::try_from(row.status)
                .ok()
                .and_then(|status| StatusCode::from_u16(status).ok());
            Ok(Some((status.unwrap_or(StatusCode::OK), row.answer)))
        }
        None => Ok(None),
    }
}

/// Keeps the answer to a request, and drops the user's answers that are older than a day.
///
/// # Errors
/// The database's.
pub async fn keep(
    write: &mut UserWrite,
    key: IdempotencyKey,
    status: StatusCode,
    answer: String,
) -> Result<(), Error> {
    let row = Row {
        user_id: write.user_id.to_string(),
        key: key.key,
        request_hash: key.request_hash,
        status: i16::try_from(status.as_u16()).unwrap_or(200),
        answer,
        created_at: At(write.now),
    };
    let oldest = At(write.now - KEPT);
    on!(&mut write.conn, |conn| {
        diesel::delete(idempotency_keys::table)
            .filter(idempotency_keys::user_id.eq(&row.user_id))
            .filter(idempotency_keys::created_at.le(oldest))
            .execute(conn)
            .await?
    });
    on!(&mut write.conn, |conn| {
        diesel::insert_into(idempotency_keys::table)
            .values(&row)
            .execute(conn)
            .await?
    });
    Ok(())
}

/// Runs a write and answers with what it gives, as JSON; the same request sent again gets the same
/// answer and has no other effect.
///
/// # Errors
/// Those of the effect; `idempotency_key_reused` (422).
pub async fn answer<T, F>(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    status: StatusCode,
    reserve: Reserve,
    effect: F,
) -> Result<Response, Error>
where
    F: for<'a> AsyncFnOnce(&'a mut UserWrite) -> Result<T, Error>
        + for<'a> WriteBody<'a, T, Error>
        + 'static,
    T: Serialize + Send + 'static,
{
    let once = async move |write: &mut UserWrite| {
        let MaybeKey(key) = key;
        if let Some(key) = &key
            && let Some(stored) = find(write, key).await?
        {
            return Ok(stored);
        }
        let value = effect(write).await?;
        let json =
            serde_json::to_string(&value).map_err(|error| Error::Internal(error.to_string()))?;
        if let Some(key) = key {
            keep(write, key, status, json.clone()).await?;
        }
        Ok((status, json))
    };
    let (status, json) = app.write(user_id, reserve, once).await?;
    Ok((
        status,
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )],
        json,
    )
        .into_response())
}
