//! What a client of the REST interface sees, told on both databases.

mod accounts;
mod encryption;
mod errors;
mod faults;
mod idempotency;
mod personal_tokens;
mod schema;
mod tasks;
mod tenancy;
