//! The OpenAPI 3.1 document of the REST interface and the page that shows it.

use std::sync::{Arc, LazyLock};

use axum::{Router, body::Bytes, http::header::CONTENT_TYPE, routing::get};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{app::App, error::Error};

/// Where the document is.
const PATH: &str = "/api/openapi.json";

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Todo Chatbot",
    description = "A todo list that people talk to."
))]
struct Frame;

/// The document without its paths.
#[must_use]
pub fn frame() -> OpenApi {
    let mut document = Frame::openapi();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT or personal access token (todo_pat_…)")
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let session = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("session token")
        .build();
    components.add_security_scheme("session", SecurityScheme::Http(session));
    document.security = Some(vec![SecurityRequirement::new("bearer", [""; 0])]);
    document
}

/// `GET /api/openapi.json` and the page at `/api/docs`. Few ask for the document, so it is made, and
/// kept as text, when somebody does.
pub fn router(document: fn() -> OpenApi) -> Router<App> {
    let text = LazyLock::new(move || document().to_json().map(Bytes::from));
    let text = Arc::new(text);
    let answer = async move || match &**text {
        Ok(text) => Ok(([(CONTENT_TYPE, "application/json")], text.clone())),
        Err(error) => Err(Error::Internal(error.to_string())),
    };
    let page = SwaggerUi::new("/api/docs").config(Config::from(PATH));
    Router::from(page).route(PATH, get(answer))
}
