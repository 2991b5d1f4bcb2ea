//! Tasks: what a person wants to get done. REST and the agent's tools call the same [`rules`].

mod changes;
mod cursor;
mod fields;
mod queries;
mod routes;
pub mod rules;

pub use changes::Change;
pub use fields::{Edit, Fields};
pub use routes::router;
