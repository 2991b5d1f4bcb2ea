//! What a client of the REST interface sees, told on both databases.

mod accounts;
mod chat;
mod connections;
mod conversations;
mod encryption;
mod errors;
mod faults;
mod hostile_model;
mod idempotency;
mod live;
mod logs;
mod mcp;
mod oauth;
mod personal_tokens;
mod processes;
mod replicas;
mod schema;
mod tasks;
mod tenancy;
mod turns;
