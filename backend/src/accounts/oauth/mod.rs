//! Sign-in for programs: the product is its own OAuth 2.1 authorization server, so that an assistant
//! or an editor gets at a user's tasks by `/mcp` with nothing but its address. A program is known by
//! the URL of its metadata document, or registers; the user is asked on a page of the frontend; the
//! program exchanges a code for tokens that are good for `/mcp` alone.
//!
//! Tokens are opaque and looked up at each request, so that a grant ends at once when it is revoked.

mod authorization;
mod clients;
mod consent_routes;
mod error;
mod grants;
mod metadata;
mod queries;
mod redirect_uri;
mod routes;
mod secrets;
mod tokens;

pub(super) use authorization::GRANTS_MAX;
pub(super) use consent_routes::routes as consent_routes;
pub(super) use queries::{grants_of, sweep};

pub use clients::{ClientDocuments, ClientDocumentsError, is_global};
pub use grants::{Found, find};
pub use metadata::{resource, routes as metadata_routes};
pub use routes::routes;
pub use secrets::ACCESS_PREFIX;
