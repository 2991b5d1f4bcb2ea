//! Conversations: what the messages of a person and the assistant belong to.

pub(crate) mod queries;
mod routes;
mod rules;

pub use routes::router;
