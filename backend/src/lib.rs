//! The backend of the Todo Chatbot: accounts, tasks, conversations and the agent, over REST.
//!
//! A folder is a feature, a file in it one thing of it: its routes, its rules, its queries. What
//! crosses features has a file each here. Dependencies point one way: routes, rules, queries,
//! database; the agent's tools call the same rules as REST, so that each is written once.

pub mod accounts;
pub mod app;
pub mod caller;
pub mod chat;
pub mod clock;
pub mod config;
pub mod conversations;
pub mod db;
pub mod error;
pub mod extract;
pub mod idempotency;
pub mod jwt;
pub mod live;
pub mod mcp;
pub mod openapi;
pub mod server;
pub mod sse;
pub mod tasks;
pub mod text;
pub mod writes;
