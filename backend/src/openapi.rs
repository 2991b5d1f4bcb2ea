//! The OpenAPI 3.1 document of the REST interface and the page that shows it.

use axum::Router;
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;

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

/// `GET /api/openapi.json` and the page at `/api/docs`.
pub fn router(document: OpenApi) -> Router<App> {
    SwaggerUi::new("/api/docs")
        .url("/api/openapi.json", document)
        .into()
}
