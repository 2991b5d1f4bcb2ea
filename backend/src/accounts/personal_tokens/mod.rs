//! Personal access tokens: what a user gives a program that is to act for them over REST and MCP.
//! They are managed with the user's session under `/api/auth`, where no such token is good for
//! anything: a program cannot make itself another, nor touch the account.

mod queries;
mod routes;
mod rules;

pub(super) use queries::of_user;
pub(super) use routes::routes;
pub(super) use rules::TOKENS_MAX;

pub use rules::{Found, PREFIX, find, is_live};
