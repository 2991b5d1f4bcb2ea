//! What a page says when something fails: a page of its own, a toast for a fragment, and always
//! the text that was typed, so that nobody types it twice.

use askama::Template;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    App,
    backend::BackendError,
    pages::{Look, html},
    toast::Toast,
    visitor::Visitor,
};

/// Largest form, in bytes.
pub(crate) const FORM_MAX: usize = 64 * 1024;

/// Why a request cannot be answered as asked. Handlers return it; [`present`] shows it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    sentence: String,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
        }
    }
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        let status = error.status();
        if status.is_server_error() {
            tracing::warn!(%error, "the backend failed");
        }
        Self::new(status, error.sentence())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    look: Look,
    status: StatusCode,
    sentence: &'a str,
    /// Where to try again.
    action: &'a str,
    /// Whether trying again sends the form once more.
    resend: bool,
    /// Whether one has to sign in before.
    signed_out: bool,
    fields: Vec<Field>,
}

/// A field of the form that was sent.
struct Field {
    name: String,
    value: String,
    /// Whether a person typed it, rather than the page.
    typed: bool,
}

/// Shows failures. The form is kept aside while the request runs, to be shown again.
pub(crate) async fn present(
    State(_app): State<App>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string);
    let is_post = request.method() == Method::POST;
    let (request, form) = match keep_form(request, is_post).await {
        Ok(kept) => kept,
        Err(failure) => return show(&failure, &visitor, &path, false, &Bytes::new()),
    };
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let is_shown = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_shown {
        return response;
    }
    let failure = match response.extensions().get::<Failure>() {
        Some(failure) => failure.clone(),
        None => Failure::new(status, general(status)),
    };
    show(&failure, &visitor, &path, is_post, &form)
}

async fn keep_form(request: Request, is_post: bool) -> Result<(Request, Bytes), Failure> {
    if !is_post {
        return Ok((request, Bytes::new()));
    }
    let (parts, body) = request.into_parts();
    let form = to_bytes(body, FORM_MAX).await.map_err(|_| {
        Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "That is too long. Please shorten it and try again.",
        )
    })?;
    Ok((Request::from_parts(parts, Body::from(form.clone())), form))
}

fn show(failure: &Failure, visitor: &Visitor, path: &str, is_post: bool, form: &Bytes) -> Response {
    if visitor.htmx {
        let toast = Toast::error(&failure.sentence);
        let toast = match failure.status {
            StatusCode::UNAUTHORIZED => toast.with_sign_in(),
            _ => toast,
        };
        let mut response = (failure.status, html(toast.partial())).into_response();
        let none = HeaderValue::from_static("none");
        response.headers_mut().insert("hx-reswap", none);
        return response;
    }
    let page = ErrorPage {
        look: Look::default(),
        status: failure.status,
        sentence: &failure.sentence,
        action: path,
        resend: is_post && is_temporary(failure.status),
        signed_out: failure.status == StatusCode::UNAUTHORIZED,
        fields: if is_post { fields(form) } else { Vec::new() },
    };
    (failure.status, html(page)).into_response()
}

/// Whether the same request may succeed a little later.
fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::UNAUTHORIZED
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::CONFLICT
}

/// The form's fields, but never a password.
fn fields(form: &[u8]) -> Vec<Field> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(form).unwrap_or_default();
    pairs
        .into_iter()
        .filter(|(name, _)| !name.to_lowercase().contains("password"))
        .map(|(name, value)| Field {
            typed: ["message", "title", "description", "tags"].contains(&name.as_str())
                && !value.is_empty(),
            name,
            value,
        })
        .collect()
}

/// What to say of a status that came without a sentence.
fn general(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing here. Check the address, or go to your tasks.",
        StatusCode::METHOD_NOT_ALLOWED => "This page cannot be used that way. Go to your tasks.",
        status if status.is_client_error() => {
            "The form was not understood. Go back, reload the page and try again."
        }
        _ => "Something went wrong on the server. Please try again.",
    }
}
