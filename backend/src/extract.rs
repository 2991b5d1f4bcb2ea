//! What handlers take from a request, with our own errors where the framework's would speak.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::BytesRejection},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use todo_api::{FieldError, LIST_MAX, PAGE_MAX};

use crate::error::Error;

/// A JSON body. 400 when it is not JSON, 413 too large, 415 another type, 422 of the wrong shape.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(Error::UnsupportedMediaType);
        }
        parse(&read(request, state).await?).map(Self)
    }
}

/// A JSON body that may be left out.
pub struct OptionalJson<T>(pub Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJson<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let json = is_json(request.headers());
        let body = read(request, state).await?;
        if body.is_empty() {
            return Ok(Self(None));
        }
        if !json {
            return Err(Error::UnsupportedMediaType);
        }
        parse(&body).map(|value| Self(Some(value)))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    value.is_some_and(|value| {
        let essence = value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    })
}

async fn read<S: Send + Sync>(request: Request<Body>, state: &S) -> Result<Bytes, Error> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(inner) if inner.status().as_u16() == 413 => {
                Error::TooLarge
            }
            _ => Error::Malformed("The request body broke off.".to_owned()),
        })
}

/// Reads JSON text.
///
/// # Errors
/// [`Error::Malformed`] when it is not JSON, [`Error::Invalid`] when it has the wrong shape or a text
/// with a NUL character.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    refuse_nul(body)?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        // A number where one of several words should stand counts as bad syntax there.
        if inner.is_data() || serde_json::from_slice::<Value>(body).is_ok() {
            // Where the error stands in the text is of no use beside the field's name.
            let message = inner.to_string();
            let message = format!("{}.", message.split(" at line ").next().unwrap_or_default());
            let field = if path == "." { String::new() } else { path };
            Error::Invalid(vec![FieldError { field, message }])
        } else {
            Error::Malformed("The request body is not valid JSON.".to_owned())
        }
    })?;
    deserializer
        .end()
        .map_err(|_| Error::Malformed("The request body is not valid JSON.".to_owned()))?;
    Ok(value)
}

/// A text of PostgreSQL holds every character but NUL, so no text of ours does.
fn refuse_nul(body: &[u8]) -> Result<(), Error> {
    // In JSON it can only stand as an escape, and hardly ever does.
    let escape = b"\\u0000";
    if !body.windows(escape.len()).any(|bytes| bytes == escape) {
        return Ok(());
    }
    let value = serde_json::from_slice(body).unwrap_or_default();
    path_to_nul(&value).map_or(Ok(()), |field| {
        Err(Error::field(
            &field,
            "A text cannot contain a NUL character.",
        ))
    })
}

/// The path of the first text with a NUL character, as `tags[1]`.
fn path_to_nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(list) => list.iter().enumerate().find_map(|(at, value)| {
            let rest = path_to_nul(value)?;
            Some(format!("[{at}]{rest}"))
        }),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let rest = path_to_nul(value)?;
            let dot = if rest.is_empty() || rest.starts_with('[') {
                ""
            } else {
                "."
            };
            Some(format!("{name}{dot}{rest}"))
        }),
        _ => None,
    }
}

/// The query string. 422 when a parameter is not as it should be, 400 when one holds a NUL character.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let query = parts.uri.query().unwrap_or_default();
        // An empty parameter counts as absent: that is what a form sends for a field left empty.
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .filter(|(_, value)| !value.is_empty())
            .collect();
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.contains('\0')) {
            let detail = format!("{name} cannot contain a NUL character.");
            return Err(Error::Malformed(detail));
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let deserializer =
            serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(deserializer)
            .map(Self)
            .map_err(|error| {
                let path = error.path().to_string();
                let field = if path == "." { String::new() } else { path };
                Error::Invalid(vec![FieldError {
                    field,
                    message: format!("{}.", error.into_inner()),
                }])
            })
    }
}

/// How many of these things a page holds at most; without a wish as many as a list can.
///
/// # Errors
/// [`Error::Invalid`] for a wish out of range.
pub(crate) fn page_limit(wished: Option<u16>, things: &str) -> Result<u16, Error> {
    match wished {
        None => Ok(LIST_MAX),
        Some(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Error::field(
            "limit",
            format!("A page holds 1 to {PAGE_MAX} {things}."),
        )),
    }
}

/// A number in the path, by its name; what is no id of ours names nothing: 404.
pub(crate) async fn path_id<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
    what: &'static str,
) -> Result<i64, Error> {
    let Path(values) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
        .await
        .map_err(|rejection| Error::Malformed(rejection.body_text()))?;
    let value = values
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str());
    match value.and_then(|value| value.parse().ok()) {
        Some(id) if id > 0 => Ok(id),
        _ => Err(Error::NotFound(what)),
    }
}

/// Declares an extractor for an id in the path.
macro_rules! path_id {
    ($(#[$doc:meta])* $name:ident, $param:literal, $what:literal) => {
        $(#[$doc])*
        pub struct $name(pub i64);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Error;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
                path_id(parts, state, $param, $what).await.map(Self)
            }
        }
    };
}

path_id!(
    /// `{id}` of a task.
    TaskId, "id", "task"
);
path_id!(
    /// `{id}` of a conversation.
    ConversationId, "id", "conversation"
);
path_id!(
    /// `{id}` of a turn.
    TurnId, "id", "turn"
);
path_id!(
    /// `{message}` of a conversation.
    MessageId, "message", "message"
);
path_id!(
    /// `{n}` of a turn's calls.
    CallNumber, "n", "call"
);
