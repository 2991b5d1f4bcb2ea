//! Accounts: who somebody is. People sign up and in with e-mail address and password, in Better
//! Auth's wire format; a session, by cookie or bearer token, is good for `/api/auth` only and is
//! exchanged there for a JWT, which is good for everything else. So is a personal access token, which
//! a user makes for a program. A program that asks the user itself gets a token for MCP ([`oauth`]).

mod auth_routes;
mod client;
mod cookie;
mod email;
mod error;
mod export;
mod model;
pub mod oauth;
mod origin;
mod password;
pub mod personal_tokens;
mod queries;
mod rate_limit;
pub mod reset;
mod routes;
mod rules;
mod scope;
mod secret;
mod session;
mod token;
pub mod whose;

pub use auth_routes::{auth_router, auth_routes};
pub use password::Passwords;
pub use rate_limit::RateLimits;
pub use routes::router;
pub use scope::OAUTH_SCOPES;
